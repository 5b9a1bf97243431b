"""Who must not get in: every route of an add-on that shows one of everything, against every kind of token.

The table says which tokens a route takes and what it answers them; every other token must get the 401. A route without
a row fails.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute

from app.connect.tenancy.tenant import Caller
from tests.connect.asking import GLANCE, PANEL, RENEW, SETTINGS, ask
from tests.connect.http.good import EVENT, INSTALL, REPORT
from tests.connect.serving.holding import Holder, collect
from tests.support.running import RunningAddon

Statuses = dict[str, int]

VIEWERS: Statuses = dict.fromkeys(("host", "host of another tenant"), 200)
"""Tokens of the host that name the admin and the lobby."""
HOST: Statuses = VIEWERS | dict.fromkeys(
    ("host for a guest", "host for nobody", "host of another tenant, without a room"), 200
)
PAGE: Statuses = dict.fromkeys(("page", "page of another tenant", "page of a guest"), 200)
"""Page tokens of the panel `list`."""
SETTINGS_PAGE: Statuses = {
    "page of settings": 200,
    "page of settings of another tenant": 200,
    "page of a guest's settings": 403,
}
ANY_PAGE: Statuses = PAGE | {"page of another module": 200} | dict.fromkeys(SETTINGS_PAGE, 200)
ADMINISTRATORS: Statuses = ANY_PAGE | {"page of a guest": 403, "page of a guest's settings": 403}
PROGRAMS: Statuses = {"api": 200, "api of another tenant": 200, "api for web": 403, "api that gives": 403}
"""API tokens that may do everything, and two with a list of accesses."""
FOR_WEB: Statuses = PROGRAMS | {"api for web": 200}
FOR_TOKENS: Statuses = SETTINGS_PAGE | PROGRAMS | {"api that gives": 200}
ANY_PROGRAM: Statuses = dict.fromkeys(PROGRAMS, 200)
EVENTS: Statuses = VIEWERS | {
    # The event is of the admin in the lobby, so a token that does not name them does not fit it.
    "host for a guest": 400,
    "host for nobody": 400,
    "host of another tenant, without a room": 400,
}


@dataclass(frozen=True)
class Route:
    """One route, what is sent to it, and whom it answers what."""

    method: str
    path: str
    takes: Statuses = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    body: Mapping[str, object] | None = None
    ok: int = 200
    """What its 200 in the tables above is."""
    template: str = ""
    """Its path as the application knows it, where that is another."""
    always: int | None = None
    """What it answers whatever is held: it proves by other means than a token, or needs no proof."""

    def expected(self, kind: str) -> int:
        """Return the status for one kind of token."""
        if self.always is not None:
            return self.always
        found = self.takes.get(kind, 401)
        return self.ok if found == 200 else found

    @property
    def name(self) -> tuple[str, str]:
        """Return what the application knows it by."""
        return self.method, self.template or self.path


NO_ID = "0" * 32
GREETING = {"greeting": "Servus", "limit": "42", "share": "0.25", "colour": "green"}
ASKED: dict[str, Any] = {**EVENT, "item": {**EVENT["item"], "message": {**EVENT["item"]["message"], "message": "/ask"}}}
ENTERED = {
    "event": "room_enter",
    "webhook_id": 1,
    "item": {"room": EVENT["item"]["room"], "sender": EVENT["item"]["message"]["from"]},
}
ROUTES = [
    Route("GET", GLANCE, HOST),
    Route("OPTIONS", GLANCE, always=204),
    Route("GET", PANEL, HOST | PAGE),
    Route("GET", "/hipchat/dialog/ask", HOST | {"page of another module": 200}),
    Route("GET", "/hipchat/page/sheet", HOST),
    Route("POST", "/hipchat/form/vote", PAGE, form={"who": "Eve", "points": "5"}),
    Route(
        "GET",
        SETTINGS,
        HOST | SETTINGS_PAGE | {"host for a guest": 403, "host for nobody": 403},
    ),
    Route("POST", SETTINGS, SETTINGS_PAGE, form=GREETING),
    Route("POST", "/showcase/report", PROGRAMS, body=REPORT, ok=201),
    Route("POST", "/showcase/reports", FOR_WEB, body=REPORT, ok=201),
    Route("GET", "/showcase/reports/web", FOR_WEB | {"api that gives": 200}, template="/showcase/reports/{name}"),
    Route("GET", "/showcase/reports/web.app", PROGRAMS, template="/showcase/reports/{name}"),
    Route("GET", "/showcase/reports/web%2Fread", always=404, template="/showcase/reports/{name}"),
    Route("POST", "/api/tokens", FOR_TOKENS, body={"name": "CI", "accesses": ["reports.web.read"]}, ok=201),
    Route("GET", "/api/tokens", FOR_TOKENS),
    Route("HEAD", "/api/tokens/current", ANY_PROGRAM, ok=204),
    Route("POST", "/api/tokens/check", ANY_PROGRAM, body={"accesses": ["reports.web.read"]}),
    Route("GET", f"/api/tokens/{NO_ID}", FOR_TOKENS, ok=404, template="/api/tokens/{id}"),
    Route("DELETE", f"/api/tokens/{NO_ID}", FOR_TOKENS, ok=204, template="/api/tokens/{id}"),
    Route("GET", "/api/backends", always=200),
    Route("DELETE", "/api/tokens?created_by=nobody", FOR_TOKENS, ok=204, template="/api/tokens"),
    Route("POST", "/hipchat/api-token", SETTINGS_PAGE, ok=201),
    Route("POST", "/hipchat/api-token/revoke-of", SETTINGS_PAGE, form={"person": "nobody"}),
    Route("POST", "/hipchat/api-token/revoke-one", SETTINGS_PAGE, form={"id": NO_ID}),
    Route("POST", "/hipchat/api-token/revoke", SETTINGS_PAGE),
    Route("POST", RENEW, ANY_PAGE | {"page of a guest's settings": 403}),
    Route("POST", "/hipchat/webhook/said", EVENTS, body=EVENT, ok=204),
    Route("POST", "/hipchat/webhook/asked", EVENTS, body=ASKED),
    Route("POST", "/hipchat/webhook/room_enter", EVENTS, body=ENTERED, ok=204),
    Route("GET", "/showcase/tenant", ANY_PAGE),
    Route("GET", "/showcase/any-page", ANY_PAGE),
    Route("GET", "/showcase/list", PAGE),
    Route("POST", "/showcase/admin", ADMINISTRATORS, ok=204),
    Route("GET", "/showcase/signed", HOST | ANY_PAGE),
    Route("POST", "/showcase/broken", HOST | ANY_PAGE, ok=500),
    # They prove themselves by asking the host, and these name one that does not know them.
    Route("POST", "/hipchat/installed", always=400, body=INSTALL),
    Route("POST", "/hipchat/updated", always=204, body=INSTALL),
    Route("DELETE", "/hipchat/installed/nobody", always=204, template="/hipchat/installed/{client_key}"),
    Route("GET", "/hipchat/capabilities.json", always=200),
    Route("GET", "/health/live", always=200),
    Route("GET", "/health/ready", always=200),
    Route("GET", "/", always=200),
    Route("GET", "/openapi.json", always=200),
    Route("GET", "/docs", always=200),
    Route("GET", "/static/swagger/swagger-ui.css", always=200, template="/static/swagger"),
    Route("GET", "/static/connect/bridge.js", always=200, template="/static/connect"),
    Route("GET", "/static/builds.svg", always=200, template="/static"),
]


def row(method: str, path: str) -> Route:
    """Return a row of the table."""
    return next(one for one in ROUTES if (one.method, one.path) == (method, path))


def declared(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Give every route that is served, whether it is documented or not."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from declared(inner.routes)
        else:
            path = getattr(route, "path", "")
            yield from ((method, path) for method in _answered(route))


def _answered(route: BaseRoute) -> set[str]:
    methods = set(getattr(route, "methods", None) or {"GET"})
    return methods - {"HEAD"} if "GET" in methods else methods


@pytest.fixture
async def holder(showcase: RunningAddon) -> Holder:
    return await collect(showcase)


async def send(addon: RunningAddon, route: Route, headers: dict[str, str]) -> httpx.Response:
    return await addon.http.request(route.method, route.path, data=route.form, json=route.body, headers=headers)


class TestWhoMustNotGetIn:
    async def test_each_route_takes_the_tokens_in_the_table_and_no_other(
        self, showcase: RunningAddon, holder: Holder
    ) -> None:
        wrong = {}
        for route in ROUTES:
            for kind, headers in holder.headers.items():
                answer = await send(showcase, route, headers)
                if answer.status_code != route.expected(kind):
                    wrong[route.name, kind] = f"{answer.status_code}, not {route.expected(kind)}"
        assert wrong == {}

    def test_each_route_has_a_row(self, showcase: RunningAddon) -> None:
        served = list(declared(showcase.app.routes))
        assert sorted(set(served)) == sorted({one.name for one in ROUTES})
        documented = {
            (method.upper(), path) for path, them in showcase.app.openapi()["paths"].items() for method in them
        }
        assert documented <= set(served)

    async def test_each_token_acts_for_its_own_tenant(self, showcase: RunningAddon, holder: Holder) -> None:
        for path in ("/showcase/tenant", "/showcase/any-page", "/showcase/list", "/showcase/signed"):
            for kind in row("GET", path).takes:
                answer = await send(showcase, row("GET", path), holder.headers[kind])
                assert json.loads(answer.content) == holder.client_key(kind), (path, kind)

    async def test_a_refused_token_changes_nothing(self, showcase: RunningAddon, holder: Holder) -> None:
        for route in ROUTES:
            for kind, headers in holder.headers.items():
                if route.expected(kind) in {400, 401, 403}:
                    await send(showcase, route, headers)
        await showcase.settle()
        entry = await showcase.parts.directory.find("hipchat", holder.own)
        assert entry is not None
        async with showcase.parts.contexts.open(entry.tenant, Caller()) as ctx:
            assert await ctx.store.all() == {}
            assert await ctx.store.narrow("settings").all() == {}
        assert await showcase.parts.serving.api_tokens.count(entry.tenant) == 3


class TestTwoTokens:
    async def test_two_different_ones_are_refused(self, showcase: RunningAddon, holder: Holder) -> None:
        of_host = holder.headers["host"]["Authorization"].removeprefix("JWT ")
        for path in (PANEL, "/showcase/signed"):
            for kind in ("page", "page of another tenant"):
                alone = await showcase.http.get(path, headers=holder.headers[kind])
                both = await showcase.http.get(path, params={"signed_request": of_host}, headers=holder.headers[kind])
                assert (alone.status_code, both.status_code) == (200, 401), (path, kind)

    async def test_a_page_token_is_not_taken_from_the_query(self, showcase: RunningAddon, holder: Holder) -> None:
        token = holder.headers["page"]["Authorization"].removeprefix("JWT ")
        for path in (PANEL, "/showcase/signed", "/showcase/list"):
            for name in ("signed_request", "jwt"):
                assert (await showcase.http.get(path, params={name: token})).status_code == 401, (path, name)
        assert (await ask(showcase, token, PANEL)).status_code == 200
