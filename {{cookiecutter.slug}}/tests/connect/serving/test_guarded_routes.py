"""Routes that ask for an access: what a token with a list of accesses may do, and what it may not."""

from typing import Annotated
from urllib.parse import quote

import httpx
import pytest
from fastapi import Depends

from app.connect import AddonRouter, ApiCtx, Context, access
from app.connect.api_tokens.rules import spell
from app.connect.application import Application
from app.connect.settings import Settings
from app.connect.tenancy.tenant import NOBODY
from devhost.testing import Devhost
from tests.connect.http.good import REPORT
from tests.connect.serving.holding import limited
from tests.connect.showcase import DOCUMENT, make_routers
from tests.support.running import ADDON, RunningAddon


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
