"""What a module's handler wrote is undone when its result cannot be answered, whichever way the module is served."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.connect import AddonRouter, Context, Ctx
from app.connect.api_tokens.table import ApiToken
from app.connect.application import Application
from app.connect.declare.declarations import Page
from app.connect.settings import Settings
from devhost.testing import Devhost
from tests.connect.asking import signed
from tests.connect.showcase import DOCUMENT
from tests.connect.work.acts import leave_row
from tests.support.running import ADDON, RunningAddon

HIPCHAT = {"scopes": DOCUMENT["hipchat"]["scopes"], "panel": DOCUMENT["hipchat"]["panel"]}


def routers(result: Any) -> dict[str, AddonRouter]:
    """Return a panel that the front door answers, and one that FastAPI does: both write and return `result`."""
    plain, solved = AddonRouter(), AddonRouter()

    async def write(ctx: Context) -> Page:
        leave_row(ctx, "undone")
        answer: Page = result
        return answer

    @plain.panel("list")
    async def straight(ctx: Ctx) -> Page:
        return await write(ctx)

    @solved.panel("list")
    async def routed(ctx: Ctx, number: int = 1) -> Page:
        assert number == 1
        return await write(ctx)

    return {"straight": plain, "routed": solved}


class TestResult:
    @pytest.mark.parametrize("way", ["straight", "routed"])
    @pytest.mark.parametrize(("result", "status"), [(None, 404), ("no page", 500)], ids=["none", "wrong"])
    async def test_that_is_no_answer_leaves_nothing(
        self, settings: Settings, devhost: Devhost, way: str, result: Any, status: int
    ) -> None:
        app = Application(
            settings,
            (routers(result)[way],),
            transport=devhost.transport,
            document={"addon": DOCUMENT["addon"], "hipchat": HIPCHAT},
        ).app
        devhost.serve(ADDON, app)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=ADDON) as http,
        ):
            addon = RunningAddon(app, devhost, http)
            installation = await addon.install()
            answer = await http.get(f"/hipchat/panel/list?signed_request={signed(installation)}")
            assert answer.status_code == status
            async with addon.parts.database.session() as session:
                assert list(await session.scalars(select(ApiToken.digest))) == []
