"""The add-on's own routes are tried first where that changes no answer, and never where it could."""

import httpx
import pytest

from app.connect import AddonRouter
from app.connect.application import Application
from app.connect.serving.precedence import first_ones
from app.connect.settings import Settings
from devhost.testing import Devhost
from tests.connect.showcase import DOCUMENT
from tests.support.running import ADDON


def router_of(*paths: str) -> AddonRouter:
    router = AddonRouter()
    for path in paths:

        @router.route(path, methods=["GET"], public=True)
        async def mine() -> str:
            return "mine"

    return router


class TestFirstOnes:
    @pytest.mark.parametrize(
        ("path", "reserved", "is_first"),
        [
            ("/api/builds", ["/", "/static", "/api/notes", "/api/notes/{id}"], True),
            ("/api/{what}", ["/api/notes"], False),
            ("/{path:path}", ["/health/live"], False),
            ("/static/mine", ["/static"], False),
            ("/static", ["/static/connect"], False),
            ("/api/builds/{name}", ["/api/{kind}/list"], False),
            ("/builds/{name}", ["/{host}/panel"], False),
            ("/", ["/"], False),
            ("/tokens", ["/api/notes", "/"], True),
            ("/api/notesofmine", ["/api/notes"], True),
        ],
    )
    def test_are_those_whose_paths_nothing_else_has(self, path: str, reserved: list[str], *, is_first: bool) -> None:
        router = router_of(path)
        assert first_ones([router], reserved) == ([router] if is_first else [])

    def test_keep_their_order_among_themselves(self) -> None:
        """A router that must wait has those behind it wait, too: they may be narrower than its own paths."""
        early, wide, late = router_of("/one"), router_of("/two", "/{path:path}"), router_of("/three")
        assert first_ones([early, wide, late], ["/health/live"]) == [early]


class TestApplication:
    async def test_a_route_for_everything_takes_nothing_of_the_plumbing(
        self, settings: Settings, devhost: Devhost
    ) -> None:
        routers = [router_of("/mine"), router_of("/{path:path}")]
        application = Application(settings, routers, transport=devhost.transport, document=_without_modules())
        try:
            transport = httpx.ASGITransport(application.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=ADDON) as http:
                assert (await http.get("/health/live")).json() == {"status": "ok", "reason": None}
                assert (await http.get("/mine")).json() == "mine"
                assert (await http.get("/other/things")).json() == "mine"
                assert (await http.get("/hipchat/capabilities.json")).json()["key"] == "com.example.showcase"
        finally:
            await application.close()


def _without_modules() -> dict[str, object]:
    return {"addon": DOCUMENT["addon"], "hipchat": {"scopes": DOCUMENT["hipchat"]["scopes"]}}
