"""The HTTP interface of API tokens."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import update

from app.connect.api_tokens.keeping import MOST_TOKENS
from app.connect.api_tokens.table import ApiToken
from app.connect.pages.page_tokens import Visit
from app.connect.tenancy.tenant import Caller
from devhost.world.installations import Installation
from tests.connect.asking import header, page_token
from tests.connect.rows import add_tenant
from tests.connect.serving.holding import limited
from tests.support.running import RunningAddon

pytestmark = pytest.mark.both_databases

WISH: dict[str, Any] = {"name": "CI of web", "accesses": ["reports.web.read"], "expires_in": 3600}
Headers = dict[str, str]


def bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


async def settings_frame(addon: RunningAddon, installation: Installation) -> Headers:
    return header(await page_token(addon, installation, ""))


async def create(addon: RunningAddon, headers: Headers, **changes: Any) -> Response:
    return await addon.http.post("/api/tokens", json=WISH | changes, headers=headers)


class TestCreating:
    async def test_answers_the_secret_this_once(self, showcase: RunningAddon) -> None:
        frame = await settings_frame(showcase, await showcase.install())
        made = await create(showcase, frame)
        assert made.status_code == 201
        assert sorted(made.json()) == ["accesses", "expires_at", "id", "name", "token"]
        expiry = datetime.fromisoformat(made.json()["expires_at"])
        assert (expiry - datetime.now(UTC)).total_seconds() == pytest.approx(3600, abs=10)
        told = await showcase.http.get(f"/api/tokens/{made.json()['id']}", headers=frame)
        assert told.json()["created_by"] == "1"
        assert made.json()["token"] not in told.text + (await showcase.http.get("/api/tokens", headers=frame)).text
        read = await showcase.http.get("/showcase/reports/web", headers=bearer(made.json()["token"]))
        assert read.status_code == 200

    async def test_puts_in_who_me_is(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        made = await create(showcase, await settings_frame(showcase, installation), accesses=["reports.me.read"])
        assert made.json()["accesses"] == ["reports.1.read"]
        program = bearer(await showcase.api_token(installation))
        answer = await create(showcase, program, accesses=["reports.me.read"])
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "access_refused")

    async def test_by_a_token_gives_what_that_holds_and_no_more(self, showcase: RunningAddon) -> None:
        giver = await limited(showcase, await showcase.install(), "tokens.create", "reports.*.read", "!reports.hr.read")
        for accesses, status in (
            (["reports.web.read"], 201),
            (["reports.*.read"], 422),
            (["reports.hr.read"], 422),
            (["reports.web.write"], 422),
            (["#"], 422),
            (None, 422),
        ):
            answer = await create(showcase, bearer(giver), accesses=accesses)
            assert answer.status_code == status, accesses

    async def test_ends_at_the_limit_of_the_tenant(self, showcase: RunningAddon) -> None:
        installation, other = await showcase.install(), await showcase.install(room_id=None)
        tenant = await showcase.tenant(installation)
        frame = await settings_frame(showcase, installation)
        async with showcase.parts.database.session() as session:
            session.add_all(
                ApiToken(
                    tenant_id=tenant.id,
                    installation_id=tenant.installation_id,
                    generation=tenant.generation,
                    digest=f"{number:072}",
                    created_at=0.0,
                )
                for number in range(MOST_TOKENS - 1)
            )
        assert (await create(showcase, frame)).status_code == 201
        refused = await create(showcase, frame)
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_tokens")
        assert (await create(showcase, await settings_frame(showcase, other))).status_code == 201
        # What expired takes no place.
        async with showcase.parts.database.session() as session:
            await session.execute(update(ApiToken).where(ApiToken.created_at == 0.0).values(expires_at=1.0))
        assert (await create(showcase, frame)).status_code == 201


BAD: dict[str, dict[str, Any]] = {
    "no name": {"name": ""},
    "blank name": {"name": "  "},
    "long name": {"name": "x" * 101},
    "control character in the name": {"name": "a\nb"},
    "NUL in the name": {"name": "a\x00b"},
    "direction mark in the name": {"name": "a\u202eb"},
    "name is a number": {"name": 1},
    "accesses are a string": {"accesses": "#"},
    "no accesses": {"accesses": []},
    "empty access": {"accesses": [""]},
    "empty word": {"accesses": ["reports..read"]},
    "dot at the end": {"accesses": ["reports.web."]},
    "wildcard in a word": {"accesses": ["reports.w*b.read"]},
    "hash in a word": {"accesses": ["reports.#web"]},
    "look-alike": {"accesses": ["rep\u043erts.web.read"]},
    "full-width": {"accesses": ["\uff03"]},
    "space": {"accesses": ["reports.we b"]},
    "line break": {"accesses": ["reports.web\n"]},
    "NUL": {"accesses": ["reports.%00"]},
    "lower-case escape": {"accesses": ["reports.web%2eapp"]},
    "two denials": {"accesses": ["!!reports.web"]},
    "very long": {"accesses": ["a" * 401]},
    "very many words": {"accesses": [".".join("a" * 17)]},
    "very many hashes": {"accesses": [".".join("#" * 4)]},
    "thousands": {"accesses": ["a"] * 5000},
    "an access is a number": {"accesses": [1]},
    "expires at once": {"expires_in": 0},
    "expired": {"expires_in": -1},
    "ten years": {"expires_in": 10 * 365 * 86400},
    "expiry is text": {"expires_in": "3600"},
    "expiry is a fraction": {"expires_in": 1.5},
    "expiry is true": {"expires_in": True},
    "expiry is huge": {"expires_in": 10**40},
    "something else": {"admin": True},
}


class TestBadInput:
    async def test_is_a_4xx_in_the_one_shape(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        frame, program = await settings_frame(showcase, installation), bearer(await showcase.api_token(installation))
        count = await showcase.parts.serving.api_tokens.count(await showcase.tenant(installation))
        for headers in (frame, program):
            for name, changes in BAD.items():
                answer = await create(showcase, headers, **changes)
                assert answer.status_code == 422, name
                assert set(answer.json()) == {"error"}, name
                assert {"code", "message"} <= set(answer.json()["error"]), name
        assert await showcase.parts.serving.api_tokens.count(await showcase.tenant(installation)) == count

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", json.dumps(WISH).encode() * 2, b'{"name": "a", "name": "b", "accesses": ["a"]}', b"\xff"],
        ids=["nothing", "cut", "list", "twice", "name twice", "no text"],
    )
    async def test_of_another_form_is_too(self, showcase: RunningAddon, body: bytes) -> None:
        frame = await settings_frame(showcase, await showcase.install())
        sent = await showcase.http.post(
            "/api/tokens", content=body, headers=frame | {"Content-Type": "application/json"}
        )
        assert sent.status_code in {400, 422}
        assert set(sent.json()) == {"error"}

    @pytest.mark.parametrize("query", ["after=x", "after=" + "0" * 31, "limit=0", "limit=51", "limit=x", "after=%00"])
    async def test_in_the_query_is_too(self, showcase: RunningAddon, query: str) -> None:
        frame = await settings_frame(showcase, await showcase.install())
        answer = await showcase.http.get(f"/api/tokens?{query}", headers=frame)
        assert (answer.status_code, set(answer.json())) == (422, {"error"})


class TestListing:
    async def test_comes_in_pages_newest_first(self, showcase: RunningAddon) -> None:
        frame = await settings_frame(showcase, await showcase.install())
        made = [(await create(showcase, frame, name=f"number {number}")).json()["id"] for number in range(5)]
        pages: list[list[str]] = []
        query = "limit=2"
        while query and len(pages) < 5:
            page = (await showcase.http.get(f"/api/tokens?{query}", headers=frame)).json()
            pages.append([one["id"] for one in page["items"]])
            query = page["next"] and f"limit=2&after={page['next']}"
        newest = made[::-1]
        assert pages == [newest[:2], newest[2:4], newest[4:]]

    async def test_what_is_not_there_is_the_same_404(self, showcase: RunningAddon) -> None:
        installation, other = await showcase.install(), await showcase.install(room_id=None)
        frame = await settings_frame(showcase, installation)
        foreign = (await create(showcase, await settings_frame(showcase, other))).json()["id"]
        expired = (await create(showcase, frame)).json()["id"]
        async with showcase.parts.database.session() as session:
            await session.execute(update(ApiToken).where(ApiToken.id == expired).values(expires_at=time.time() - 1))
        answers = []
        for token_id in (foreign, expired, "0" * 32, "current", "a", "%00", "\u00fc", "0" * 5000):
            answer = await showcase.http.get(f"/api/tokens/{token_id}", headers=frame)
            error = answer.json()["error"]
            answers.append((answer.status_code, error["code"], error["message"]))
        assert set(answers) == {(404, "not_found", "There is no such API token. List those there are.")}


class TestRevoking:
    async def test_ends_it_at_once_and_again_changes_nothing(self, showcase: RunningAddon) -> None:
        installation, other = await showcase.install(), await showcase.install(room_id=None)
        frame, foreign = await settings_frame(showcase, installation), await settings_frame(showcase, other)
        made = (await create(showcase, frame)).json()
        url, ask = f"/api/tokens/{made['id']}", bearer(made["token"])
        assert (await showcase.http.delete(url, headers=foreign)).status_code == 204
        assert (await showcase.http.head("/api/tokens/current", headers=ask)).status_code == 204
        answers = [(await showcase.http.delete(url, headers=frame)).status_code for _ in range(2)]
        assert answers == [204, 204]
        assert (await showcase.http.head("/api/tokens/current", headers=ask)).status_code == 401


class TestAsking:
    async def test_current_tells_of_one_access(self, showcase: RunningAddon) -> None:
        token = await limited(showcase, await showcase.install(), "reports.*.read", "!reports.hr.#")
        for access, status in (
            ("reports.web.read", 204),
            ("reports.web%2Eapp.read", 204),
            ("reports.hr.read", 403),
            ("reports.web.write", 403),
            ("reports.*.read", 422),
            ("!reports.web.read", 422),
            ("reports.me.read", 422),
            ("", 422),
        ):
            answer = await showcase.http.head("/api/tokens/current", params={"access": access}, headers=bearer(token))
            assert answer.status_code == status, access
        assert (await showcase.http.head("/api/tokens/current")).status_code == 401

    async def test_check_tells_of_many_at_once(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        asked = [f"reports.n{number}.read" for number in range(1000)]
        token = await limited(showcase, installation, *(f"reports.n{number}.read" for number in range(100)))
        answer = await showcase.http.post("/api/tokens/check", json={"accesses": asked}, headers=bearer(token))
        assert answer.json() == {one: number < 100 for number, one in enumerate(asked)}
        every = bearer(await showcase.api_token(installation))
        unlimited = await showcase.http.post("/api/tokens/check", json={"accesses": asked}, headers=every)
        assert set(unlimited.json().values()) == {True}
        for bad in ([*asked, "a"], ["a.*"], ["a..b"], [1], "a", None):
            refused = await showcase.http.post("/api/tokens/check", json={"accesses": bad}, headers=every)
            assert (refused.status_code, set(refused.json())) == (422, {"error"}), bad


class TestHostThatIsNotEnabled:
    async def test_lets_nobody_in(self, showcase: RunningAddon) -> None:
        async with showcase.parts.database.session() as session:
            tenant = await add_tenant(session, "foreign", host="other")
        token = await showcase.parts.serving.api_tokens.create(tenant, Caller("1"))
        page = showcase.parts.page_tokens.issue(tenant, Caller("1"), Visit.begin("settings", None))
        for headers in (bearer(token), header(page)):
            assert (await showcase.http.get("/api/tokens", headers=headers)).status_code == 401
            assert (await create(showcase, headers)).status_code == 401
        assert (await showcase.http.head("/api/tokens/current", headers=bearer(token))).status_code == 401
