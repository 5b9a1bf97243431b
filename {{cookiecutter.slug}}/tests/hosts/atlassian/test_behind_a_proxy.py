"""An add-on below a path, behind a proxy that takes the path away and says other names (matrix 1 and 16)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.conformance import Guest, Sent
from app.conformance.sending import Received, send
from app.connect import AddonRouter, Ctx, Page
from app.connect.hosts.protocol import ProofKind
from app.connect.settings import Settings
from tests.hosts.atlassian.product import rs256, rsa_key
from tests.hosts.atlassian.served import Served
from tests.hosts.atlassian_case import ConfluenceCase, JiraCase, SiteCase

pytestmark = pytest.mark.one_database

BASE = "https://127.0.0.1:8443/acme"
INSIDE = "http://127.0.0.1:9"
"""Where the proxy finds the add-on: another scheme, another port, no path."""
SECTIONS: dict[str, Any] = {
    "jira": {"scopes": ["READ"], "webPanels": {"report": {"name": "Report", "location": "x"}}},
    "confluence": {"scopes": ["READ"], "webPanels": {"report": {"name": "Report", "location": "x"}}},
}


class Proxied:
    """The add-on as the proxy asks it."""

    def __init__(self, served: Served, case: SiteCase) -> None:
        self.served = served
        self.case = case
        self.site = case.product.new_site()

    async def send(self, sent: Sent) -> Received:
        forwarded = sent.with_header("x-forwarded-host", "evil.example").with_header("x-forwarded-prefix", "/other")
        return await send(self.served.application.app, forwarded, INSIDE)

    def install(self, audience: object, *, path: str = "") -> Sent:
        """Return an install whose hash is of the path below `path`."""
        sent = self.case.posted("installed", self.site)
        claims = self.case.product.claims(self.site, "POST", path + sent.target, aud=audience)
        return self.case.carry(sent, rs256(claims, rsa_key("atlassian"), kid="key-1"))


@pytest.fixture(params=[JiraCase, ConfluenceCase], ids=["jira", "confluence"])
async def proxied(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[Proxied]:
    router = AddonRouter()

    @router.panel("report")
    async def report(ctx: Ctx) -> Page:
        return Page(f"<p>{ctx.caller.user_id}</p>")

    case = request.param()
    served = Served(settings, SECTIONS, [router], case, base_url=BASE)
    await case.begin(served.application.app, BASE)
    yield Proxied(served, case)
    await served.application.close()
    await case.end()


class TestInstall:
    @pytest.mark.parametrize(
        "audience", [BASE, f"{BASE}/", [BASE], ["https://other.example", f"{BASE}/"]], ids=range(4)
    )
    async def test_for_the_address_with_its_path_is_stored(self, proxied: Proxied, audience: object) -> None:
        assert (await proxied.send(proxied.install(audience))).status == 204
        known = await proxied.served.application.lifecycle.known(proxied.case.name, proxied.site.client_key)
        assert known is not None

    @pytest.mark.parametrize(
        "audience",
        ["https://127.0.0.1:8443", f"{BASE}co", f"{BASE}/jira", INSIDE, "https://evil.example/acme"],
        ids=range(5),
    )
    async def test_for_another_is_refused(self, proxied: Proxied, audience: str) -> None:
        assert (await proxied.send(proxied.install(audience))).status == 401

    async def test_whose_hash_has_the_path_in_it_is_refused(self, proxied: Proxied) -> None:
        assert (await proxied.send(proxied.install(BASE, path="/acme"))).status == 401


class TestFrame:
    async def test_is_proven_by_the_configured_address_and_the_raw_path(self, proxied: Proxied) -> None:
        await proxied.send(proxied.install(BASE))
        case, guest = proxied.case, Guest(proxied.site.client_key, proxied.site.secret)
        shown = Sent("GET", f"/{case.name}/panel/report?issue=TP%2F7")
        with_its_path = Sent("GET", f"/acme{shown.target}")
        for signed, status in ((shown, 200), (with_its_path, 401)):
            token = case.sign(guest, signed, ProofKind.ENTRY)
            assert (await proxied.send(case.carry(shown, token))).status == status
