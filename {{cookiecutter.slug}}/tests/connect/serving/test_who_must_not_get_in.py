"""Who must not get in: every kind of route against every kind of token.

The table says which tokens a route takes and what it answers them; every other token must get the 401.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
import pytest

from app.connect.keys.jwt import prepare_key, sign
from app.connect.pages.page_tokens import Visit
from app.connect.tenancy.tenant import Caller
from devhost.wire import signing
from tests.connect.asking import (
    GLANCE,
    PANEL,
    RENEW,
    SETTINGS,
    ask,
    claims_of,
    header,
    host_token,
    install_again,
    page_token,
    signed,
)
from tests.connect.http.good import EVENT, REPORT
from tests.support.running import RunningAddon

Statuses = dict[str, int]

HOST: Statuses = dict.fromkeys(("host", "host of another tenant", "host for a guest"), 200)
PAGE: Statuses = dict.fromkeys(("page", "page of another tenant", "page of a guest"), 200)
"""Page tokens of the panel `list`."""
ANY_PAGE: Statuses = PAGE | dict.fromkeys(
    ("page of another module", "page of settings", "page of a guest's settings"), 200
)
SETTINGS_PAGE: Statuses = {"page of settings": 200, "page of a guest's settings": 403}
ADMINISTRATORS: Statuses = ANY_PAGE | {"page of a guest": 403, "page of a guest's settings": 403}


@dataclass(frozen=True)
class Route:
    """One route, what is sent to it, and whom it answers what."""

    method: str
    path: str
    takes: Statuses
    form: Mapping[str, str] | None = None
    body: Mapping[str, object] | None = None
    ok: int = 200
    """What its 200 in the tables above is."""

    def expected(self, kind: str) -> int:
        """Return the status for one kind of token."""
        found = self.takes.get(kind, 401)
        return self.ok if found == 200 else found


GREETING = {"greeting": "Servus", "limit": "42", "share": "0.25", "colour": "green"}
ROUTES: dict[str, Route] = {
    "glance": Route("GET", GLANCE, HOST),
    "module": Route("GET", PANEL, HOST | PAGE),
    "form": Route("POST", "/hipchat/form/vote", PAGE, form={"who": "Eve", "points": "5"}),
    "settings page": Route("GET", SETTINGS, HOST | SETTINGS_PAGE | {"host for a guest": 403}),
    "settings": Route("POST", SETTINGS, SETTINGS_PAGE, form=GREETING),
    "api call": Route("POST", "/showcase/report", {"api": 200}, body=REPORT, ok=201),
    "new api token": Route("POST", "/hipchat/api-token", SETTINGS_PAGE, ok=201),
    "revocation": Route("POST", "/hipchat/api-token/revoke", SETTINGS_PAGE),
    "renewal": Route("POST", RENEW, ANY_PAGE),
    # The event is of the admin, so a token that names the guest does not fit it.
    "webhook": Route("POST", "/hipchat/webhook/said", HOST | {"host for a guest": 400}, body=EVENT, ok=204),
    "tenant of a page": Route("GET", "/showcase/tenant", ANY_PAGE),
    "context of a page": Route("GET", "/showcase/any-page", ANY_PAGE),
    "context of one page": Route("GET", "/showcase/list", PAGE),
    "context of an administrator": Route("POST", "/showcase/admin", ADMINISTRATORS, ok=204),
    "context of the host": Route("GET", "/showcase/signed", HOST | ANY_PAGE),
}


@dataclass(frozen=True)
class Holder:
    """What everybody holds, by kind, as a header; and whose it is."""

    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    own: str = ""
    another: str = ""

    def client_key(self, kind: str) -> str:
        """Return the tenant that a kind of token is of."""
        return self.another if "another tenant" in kind else self.own


@pytest.fixture
async def holder(showcase: RunningAddon) -> Holder:
    """Collect a token of every kind; the tenant was installed anew after those of an earlier generation."""
    own, another = await showcase.install(), await showcase.install(room_id=None)
    earlier = {
        "page of before": await page_token(showcase, own),
        "settings of before": await page_token(showcase, own, ""),
    }
    api_of_before = await showcase.api_token(own)
    await install_again(showcase, own)
    page = await page_token(showcase, own)
    api = await showcase.api_token(own)
    ours, past = prepare_key(showcase.parts.vault.page_keys[0]), int(time.time()) - 3600
    guest = Caller(str(showcase.devhost.guest.id), "UTC", "1")
    tokens = {
        "host": host_token(showcase, own),
        "host of another tenant": host_token(showcase, another),
        "host for a guest": host_token(showcase, own, user="guest"),
        "host with the secret of another tenant": signed(own, secret=another.secret),
        "host, expired": signed(own, iat=past, exp=past + 60),
        "page": page,
        "page of another tenant": await page_token(showcase, another),
        "page of another module": await page_token(showcase, own, "ask"),
        "page of settings": await page_token(showcase, own, ""),
        "page of a guest": await page_token(showcase, own, user="Guest"),
        "page of a guest's settings": showcase.parts.page_tokens.issue(
            await showcase.tenant(own), guest, Visit.begin("settings", None)
        ),
        "page, expired": sign(claims_of(page) | {"iat": past, "exp": past + 60}, ours),
        "page under the secret of the host": signing.sign(claims_of(page), own.secret),
        "api token as a JWT": api,
        **earlier,
    }
    headers = {kind: header(token) for kind, token in tokens.items()}
    headers["api"] = {"Authorization": f"Bearer {api}"}
    headers["api of before"] = {"Authorization": f"Bearer {api_of_before}"}
    headers["page as a bearer"] = {"Authorization": f"Bearer {page}"}
    headers["nothing"] = {}
    return Holder(headers, own.client_id, another.client_id)


async def send(addon: RunningAddon, route: Route, headers: dict[str, str]) -> httpx.Response:
    return await addon.http.request(route.method, route.path, data=route.form, json=route.body, headers=headers)


class TestWhoMustNotGetIn:
    async def test_each_route_takes_the_tokens_in_the_table_and_no_other(
        self, showcase: RunningAddon, holder: Holder
    ) -> None:
        wrong = {}
        for name, route in ROUTES.items():
            for kind, headers in holder.headers.items():
                answer = await send(showcase, route, headers)
                if answer.status_code != route.expected(kind):
                    wrong[name, kind] = f"{answer.status_code}, not {route.expected(kind)}"
        assert wrong == {}

    async def test_each_token_acts_for_its_own_tenant(self, showcase: RunningAddon, holder: Holder) -> None:
        for name in ("tenant of a page", "context of a page", "context of one page", "context of the host"):
            for kind in ROUTES[name].takes:
                answer = await send(showcase, ROUTES[name], holder.headers[kind])
                assert json.loads(answer.content) == holder.client_key(kind), (name, kind)

    async def test_a_refused_token_changes_nothing(self, showcase: RunningAddon, holder: Holder) -> None:
        for name in ("form", "settings", "context of an administrator", "revocation"):
            for kind, headers in holder.headers.items():
                if ROUTES[name].expected(kind) in {401, 403}:
                    await send(showcase, ROUTES[name], headers)
        entry = await showcase.parts.directory.find("hipchat", holder.own)
        assert entry is not None
        async with showcase.parts.contexts.open(entry.tenant, Caller()) as ctx:
            assert await ctx.store.all() == {}
            assert await ctx.store.narrow("settings").all() == {}
        assert await showcase.parts.serving.api_tokens.count(entry.tenant) == 1


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
