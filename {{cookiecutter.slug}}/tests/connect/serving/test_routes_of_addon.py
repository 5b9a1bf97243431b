"""The add-on's own routes are those of its application: overridden there alone, and asked no more than once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Annotated

import httpx
import pytest
from fastapi import Depends
from starlette.routing import Match
from starlette.types import Scope

from app.connect import AddonRouter
from app.connect.application import Application
from app.connect.http.body import StrictRoute
from app.connect.settings import Settings
from devhost.testing import Devhost
from tests.connect.showcase import DOCUMENT
from tests.support.running import ADDON

Serve = Callable[[AddonRouter], Awaitable[tuple[Application, httpx.AsyncClient]]]


@pytest.fixture
async def serve(settings: Settings, devhost: Devhost) -> AsyncIterator[Serve]:
    document = {"addon": DOCUMENT["addon"], "hipchat": {"scopes": DOCUMENT["hipchat"]["scopes"]}}
    async with AsyncExitStack() as stack:

        async def one(router: AddonRouter) -> tuple[Application, httpx.AsyncClient]:
            made = Application(settings, [router], transport=devhost.transport, document=document)
            stack.push_async_callback(made.close)
            client = httpx.AsyncClient(transport=httpx.ASGITransport(made.app), base_url=ADDON)
            return made, await stack.enter_async_context(client)

        yield one


def who() -> str:
    return "somebody"


class TestRoutesOfAddon:
    async def test_take_what_their_application_overrides(self, serve: Serve) -> None:
        router = AddonRouter()

        @router.route("/who", methods=["GET"], public=True)
        async def tell(name: Annotated[str, Depends(who)]) -> str:
            return name

        first, of_first = await serve(router)
        _, of_second = await serve(router)
        first.app.dependency_overrides[who] = lambda: "a stand-in"
        assert (await of_first.get("/who")).json() == "a stand-in"
        assert (await of_second.get("/who")).json() == "somebody"

    async def test_keep_what_they_were_declared_with(self, serve: Serve) -> None:
        router = AddonRouter()

        @router.route(
            "/made",
            methods=["POST"],
            public=True,
            status_code=201,
            tags=["mine"],
            responses={"4XX": {"description": "Mine"}},
            openapi_extra={"x-mine": True},
        )
        async def make() -> str:
            return "made"

        made, http = await serve(router)
        assert (await http.post("/made")).status_code == 201
        described = made.app.openapi()["paths"]["/made"]["post"]
        assert (described["tags"], described["x-mine"]) == (["add-on", "mine"], True)
        assert described["responses"]["4XX"]["description"] == "Mine"
        assert described["responses"]["5XX"]["content"]["application/json"]

    async def test_are_asked_once_about_a_request(self, serve: Serve) -> None:
        asked = []

        class Heard(StrictRoute):
            def matches(self, scope: Scope) -> tuple[Match, Scope]:
                asked.append(scope["path"])
                return super().matches(scope)

        router = AddonRouter()
        router.api.route_class = Heard

        @router.route("/things/{name}", methods=["GET"], public=True)
        async def thing(name: str) -> str:
            return name

        _, http = await serve(router)
        assert (await http.get("/things/one")).json() == "one"
        assert asked == ["/things/one"]
