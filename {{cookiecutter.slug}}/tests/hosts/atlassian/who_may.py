"""An add-on on chat and both products that has a route of every kind, and a token of every kind for each of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from app.conformance import STRANGER, Guest, Sent
from app.connect import AddonRouter, ApiCtx, ConfigForm, Ctx, Page
from app.connect.access.wishes import Wish
from app.connect.api_tokens.principal import Principal
from app.connect.declare.router import Router
from app.connect.hosts.atlassian import (
    ConfluenceCallback,
    ConfluenceCtx,
    ConfluenceRouter,
    IssueUpdated,
    JiraCallback,
    JiraCtx,
    JiraRouter,
    PageUpdated,
    Storage,
    declare_moves,
)
from app.connect.hosts.protocol import ProofKind
from app.connect.pages.page_tokens import Visit
from app.connect.tenancy.tenant import Caller, Tenant
from tests.hosts.atlassian.product import ADMIN, OTHER, Site
from tests.hosts.atlassian.served import Served
from tests.hosts.atlassian.test_data_residency import Moves
from tests.hosts.atlassian_case import ConfluenceCase, JiraCase, SiteCase
from tests.hosts.hipchat_case import HipChatCase

SHOWN: dict[str, Any] = {
    "scopes": ["READ"],
    "webPanels": {"report": {"name": "Report", "location": "x"}},
    "adminPages": {"admin": {"name": "Admin"}},
}
DOCUMENT: dict[str, Any] = {
    "hipchat": HipChatCase.section,
    "jira": {**SHOWN, "jiraWorkflowPostFunctions": {"close": {"name": "Close", "create": True}}},
    "confluence": {**SHOWN, "staticContentMacros": {"note": {"name": "Note"}}},
}
Make = Callable[[Sent], str]
"""Makes the token of one kind for one request, as who holds such a token could."""


def routers() -> list[Router[Any]]:
    """Declare the add-on."""
    return [_portable(), _of_jira(), _of_confluence()]


def _portable() -> AddonRouter:
    router = AddonRouter()

    @router.panel("report")
    async def report(ctx: Ctx) -> Page:
        return Page(ctx.tenant.client_key)

    @router.page("admin", require_admin=True)
    async def admin(ctx: Ctx) -> Page:
        return Page(ctx.tenant.client_key)

    @router.settings
    class Choices(ConfigForm):
        word: str = ""

    @router.route("/t/any-page", methods=["GET"])
    async def any_page(ctx: Ctx) -> str:
        return ctx.tenant.client_key

    @router.route("/t/report", methods=["GET"], page="report")
    async def of_report(ctx: Ctx) -> str:
        return ctx.tenant.client_key

    @router.route("/t/api", methods=["POST"])
    async def by_program(ctx: ApiCtx) -> str:
        return ctx.tenant.client_key

    return router


def _of_jira() -> JiraRouter:
    jira = JiraRouter()

    @jira.create("close")
    async def set_up(ctx: JiraCtx) -> Page:
        return Page(ctx.tenant.client_key)

    @jira.on_call("close")
    async def close(ctx: JiraCtx, call: dict[str, Any]) -> None:
        pass

    @jira.on(IssueUpdated, key="heard")
    async def heard(ctx: JiraCtx, event: IssueUpdated) -> None:
        pass

    @jira.route("/t/jira/signed", methods=["GET"])
    async def signed(ctx: JiraCtx) -> str:
        return ctx.tenant.client_key

    @jira.route("/t/jira/callback", methods=["POST"])
    async def called(ctx: JiraCallback) -> str:
        return ctx.tenant.client_key

    declare_moves(jira, Moves())

    @jira.job("copied")
    async def copied(ctx: JiraCtx, migration_id: str) -> None:
        pass

    return jira


def _of_confluence() -> ConfluenceRouter:
    confluence = ConfluenceRouter()

    @confluence.storage("note")
    async def note(ctx: ConfluenceCtx) -> Storage:
        return Storage(ctx.tenant.client_key)

    @confluence.on(PageUpdated, key="heard")
    async def heard(ctx: ConfluenceCtx, event: PageUpdated) -> None:
        pass

    @confluence.route("/t/confluence/signed", methods=["GET"])
    async def signed(ctx: ConfluenceCtx) -> str:
        return ctx.tenant.client_key

    @confluence.route("/t/confluence/callback", methods=["POST"])
    async def called(ctx: ConfluenceCallback) -> str:
        return ctx.tenant.client_key

    return confluence


@dataclass
class World:
    """The add-on, two tenants of the product that is looked at, and one of each other host."""

    served: Served
    case: SiteCase
    own: Guest
    another: Guest
    of_other_product: Guest
    twin: Guest
    """Of the other product, with our client key and a secret of its own."""
    of_chat: Guest
    gone: Guest

    @classmethod
    async def make(cls, served: Served, name: str) -> "World":
        """Install the add-on for everybody."""
        cases = {case.name: case for case in served.cases}
        case, other = cases[name], cases["confluence" if name == "jira" else "jira"]
        assert isinstance(case, SiteCase)
        assert isinstance(other, SiteCase)
        own, another, gone = [await served.installed(case) for _ in range(3)]
        site = replace(Site.new(other.product.path), client_key=own.client_key)
        other.product.sites[own.client_key] = site
        other.network.add(site.origin, other.product.site_app)
        twin = Guest(own.client_key, site.secret)
        assert (await served.send(other.install(twin))).status == 204
        assert (await served.send(case.uninstall(gone))).status == 204
        of_other, of_chat = await served.installed(other), await served.installed(cases["hipchat"])
        await served.application.worker.drain()
        return cls(served, case, own, another, of_other, twin, of_chat, gone)

    @property
    def other(self) -> SiteCase:
        """Return the other product."""
        [found] = [one for one in self.served.cases if isinstance(one, SiteCase) and one is not self.case]
        return found

    @property
    def chat(self) -> HipChatCase:
        """Return the chat."""
        [found] = [one for one in self.served.cases if isinstance(one, HipChatCase)]
        return found

    async def tenant(self, host: str, guest: Guest) -> Tenant:
        known = await self.served.application.lifecycle.known(host, guest.client_key)
        assert known is not None
        return known.tenant

    async def page(self, host: str, guest: Guest, kind: str, key: str | None, user: str) -> str:
        """Return the token of a page that somebody has open."""
        tenant = await self.tenant(host, guest)
        return self.served.application.page_tokens.issue(tenant, Caller(user), Visit.begin(kind, key))

    async def api(self, host: str, guest: Guest) -> str:
        """Return one of a tenant's API tokens."""
        return await self.served.application.api_tokens.create(await self.tenant(host, guest), Caller(ADMIN))

    async def limited(self, *accesses: str) -> str:
        """Return an API token that may do these things alone."""
        giver = Principal(await self.tenant(self.case.name, self.own), Caller(ADMIN))
        return (await self.served.application.api_tokens.issue(giver, Wish(accesses=accesses))).secret

    async def tokens(self) -> dict[str, Make]:
        """Return a maker of each kind of token."""
        case, own, name, other = self.case, self.own, self.case.name, self.other
        past = int(time.time()) - 3600
        made: dict[str, Make] = {
            "entry": self._entry(own),
            "entry of an administrator": self._entry(own, user=ADMIN),
            "entry for nobody": self._entry(own, sub=None),
            "entry of another tenant": self._entry(self.another),
            "entry under another tenant's secret": self._entry(Guest(own.client_key, self.another.secret)),
            "entry, expired": self._entry(own, iat=past, exp=past + 180),
            "entry of a tenant that is gone": self._entry(self.gone),
            "entry for another parameter": lambda sent: self._entry(own)(sent.with_query("more=1")),
            "entry for another method": lambda sent: self._entry(own)(replace(sent, method="PATCH")),
            "entry for a module": lambda _: self._entry(own)(Sent("GET", f"/{name}/nothing/else")),
            "of the lifecycle, for another route": lambda _: self._entry(own)(Sent("POST", f"/{name}/anything")),
            "install": lambda sent: case.signed_by(own.secret, own, sent),
            "install of another tenant": lambda sent: case.signed_by(self.another.secret, self.another, sent),
            "install by a stranger": lambda sent: case.signed_by(STRANGER, own, sent),
            "context": lambda sent: case.sign(own, sent, ProofKind.CONTEXT),
            "context of another tenant": lambda sent: case.sign(self.another, sent, ProofKind.CONTEXT),
            "context, expired": lambda sent: case.sign(own, sent, ProofKind.CONTEXT, iat=past, exp=past + 180),
            "entry of the other product": lambda sent: other.sign(self.of_other_product, sent, ProofKind.ENTRY),
            "entry of the other product, same key": lambda sent: other.sign(self.twin, sent, ProofKind.ENTRY),
            "context of the other product": lambda sent: other.sign(self.of_other_product, sent, ProofKind.CONTEXT),
            "of the chat": lambda sent: self.chat.sign(self.of_chat, sent, ProofKind.ENTRY),
        }
        pages = {
            "page": await self.page(name, own, "panel", "report", OTHER),
            "page of another tenant": await self.page(name, self.another, "panel", "report", OTHER),
            "page for administrators": await self.page(name, own, "page", "admin", ADMIN),
            "page for administrators of somebody else": await self.page(name, own, "page", "admin", OTHER),
            "page of settings": await self.page(name, own, "settings", None, ADMIN),
            "page of settings of somebody else": await self.page(name, own, "settings", None, OTHER),
            "page of the other product": await self.page(other.name, self.of_other_product, "panel", "report", OTHER),
            "page of the other product, same key": await self.page(other.name, self.twin, "panel", "report", OTHER),
            "api token as a JWT": await self.api(name, own),
        }
        return made | {kind: (lambda _, token=token: token) for kind, token in pages.items()}

    async def bearers(self) -> dict[str, str]:
        """Return what is sent as `Authorization: Bearer`."""
        return {
            "api": await self.api(self.case.name, self.own),
            "api with a list": await self.limited("#"),
            "api of the other product": await self.api(self.other.name, self.of_other_product),
            "page as a bearer": await self.page(self.case.name, self.own, "settings", None, ADMIN),
        }

    def _entry(self, guest: Guest, **claims: Any) -> Make:
        return lambda sent: self.case.sign(guest, sent, ProofKind.ENTRY, **claims)


def make_cases() -> tuple[HipChatCase, JiraCase, ConfluenceCase]:
    """Return the hosts."""
    return HipChatCase(), JiraCase(), ConfluenceCase()
