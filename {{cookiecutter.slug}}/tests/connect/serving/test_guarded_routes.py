"""Routes that ask for an access: what a token with a list of accesses may do, and what it may not."""

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote

import httpx
import pytest
from fastapi import Depends, HTTPException, Request

from app.connect import AddonRouter, ApiCtx, Context, access
from app.connect.api_tokens.rules import spell
from app.connect.application import Application
from app.connect.settings import Settings
from app.connect.tenancy.tenant import NOBODY
from devhost.testing import Devhost
from tests.connect.http.good import REPORT
from tests.connect.serving.holding import limited
from tests.connect.showcase import DOCUMENT, make_routers
from tests.connect.work.acts import leave_row, rows_written
from tests.support.running import ADDON, RunningAddon

pytestmark = pytest.mark.both_databases


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class TestGuardedRoute:
    @pytest.mark.parametrize("name", ["web", "web.app", "a b", "*", "#", "me", "\u00fc"], ids=ascii)
    async def test_is_open_for_the_one_word_that_the_token_names(self, showcase: RunningAddon, name: str) -> None:
        installation = await showcase.install()
        if name == "me":
            token = await limited(showcase, installation, "reports.*.*", "!reports.other.*")
        else:
            token = await limited(showcase, installation, f"reports.{spell(name)}.*")
        for asked, statuses in ((name, (200, 201)), ("other", (403, 403))):
            read = await showcase.http.get(f"/showcase/reports/{quote(asked, safe='')}", headers=bearer(token))
            body = REPORT | {"name": asked}
            written = await showcase.http.post("/showcase/reports", json=body, headers=bearer(token))
            assert (read.status_code, written.status_code) == statuses, asked

    async def test_checks_what_the_handler_gets(self, showcase: RunningAddon) -> None:
        token = await limited(showcase, await showcase.install(), "reports.web.write")
        twice = b'{"name": "web", "number": 1, "name": "api"}'
        headers = bearer(token) | {"Content-Type": "application/json"}
        assert (await showcase.http.post("/showcase/reports", content=twice, headers=headers)).status_code == 400
        in_query = await showcase.http.post(
            "/showcase/reports?name=web", json=REPORT | {"name": "api"}, headers=headers
        )
        assert in_query.status_code == 403

    async def test_says_what_the_token_lacks_and_changes_nothing(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = await limited(showcase, installation, "reports.web.write")
        answer = await showcase.http.post("/showcase/reports", json=REPORT | {"name": "a.b"}, headers=bearer(token))
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")
        assert "'reports.a%2Eb.write'" in answer.json()["error"]["message"]
        async with showcase.parts.contexts.open(await showcase.tenant(installation), NOBODY) as ctx:
            assert await ctx.store.all() == {}

    async def test_a_denial_wins(self, showcase: RunningAddon) -> None:
        token = await limited(showcase, await showcase.install(), "!reports.web.write", "#")
        for name, status in (("web", 403), ("api", 201)):
            body = REPORT | {"name": name}
            answer = await showcase.http.post("/showcase/reports", json=body, headers=bearer(token))
            assert answer.status_code == status

    async def test_a_route_that_asks_for_nothing_takes_no_list(self, showcase: RunningAddon) -> None:
        token = await limited(showcase, await showcase.install(), "#")
        answer = await showcase.http.post("/showcase/report", json=REPORT, headers=bearer(token))
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")


def keeping() -> AddonRouter:
    """Make routes that write something down before they answer, or fail to."""
    router = AddonRouter()

    @router.route("/keeping/{name}", methods=["POST"])
    async def keep(
        request: Request, ctx: Annotated[Context, access("reports.{name}.write")], name: str, number: int = 0
    ) -> dict[str, object]:
        leave_row(ctx, f"{request.method} {name} {number}")
        if number == 1:
            raise HTTPException(418)
        return {"number": object() if number == 2 else number}

    return router


class TestContextOfAGuardedRoute:
    @pytest.fixture
    async def http(self, settings: Settings, devhost: Devhost) -> AsyncIterator[httpx.AsyncClient]:
        other = Application(settings, [*make_routers(), keeping()], transport=devhost.transport, document=DOCUMENT)
        transport = httpx.ASGITransport(app=other.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ADDON) as http:
            yield http
        await other.close()

    @pytest.mark.parametrize(
        ("query", "status", "kept"),
        [
            ("number=3", 200, ["POST web 3"]),
            ("number=three", 422, []),
            ("number=1", 418, []),
            ("number=2", 500, []),
        ],
        ids=["answered", "no number", "refused by the handler", "cannot be answered"],
    )
    async def test_keeps_what_was_answered_and_nothing_else(
        self, showcase: RunningAddon, http: httpx.AsyncClient, query: str, status: int, kept: list[str]
    ) -> None:
        token = await limited(showcase, await showcase.install(), "reports.web.write")
        assert (await http.post(f"/keeping/web?{query}", headers=bearer(token))).status_code == status
        assert [mark for mark in await rows_written(showcase) if mark.startswith("POST")] == kept

    async def test_is_opened_before_anything_else_is_read(self, http: httpx.AsyncClient) -> None:
        assert (await http.post("/keeping/web?number=three")).status_code == 401

    async def test_is_described_without_what_opens_it(self, http: httpx.AsyncClient) -> None:
        described = (await http.get("/openapi.json")).json()["paths"]["/keeping/{name}"]["post"]
        assert [one["name"] for one in described["parameters"]] == ["name", "number"]
        assert described["security"] == [{"ApiToken": ["reports.{name}.write"]}]


class TestGuardElsewhere:
    """An access whose words only a handler has, in a dependency of it, must open nothing."""

    async def test_fails_closed(self, settings: Settings, devhost: Devhost, showcase: RunningAddon) -> None:
        router = AddonRouter()
        hidden = access("reports.{name}.read")

        async def through(ctx: Annotated[Context, hidden]) -> Context:
            return ctx

        @router.route("/hidden/{name}", methods=["GET"])
        async def show(ctx: Annotated[Context, Depends(through)], name: str) -> str:
            return name

        @router.route("/plain", methods=["GET"])
        async def plain(ctx: ApiCtx) -> str:
            return "plain"

        token = await limited(showcase, await showcase.install(), "reports.web.read")
        other = Application(settings, [*make_routers(), router], transport=devhost.transport, document=DOCUMENT)
        try:
            transport = httpx.ASGITransport(app=other.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=ADDON) as http:
                assert (await http.get("/hidden/web", headers=bearer(token))).status_code == 500
                assert (await http.get("/plain", headers=bearer(token))).status_code == 403
        finally:
            await other.close()
