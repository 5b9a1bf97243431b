"""Who gets in: tokens of the host, page tokens, and everything that pretends to be one."""

import asyncio
import io
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import update

from app.connect.application import ROOT
from app.connect.keys.jwt import TokenRefused, prepare_key, read, sign
from app.connect.logging import configure_logging
from app.connect.pages.page_tokens import ISSUER, LIFE, LONGEST_SESSION, PageTokens
from app.connect.tenancy.tables import Tenant, TenantRow, TenantState
from app.connect.tenancy.tenant import Identity, User, Verified
from devhost.wire import signing
from devhost.world.broken import Forgery
from devhost.world.installations import Installation
from tests.conftest import ADDON, KEY, RunningAddon

GLANCE = "/hipchat/glance/status"
PANEL = "/hipchat/panel/list"
RENEW = "/hipchat/page-token"
LEGITIMATE = {Forgery.PRN, Forgery.INTEGER_SUB}
FORGERIES = sorted(set(Forgery) - LEGITIMATE)


def host_token(
    addon: RunningAddon, installation: Installation, *, forgery: str | None = None, user: str = "admin"
) -> str:
    """Return a token as the host signs one for a viewer in the lobby."""
    url = addon.devhost.host.signed_url(
        installation.client_id, "glance", "status", room_id=1, user=user, forgery=forgery
    )
    return parse_qs(urlsplit(url).query)["signed_request"][0]


def signed(installation: Installation, *, secret: str | None = None, **changes: object) -> str:
    """Sign claims of a test's own with the tenant's secret; `...` takes a claim away."""
    now = int(time.time())
    claims = {
        "iss": installation.client_id,
        "sub": "1",
        "iat": now,
        "exp": now + 60,
        "context": {"room_id": 1},
    } | changes
    return signing.sign(
        {name: value for name, value in claims.items() if value is not ...}, secret or installation.secret
    )


async def page_token(addon: RunningAddon, installation: Installation) -> str:
    """Open a page as a client does and return the token in it."""
    page = await addon.devhost.host.open(installation.client_id, "webPanel", "list", room_id=1)
    found = re.search(r'name="page-token" content="([^"]+)"', page.text)
    assert found
    return found[1]


def claims_of(token: str) -> dict[str, Any]:
    return signing.read_claims(token) or {}


async def ask(addon: RunningAddon, token: str, path: str = GLANCE) -> httpx.Response:
    return await addon.http.get(path, headers={"Authorization": f"JWT {token}"})


async def status(addon: RunningAddon, token: str) -> int:
    return (await ask(addon, token)).status_code


async def renew(addon: RunningAddon, token: str) -> httpx.Response:
    return await addon.http.post(RENEW, headers={"Authorization": f"JWT {token}"})


def without_request_id(answer: httpx.Response) -> tuple[bytes, list[tuple[str, str]]]:
    """Return all that a stranger sees of an answer, but for the id that differs every time."""
    body = re.sub(rb'"request_id":\s*"[^"]+"', b"", answer.content)
    return body, [(name, value) for name, value in answer.headers.multi_items() if name != "x-request-id"]


async def change_tenant(addon: RunningAddon, installation: Installation, **values: object) -> None:
    """Change a tenant's row as another process does: this one is told nothing."""
    statement = update(TenantRow).where(TenantRow.client_key == installation.client_id)
    async with addon.connect.db.session() as session:
        await session.execute(statement.values(changed_at=time.time(), **values))


async def install_again(addon: RunningAddon, installation: Installation) -> None:
    """Let the host send the installation once more, with whatever secret it has now."""
    answer = await addon.devhost.host.forge_install(installation.client_id, oauthSecret=installation.secret)
    assert answer.status == 204
    await addon.settle()


async def until_refused(addon: RunningAddon, token: str) -> httpx.Response:
    """Ask again and again until the token is refused, or return the last answer when it never is."""
    for _ in range(400):
        answer = await ask(addon, token)
        if answer.status_code != 200:
            break
        await asyncio.sleep(0.05)
    return answer


class TestWhereTheTokenIs:
    async def test_is_found_in_the_query(self, showcase: RunningAddon) -> None:
        token = host_token(showcase, await showcase.install())
        for name in ("signed_request", "jwt"):
            answer = await showcase.http.get(GLANCE, params={"theme": "dark", name: token})
            assert answer.status_code == 200, name

    async def test_is_found_in_the_header(self, showcase: RunningAddon) -> None:
        token = host_token(showcase, await showcase.install())
        for form in ("JWT {}", "jwt {}", "JWT token={}", 'JWT token="{}"', "Jwt   {}  "):
            answer = await showcase.http.get(GLANCE, headers={"Authorization": form.format(token)})
            assert answer.status_code == 200, form

    async def test_may_be_percent_encoded_in_the_query(self, showcase: RunningAddon) -> None:
        token = host_token(showcase, await showcase.install())
        encoded = "".join(f"%{byte:02X}" for byte in token.encode())
        assert (await showcase.http.get(f"{GLANCE}?signed_request={encoded}")).status_code == 200

    async def test_is_not_taken_from_another_scheme(self, showcase: RunningAddon) -> None:
        token = host_token(showcase, await showcase.install())
        for scheme in ("Bearer", "Basic", "JWTX", "token"):
            answer = await showcase.http.get(GLANCE, headers={"Authorization": f"{scheme} {token}"})
            assert answer.status_code == 401, scheme

    async def test_is_not_taken_from_cookies_or_forms(self, showcase: RunningAddon) -> None:
        token = host_token(showcase, await showcase.install())
        by_cookie = await showcase.http.get(GLANCE, headers={"Cookie": f"signed_request={token}; jwt={token}"})
        by_form = await showcase.http.post(RENEW, data={"signed_request": token})
        assert (by_cookie.status_code, by_form.status_code) == (401, 401)

    async def test_may_be_in_two_places_when_it_is_the_same(self, showcase: RunningAddon) -> None:
        token = host_token(showcase, await showcase.install())
        answer = await showcase.http.get(
            GLANCE, params={"signed_request": token}, headers={"Authorization": f"JWT {token}"}
        )
        assert answer.status_code == 200

    async def test_two_different_tokens_are_refused(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        one, other = host_token(showcase, installation), host_token(showcase, installation, user="guest")
        in_query = await showcase.http.get(f"{GLANCE}?signed_request={one}&signed_request={other}")
        by_name = await showcase.http.get(f"{GLANCE}?signed_request={one}&jwt={other}")
        in_both = await showcase.http.get(f"{GLANCE}?signed_request={one}", headers={"Authorization": f"JWT {other}"})
        assert [answer.status_code for answer in (in_query, by_name, in_both)] == [401, 401, 401]

    async def test_two_headers_are_refused_even_with_one_token(self, showcase: RunningAddon) -> None:
        header = ("Authorization", f"JWT {host_token(showcase, await showcase.install())}")
        assert (await showcase.http.get(GLANCE, headers=[header, header])).status_code == 400


class TestWhoIsAsking:
    @pytest.mark.parametrize("forgery", [None, *sorted(LEGITIMATE)])
    async def test_is_the_same_user_in_every_form_of_the_claim(
        self, showcase: RunningAddon, forgery: str | None
    ) -> None:
        installation = await showcase.install()
        answer = await ask(showcase, host_token(showcase, installation, forgery=forgery, user="developer"))
        assert answer.json()["label"]["value"] == "user 2 room 1"

    async def test_is_nobody_when_the_host_names_nobody(self, showcase: RunningAddon) -> None:
        answer = await ask(showcase, signed(await showcase.install(), sub=...))
        assert answer.json()["label"]["value"] == "user - room 1"

    async def test_room_of_a_group_installation_is_the_one_in_the_token(self, showcase: RunningAddon) -> None:
        installation = await showcase.install(room_id=None)
        answer = await ask(showcase, signed(installation, context={"room_id": 2}))
        assert answer.json()["label"]["value"] == "user 1 room 2"

    async def test_room_of_a_room_installation_stands_in_for_a_token_without_one(self, showcase: RunningAddon) -> None:
        answer = await ask(showcase, signed(await showcase.install(), context=...))
        assert answer.json()["label"]["value"] == "user 1 room 1"

    async def test_each_tenant_is_found_by_its_own_token(self, showcase: RunningAddon) -> None:
        lobby, group = await showcase.install(), await showcase.install(room_id=None)
        for installation in (lobby, group):
            answer = await ask(showcase, host_token(showcase, installation), "/showcase/tenant")
            assert answer.json() == installation.client_id


class TestRefusals:
    async def test_every_forgery_gets_the_same_401(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        unknown = await ask(showcase, signed(installation, iss="nobody"))
        assert unknown.status_code == 401
        assert unknown.headers["www-authenticate"] == "JWT"
        for forgery in FORGERIES:
            forged = await ask(showcase, host_token(showcase, installation, forgery=forgery))
            assert without_request_id(forged) == without_request_id(unknown), forgery

    async def test_signed_claims_that_do_not_fit_get_it_too(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        unknown = await ask(showcase, signed(installation, iss="nobody"))
        for changes in (
            {"exp": None},
            {"exp": "9999999999"},
            {"exp": True},
            {"iat": None},
            {"iat": "0"},
            {"exp": 10**12},
            {"nbf": 10**10},
            {"sub": ["1"]},
            {"sub": True},
            {"sub": "x" * 65},
            {"sub": "1\x00"},
            {"sub": 1.5},
            {"context": "room 1"},
            {"context": [1]},
            {"context": {"room_id": {"id": 1}}},
            {"context": {"room_id": 2}},
            {"context": {"room_id": "1 "}},
        ):
            answer = await ask(showcase, signed(installation, **changes))
            assert without_request_id(answer) == without_request_id(unknown), changes

    async def test_no_token_gets_it_too(self, showcase: RunningAddon) -> None:
        unknown = await ask(showcase, signed(await showcase.install(), iss="nobody"))
        assert without_request_id(await showcase.http.get(GLANCE)) == without_request_id(unknown)

    async def test_secret_of_another_tenant_proves_nothing(self, showcase: RunningAddon) -> None:
        lobby, group = await showcase.install(), await showcase.install(room_id=None)
        assert await status(showcase, signed(lobby, secret=group.secret)) == 401
        assert await status(showcase, signed(group, secret=lobby.secret)) == 401

    async def test_pages_are_behind_the_same_door(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        good, forged = (host_token(showcase, installation, forgery=forgery) for forgery in (None, "wrong_key"))
        for path in (PANEL, "/hipchat/dialog/ask", "/hipchat/page/sheet", "/hipchat/settings"):
            assert (await ask(showcase, good, path)).status_code == 200, path
            assert (await ask(showcase, forged, path)).status_code == 401, path

    async def test_so_is_everything_that_changes_something(self, showcase: RunningAddon) -> None:
        forged = host_token(showcase, await showcase.install(), forgery="wrong_key")
        for path in ("webhook/said", "webhook/asked", "settings", "api-token", "api-token/revoke", "page-token"):
            signed_wrong = await showcase.http.post(f"/hipchat/{path}", params={"signed_request": forged})
            not_signed = await showcase.http.post(f"/hipchat/{path}")
            assert (signed_wrong.status_code, not_signed.status_code) == (401, 401), path

    async def test_api_token_and_signed_token_do_not_stand_in_for_each_other(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        api_token = await showcase.api_token(installation)
        body = {"name": "web", "number": 1}
        header = {"Authorization": f"JWT {host_token(showcase, installation)}"}
        assert (await showcase.http.post("/showcase/report", json=body, headers=header)).status_code == 401
        assert await status(showcase, api_token) == 401


class TestUninstalledTenant:
    async def test_is_refused_at_once(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = host_token(showcase, installation)
        assert await status(showcase, token) == 200
        await showcase.devhost.host.uninstall(installation.client_id)
        await showcase.settle()
        assert await status(showcase, token) == 401
        assert await status(showcase, signed(installation)) == 401

    @pytest.mark.parametrize("state", [TenantState.SUSPENDED, TenantState.UNINSTALLED])
    async def test_every_state_but_installed_is_refused(self, showcase: RunningAddon, state: TenantState) -> None:
        installation = await showcase.install()
        await change_tenant(showcase, installation, state=state)
        showcase.connect.forget(await showcase.tenant(installation))
        assert await status(showcase, signed(installation)) == 401


class TestRememberedTokens:
    """A token that was verified is not verified again; that must never outlive the tenant as it was."""

    async def test_goes_when_the_secret_changes(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = host_token(showcase, installation)
        assert await status(showcase, token) == 200
        installation.secret = "another-secret-of-the-same-client-0123456789"
        await install_again(showcase, installation)
        assert await status(showcase, token) == 401
        assert await status(showcase, host_token(showcase, installation)) == 200

    async def test_speaks_of_the_new_installation_after_a_repeat(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = host_token(showcase, installation)
        verified = await showcase.connect.authenticator.verify(token)
        await install_again(showcase, installation)
        again = await showcase.connect.authenticator.verify(token)
        assert (verified.tenant.generation, again.tenant.generation) == (1, 2)

    async def test_goes_when_another_process_uninstalls_the_tenant(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = host_token(showcase, installation)
        assert await status(showcase, token) == 200
        await change_tenant(showcase, installation, state=TenantState.UNINSTALLED)
        assert (await until_refused(showcase, token)).status_code == 401

    async def test_goes_when_it_expires(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        nearly_over = int(time.time()) - 8
        token = signed(installation, iat=nearly_over - 60, exp=nearly_over)
        assert await status(showcase, token) == 200
        assert (await until_refused(showcase, token)).status_code == 401


class TestPageTokens:
    async def test_stands_for_the_viewer_of_the_page(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = await page_token(showcase, installation)
        assert (await ask(showcase, token)).json()["label"]["value"] == "user 1 room 1"
        assert claims_of(token)["exp"] - claims_of(token)["iat"] == LIFE

    async def test_holds_no_secret_of_the_tenant(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        assert installation.secret not in json.dumps(claims_of(await page_token(showcase, installation)))

    async def test_is_renewed_for_the_same_viewer_and_session(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        first = await page_token(showcase, installation)
        second = (await renew(showcase, first)).json()["token"]
        same = ("tenant", "generation", "sub", "tz", "room", "started")
        assert {name: claims_of(second)[name] for name in same} == {name: claims_of(first)[name] for name in same}
        assert await status(showcase, second) == 200

    async def test_is_not_renewed_beyond_twelve_hours(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        tenant = await showcase.tenant(installation)
        began = time.time() - LONGEST_SESSION + 60
        late = showcase.connect.page_tokens.issue(viewer(tenant, session_started=began))
        renewed = (await renew(showcase, late)).json()["token"]
        assert claims_of(renewed)["exp"] == int(began + LONGEST_SESSION)
        over = showcase.connect.page_tokens.issue(viewer(tenant, session_started=began - 120))
        assert (await renew(showcase, over)).status_code == 401

    async def test_ends_with_the_installation_it_was_made_in(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = await page_token(showcase, installation)
        assert await status(showcase, token) == 200
        await install_again(showcase, installation)
        assert await status(showcase, token) == 401
        assert (await renew(showcase, token)).status_code == 401

    async def test_ends_when_the_tenant_is_uninstalled(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = await page_token(showcase, installation)
        await showcase.devhost.host.uninstall(installation.client_id)
        await showcase.settle()
        assert await status(showcase, token) == 401

    async def test_is_refused_with_other_claims_though_the_key_is_ours(self, showcase: RunningAddon) -> None:
        claims = claims_of(await page_token(showcase, await showcase.install()))
        ours = prepare_key(showcase.connect.vault.page_keys[0])
        assert await status(showcase, sign(claims, ours)) == 200
        for changes in (
            {"exp": 1, "iat": 0},
            {"aud": "another"},
            {"aud": None},
            {"iss": "another"},
            {"exp": 9_999_999_999},
            {"tenant": "another"},
            {"generation": 2},
            {"generation": 0},
            {"key": "another"},
            {"host": "another"},
        ):
            assert await status(showcase, sign(claims | changes, ours)) == 401, changes

    async def test_is_refused_when_anybody_else_signed_it(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = await page_token(showcase, installation)
        head, _, signature = token.split(".")
        for secret in (installation.secret, KEY, "0" * 64):
            assert await status(showcase, signing.sign(claims_of(token), secret)) == 401
        elsewhere = signing.sign(claims_of(token) | {"sub": "2"}, "0" * 64).split(".")[1]
        assert await status(showcase, f"{head}.{elsewhere}.{signature}") == 401

    async def test_our_key_does_not_make_a_token_of_the_host(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        assert await status(showcase, signed(installation, secret=showcase.connect.vault.page_keys[0])) == 401

    async def test_nobody_can_install_under_our_issuer(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        answer = await showcase.devhost.host.forge_install(installation.client_id, oauthId=ISSUER)
        assert answer.status == 400

    def test_older_keys_still_hold_and_removed_ones_do_not(self) -> None:
        old, new = "a" * 32, "b" * 32
        token = read(PageTokens((old,)).issue(viewer(tenant_of_nobody())))
        assert PageTokens((new, old)).check(token)["aud"] == ISSUER
        with pytest.raises(TokenRefused):
            PageTokens((new,)).check(token)


def viewer(tenant: Tenant, *, session_started: float | None = None) -> Verified:
    return Verified(tenant, Identity(User("1"), "1"), {}, expires=0, session_started=session_started)


def tenant_of_nobody() -> Tenant:
    return Tenant(
        id="t",
        host="hipchat",
        client_key="k",
        state=TenantState.INSTALLED,
        generation=1,
        origin="https://host.example",
        capabilities_url="https://host.example/v2/capabilities",
        api_url="https://host.example/v2/",
        token_url="https://host.example/v2/oauth/token",
        web_url="https://host.example",
        group_id=None,
        group_name=None,
        room_id=None,
        changed_at=0.0,
    )


class TestOpenApi:
    async def test_signed_routes_show_their_scheme(self, showcase: RunningAddon) -> None:
        document = (await showcase.http.get("/openapi.json")).json()
        signed_either_way: list[dict[str, list[str]]] = [{"SignedRequest": []}, {"JwtHeader": []}]
        assert set(document["components"]["securitySchemes"]) == {"SignedRequest", "JwtHeader", "ApiToken"}
        for path in (GLANCE, PANEL, "/hipchat/settings", "/showcase/tenant"):
            assert document["paths"][path]["get"]["security"] == signed_either_way
        assert document["paths"]["/hipchat/webhook/said"]["post"]["security"] == signed_either_way
        assert document["paths"]["/showcase/report"]["post"]["security"] == [{"ApiToken": []}]


@pytest.fixture(params=[True, False], ids=["json", "plain"])
def logged(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Send the log to a stream of the test's own, at the level that says most."""
    stream = io.StringIO()
    configure_logging("DEBUG", as_json=request.param, stream=stream)
    yield stream.getvalue
    configure_logging("WARNING", as_json=False, stream=io.StringIO())


class TestLogs:
    async def test_no_token_of_a_request_is_ever_written(
        self, showcase: RunningAddon, logged: Callable[[], str]
    ) -> None:
        installation = await showcase.install()
        api_token = await showcase.api_token(installation)
        tokens = [
            host_token(showcase, installation),
            host_token(showcase, installation, forgery="wrong_key"),
            host_token(showcase, installation, forgery="expired"),
            signed(installation, iss="nobody"),
            await page_token(showcase, installation),
            api_token,
        ]
        for token in tokens:
            for path in (GLANCE, PANEL, "/hipchat/settings", "/showcase/tenant", "/nowhere", f"/static/{token}"):
                await showcase.http.get(path, params={"signed_request": token, "jwt": token, "auth_token": token})
                await ask(showcase, token, path)
            await showcase.http.post("/showcase/broken", params={"signed_request": token})
            await showcase.http.post("/hipchat/webhook/said", params={"signed_request": token}, json={"event": token})
            await showcase.http.post(
                "/showcase/report", json={token: token}, headers={"Authorization": f"Bearer {token}"}
            )
        written = logged()
        assert "not authenticated: the signature does not hold" in written
        assert "Traceback" in written
        for token in tokens:
            assert token not in written
            assert token.rpartition(".")[2] not in written
        assert installation.secret not in written

    async def test_server_writes_no_query_either(self, showcase: RunningAddon, database_url: str) -> None:
        """A process as it is deployed: uvicorn's own access log is on, and the tenant is a real one."""
        token = host_token(showcase, await showcase.install())
        async with asyncio.timeout(60):
            server = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "uvicorn", "app.main:app", "--port", "0", "--log-level", "trace"),
                cwd=ROOT,
                env=os.environ
                | {"SECRET_KEYS": KEY, "DATABASE_URL": database_url, "BASE_URL": ADDON, "LOG_LEVEL": "DEBUG"},
                stderr=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            assert server.stderr is not None
            written = b""
            while not (address := re.search(rb"running on (http://127\.0\.0\.1:\d+)", written)):
                line = await server.stderr.readline()
                assert line, written.decode()
                written += line
            async with httpx.AsyncClient(base_url=address[1].decode()) as client:
                accepted = await client.post(f"{RENEW}?signed_request={token}")
                refused = await client.post(f"{RENEW}?signed_request={token}x")
            server.terminate()
            out, rest = await server.communicate()
        written += out + rest
        assert (accepted.status_code, refused.status_code) == (200, 401)
        assert f"POST {RENEW} 200".encode() in written
        assert token.encode() not in written
        assert token.rpartition(".")[2].encode() not in written
