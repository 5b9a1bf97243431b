"""Who must not get in: every route of both products against every kind of token, in the header and in the query.

The table says which tokens a route takes and what it answers them; every other token must get the 401. A route without
a row fails.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from app.conformance import Sent
from app.conformance.sending import Received
from app.connect.tenancy.tenant import NOBODY
from tests.connect.serving.test_who_must_not_get_in import declared
from tests.hosts.atlassian.served import Serve
from tests.hosts.atlassian.test_data_residency import PLAN
from tests.hosts.atlassian.who_may import DOCUMENT, Make, World, make_cases, routers

Statuses = Mapping[str, int]
PRODUCTS = ("jira", "confluence")

ENTRY: Statuses = dict.fromkeys(
    ("entry", "entry of an administrator", "entry for nobody", "entry of another tenant"), 200
)
ADMINISTRATORS: Statuses = {**dict.fromkeys(ENTRY, 403), "entry of an administrator": 200}
CONTEXT: Statuses = {"context": 200, "context of another tenant": 200}
PAGE: Statuses = {"page": 200, "page of another tenant": 200}
ADMIN_PAGE: Statuses = {"page for administrators": 200, "page for administrators of somebody else": 403}
SETTINGS: Statuses = {"page of settings": 200, "page of settings of somebody else": 403}
ANY_PAGE: Statuses = {**PAGE, **dict.fromkeys([*ADMIN_PAGE, *SETTINGS], 200)}
OTHER_PAGES: Statuses = {"page of the other product": 200, "page of the other product, same key": 200}
PROGRAMS: Statuses = {"api": 200, "api with a list": 403, "api of the other product": 200}
OF_SITE: Statuses = {
    # Their body names its installation, which that of another tenant does not fit.
    **dict.fromkeys(("entry", "entry of an administrator", "entry for nobody"), 200),
}
INSTALL: Statuses = {"install": 200}


@dataclass(frozen=True)
class Route:
    """One route, what is sent to it, and whom it answers what; 200 in the tables is its `ok`."""

    sent: Sent
    takes: Statuses = field(default_factory=dict)
    ok: int = 200
    in_query: bool = False
    """Whether a token of the host may stand in the query: it is bound to this very address."""
    template: str = ""

    def expected(self, kind: str, place: str) -> int:
        """Return the status for one kind of token in one place."""
        if place == "query" and not (self.in_query and kind.startswith("entry")):
            return 401
        found = self.takes.get(kind, 401)
        return self.ok if found == 200 else found

    @property
    def name(self) -> tuple[str, str]:
        """Return what the application knows it by."""
        return self.sent.method, self.template or self.sent.target.partition("?")[0]


def form(target: str) -> Sent:
    return Sent("POST", target, ((b"content-type", b"application/x-www-form-urlencoded"),), b"word=x")


def one_of(target: str, body: bytes = b"id=" + b"0" * 32) -> Sent:
    return Sent("POST", target, ((b"content-type", b"application/x-www-form-urlencoded"),), body)


def entered(target: str, takes: Statuses, ok: int = 200) -> Route:
    return Route(Sent("GET", target), takes, ok, in_query=True)


def routes(world: World) -> list[Route]:
    """Return the rows of one product; the lifecycle is last, because it ends what the others need."""
    case, name, site = world.case, world.case.name, world.case.site(world.own)
    own: list[Route] = {
        "jira": [
            entered("/jira/create/close", ENTRY),
            Route(Sent.post("/jira/webhook/close", {"issue": {"key": "TP-1"}}), ENTRY, 204, in_query=True),
            *(
                Route(Sent.post(f"/jira/dare-migration/{step}", PLAN), ENTRY, 204)
                for step in ("schedule", "start", "commit", "rollback")
            ),
            Route(Sent("GET", "/jira/dare-migration/status?migrationId=1"), ENTRY),
        ],
        "confluence": [entered("/confluence/storage/note", ENTRY)],
    }[name]
    return [
        entered(f"/{name}/panel/report", {**ENTRY, **PAGE}),
        entered(f"/{name}/page/admin", {**ADMINISTRATORS, **ADMIN_PAGE}),
        entered(f"/{name}/settings", {**ADMINISTRATORS, **SETTINGS}),
        Route(form(f"/{name}/settings"), SETTINGS),
        Route(Sent("POST", f"/{name}/page-token"), {**ANY_PAGE, **ADMIN_PAGE, **SETTINGS}),
        Route(Sent("POST", f"/{name}/api-token"), SETTINGS, 201),
        Route(case.event(world.own, 1), ENTRY, 204, in_query=True),
        entered(f"/t/{name}/signed", {**ENTRY, **ANY_PAGE}),
        Route(Sent("POST", f"/t/{name}/callback"), {**CONTEXT, **ANY_PAGE}),
        Route(Sent("GET", "/t/any-page"), {**ANY_PAGE, **OTHER_PAGES}),
        Route(Sent("GET", "/t/report"), {**PAGE, **OTHER_PAGES}),
        Route(Sent("POST", "/t/api"), PROGRAMS),
        *own,
        Route(one_of(f"/{name}/api-token/revoke-one"), SETTINGS),
        Route(one_of(f"/{name}/api-token/revoke-of", b"person=nobody"), SETTINGS),
        Route(Sent("POST", f"/{name}/api-token/revoke"), SETTINGS),
        Route(case.posted("disabled", site), OF_SITE, 204),
        Route(case.posted("enabled", site), OF_SITE, 204),
        Route(case.posted("installed", site), INSTALL, 204),
        Route(case.posted("uninstalled", site), INSTALL, 204),
    ]


def carried(sent: Sent, place: str, token: str, scheme: str = "JWT") -> Sent:
    return (
        sent.with_query(f"jwt={token}") if place == "query" else sent.with_header("authorization", f"{scheme} {token}")
    )


@pytest.fixture(params=PRODUCTS)
async def world(request: pytest.FixtureRequest, serve: Serve) -> World:
    return await World.make(serve(DOCUMENT, routers(), *make_cases()), request.param)


async def tried(
    world: World, route: Route, made: Mapping[str, Make], bearers: Mapping[str, str]
) -> list[tuple[str, str, Received]]:
    """Send a route every kind of token, in each place; what a route takes comes last, because it may end things."""
    asked = [(kind, place) for kind in made for place in ("query", "header")]
    answers = []
    for kind, place in sorted(asked, key=lambda one: route.expected(*one) < 300):
        answers.append((kind, place, await world.served.send(carried(route.sent, place, made[kind](route.sent)))))
    for kind, token in bearers.items():
        answers.append((kind, "header", await world.served.send(carried(route.sent, "header", token, "Bearer"))))
    answers.append(("nothing", "header", await world.served.send(route.sent)))
    return answers


class TestWhoMay:
    async def test_each_route_takes_the_tokens_in_the_table_and_no_other(self, world: World) -> None:
        wrong = {}
        made, bearers = await world.tokens(), await world.bearers()
        for route in routes(world):
            for kind, place, answer in await tried(world, route, made, bearers):
                if answer.status != route.expected(kind, place):
                    wrong[route.name, kind, place] = f"{answer.status}, not {route.expected(kind, place)}"
        assert wrong == {}

    async def test_each_route_has_a_row(self, world: World) -> None:
        name = world.case.name
        served = {
            (method, path)
            for method, path in declared(world.served.application.app.routes)
            if path.startswith((f"/{name}/", f"/t/{name}/")) and method != "OPTIONS"  # it says which methods there are
        }
        assert served - {("GET", f"/{name}/atlassian-connect.json")} == {
            one.name for one in routes(world) if name in one.name[1]
        }

    async def test_each_token_acts_for_its_own_tenant(self, world: World) -> None:
        keys = {"another tenant": world.another, "other product": world.of_other_product}
        made, bearers = await world.tokens(), await world.bearers()
        answered = 0
        for route in routes(world)[:12]:
            if not route.name[1].startswith(("/t/", f"/{world.case.name}/panel")):
                continue
            for kind, _, answer in await tried(world, route, made, bearers):
                if answer.status == 200:
                    whose = next((guest for part, guest in keys.items() if part in kind), world.own)
                    whose = world.own if "same key" in kind else whose
                    assert whose.client_key in answer.body.decode(), (route.name, kind)
                    answered += 1
        assert answered > 40

    async def test_refused_token_changes_nothing(self, world: World) -> None:
        application = world.served.application
        made = await world.tokens()
        tenant = await world.tenant(world.case.name, world.own)
        count = await application.api_tokens.count(tenant)
        for route in routes(world):
            for kind, make in made.items():
                for place in ("query", "header"):
                    if route.expected(kind, place) in {401, 403}:
                        await world.served.send(carried(route.sent, place, make(route.sent)))
        await application.worker.drain()
        assert await world.tenant(world.case.name, world.own) == tenant
        assert await application.api_tokens.count(tenant) == count
        async with application.contexts.open(tenant, NOBODY) as ctx:
            assert await ctx.store.all() == {}
            assert await ctx.store.narrow("settings").all() == {}
