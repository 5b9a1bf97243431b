"""Page tokens: bound to viewer, page, installation and generation, and signed by nobody but us."""

import json
import time

import pytest

from app.connect.keys.jwt import TokenRefused, prepare_key, read, sign
from app.connect.pages.page_tokens import ISSUER, LIFE, LONGEST_SESSION, PageTokens, Visit
from app.connect.tenancy.tenant import Caller, Tenant, TenantState
from devhost.wire import signing
from tests.connect.asking import PANEL, claims_of, install_again, page_token, renew, signed, status
from tests.support.running import KEY, RunningAddon

VIEWER = Caller("1", "UTC", "1")
NOBODYS = Tenant(
    id="t",
    installation_id="i",
    host="hipchat",
    client_key="k",
    state=TenantState.INSTALLED,
    generation=1,
    origin="https://host.example",
    api_url="https://host.example/v2/",
    web_url="https://host.example",
    details_json="{}",
    memo_json="{}",
    changed_at=0.0,
)


class TestPageTokens:
    async def test_stands_for_the_viewer_of_the_page(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = await page_token(showcase, installation)
        assert await status(showcase, token, PANEL) == 200
        assert claims_of(token)["caller"] == ["1", "UTC", "1"]
        assert claims_of(token)["exp"] - claims_of(token)["iat"] == LIFE

    async def test_holds_no_secret_of_the_tenant(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        assert installation.secret not in json.dumps(claims_of(await page_token(showcase, installation)))

    async def test_acts_for_its_own_module_alone(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        paths = {"list": PANEL, "ask": "/hipchat/dialog/ask", "sheet": "/hipchat/page/sheet"}
        for key in paths:
            token = await page_token(showcase, installation, key)
            for other, path in paths.items():
                assert await status(showcase, token, path) == (200 if other == key else 401), (key, path)

    async def test_is_renewed_for_the_same_viewer_and_session(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        first = await page_token(showcase, installation)
        second = (await renew(showcase, first)).json()["token"]
        same = ("host", "key", "installation", "generation", "caller", "page", "started")
        assert {name: claims_of(second)[name] for name in same} == {name: claims_of(first)[name] for name in same}
        assert await status(showcase, second, PANEL) == 200

    async def test_is_not_renewed_beyond_twelve_hours(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        tenant = await showcase.tenant(installation)
        began = time.time() - LONGEST_SESSION + 60
        late = showcase.parts.page_tokens.issue(tenant, VIEWER, Visit("panel", "list", began))
        renewed = (await renew(showcase, late)).json()["token"]
        assert claims_of(renewed)["exp"] == int(began + LONGEST_SESSION)
        over = showcase.parts.page_tokens.issue(tenant, VIEWER, Visit("panel", "list", began - 120))
        assert (await renew(showcase, over)).status_code == 401

    async def test_ends_with_the_installation_it_was_made_in(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = await page_token(showcase, installation)
        assert await status(showcase, token, PANEL) == 200
        await install_again(showcase, installation)
        assert await status(showcase, token, PANEL) == 401
        assert (await renew(showcase, token)).status_code == 401

    async def test_ends_when_the_tenant_is_uninstalled(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = await page_token(showcase, installation)
        assert await status(showcase, token, PANEL) == 200
        await showcase.devhost.host.uninstall(installation.client_id)
        await showcase.settle()
        assert await status(showcase, token, PANEL) == 401

    async def test_is_refused_with_other_claims_though_the_key_is_ours(self, showcase: RunningAddon) -> None:
        claims = claims_of(await page_token(showcase, await showcase.install()))
        ours = prepare_key(showcase.parts.vault.page_keys[0])
        assert await status(showcase, sign(claims, ours), PANEL) == 200
        for changes in (
            {"exp": 1, "iat": 0},
            {"aud": "another"},
            {"aud": None},
            {"iss": "another"},
            {"exp": 9_999_999_999},
            {"installation": "another"},
            {"generation": 2},
            {"generation": 0},
            {"key": "another"},
            {"host": "another"},
            {"page": ["panel", "another"]},
            {"page": ["dialog", "list"]},
            {"page": ["settings", None]},
        ):
            assert await status(showcase, sign(claims | changes, ours), PANEL) == 401, changes

    async def test_is_refused_when_anybody_else_signed_it(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = await page_token(showcase, installation)
        head, _, signature = token.split(".")
        for secret in (installation.secret, KEY, "0" * 64):
            assert await status(showcase, signing.sign(claims_of(token), secret), PANEL) == 401
        elsewhere = signing.sign(claims_of(token) | {"caller": ["2", "UTC", "1"]}, "0" * 64).split(".")[1]
        assert await status(showcase, f"{head}.{elsewhere}.{signature}", PANEL) == 401

    async def test_our_key_does_not_make_a_token_of_the_host(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        assert await status(showcase, signed(installation, secret=showcase.parts.vault.page_keys[0])) == 401

    async def test_nobody_can_install_under_our_issuer(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        answer = await showcase.devhost.host.forge_install(installation.client_id, oauthId=ISSUER)
        assert answer.status == 400

    def test_older_keys_still_hold_and_removed_ones_do_not(self) -> None:
        old, new = "a" * 32, "b" * 32
        token = read(PageTokens((old,)).issue(NOBODYS, VIEWER, Visit.begin("panel", "list")))
        assert PageTokens((new, old)).check(token)["aud"] == ISSUER
        with pytest.raises(TokenRefused):
            PageTokens((new,)).check(token)
