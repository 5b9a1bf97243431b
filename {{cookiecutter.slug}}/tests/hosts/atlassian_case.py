"""Jira and Confluence, played for the conformance suite."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from pydantic_settings import BaseSettings

from app.conformance import (
    STRANGER,
    Binds,
    Guest,
    Hear,
    HostCase,
    Pauses,
    ProvesUninstalls,
    Sent,
    SignsLifecycle,
    TellsAdministrators,
)
from app.conformance.stage import ABOUT, BASE_URL
from app.connect.declare.router import Router
from app.connect.hosts.atlassian import (
    ConfluenceCtx,
    ConfluenceRouter,
    IssueUpdated,
    JiraCtx,
    JiraRouter,
    PageUpdated,
)
from app.connect.hosts.atlassian.settings import AtlassianSettings
from app.connect.hosts.protocol import ProofKind
from devhost.testing import Routes
from tests.hosts.atlassian.product import (
    ADMIN,
    AUTHORIZATION,
    KEY_SERVER,
    LITERAL,
    OTHER,
    Product,
    Site,
    hs256,
    rs256,
    rsa_key,
)

SIGNED_BY_SITE = ("/enabled", "/disabled")


class SiteCase(HostCase, SignsLifecycle, Pauses, Binds, ProvesUninstalls, TellsAdministrators):
    """A product whose tokens are bound to one request, but for those that scripts get, and those of installs."""

    events_name_their_installation = False
    told_apart = (ProofKind.LIFECYCLE, ProofKind.CONTEXT, ProofKind.ENTRY)

    def __init__(self) -> None:
        self.product = Product(self.name, ABOUT["key"])
        self.network = Routes()
        self.network.add(KEY_SERVER, self.product.key_server)
        self.network.add(AUTHORIZATION, self.product.authorization)
        self._installs: dict[str, Sent] = {}

    @property
    def transport(self) -> Routes:
        return self.network

    def settings(self) -> BaseSettings:
        return AtlassianSettings(_env_file=None)

    async def guest(self) -> Guest:
        site = self.product.new_site()
        self.network.add(site.origin, self.product.site_app)
        return Guest(site.client_key, site.secret)

    def install(self, guest: Guest) -> Sent:
        return self._installs.setdefault(guest.client_key, self.lifecycle(guest, "installed"))

    def renew(self, guest: Guest) -> Sent:
        return self.lifecycle(guest, "installed")

    def unsigned_renewal(self, guest: Guest) -> Sent:
        return self.posted("installed", self.site(guest))

    def takeovers(self, guest: Guest) -> Sequence[Sent]:
        site = self.site(guest)
        taken = self.posted("installed", site, sharedSecret=STRANGER)
        elsewhere = self.posted("installed", site, sharedSecret=STRANGER, baseUrl="https://evil.example")
        other = self.product.new_site()
        replayed = dict(self._installs[guest.client_key].headers)[b"authorization"].decode()
        return (
            taken,
            elsewhere,
            self.carry(taken, self.signed_by(STRANGER, guest, taken)),
            self.carry(taken, hs256(self.product.claims(site, "POST", taken.target), guest.secret)),
            self.carry(taken, hs256(self.product.claims(site, "POST", taken.target), STRANGER)),
            self.carry(taken, self.signed_by("", Guest(other.client_key, other.secret), taken)),
            self.carry(elsewhere, self.signed_by("", guest, elsewhere)),
            taken.with_header("authorization", replayed),
        )

    def endpoint(self, guest: Guest, sent: Sent) -> Sent:
        return self.carry(sent, self.sign(guest, sent, ProofKind.LIFECYCLE))

    def sign(self, guest: Guest, sent: Sent, kind: ProofKind, *, user: str | None = None, **claims: Any) -> str:
        said = {"sub": user or OTHER} | claims
        if kind is ProofKind.LIFECYCLE and not sent.target.endswith(SIGNED_BY_SITE):
            return self.signed_by(guest.secret, guest, sent, **said)
        if kind is ProofKind.CONTEXT:
            said = {"qsh": LITERAL} | said
        return hs256(self.product.claims(self.site(guest), sent.method, sent.target, **said), guest.secret)

    def signed_by(self, secret: str, guest: Guest, sent: Sent, **claims: Any) -> str:
        """Sign as Atlassian does, or as a stranger who names Atlassian's key."""
        key = rsa_key("stranger" if secret == STRANGER else "atlassian")
        said = self.product.claims(self.site(guest), sent.method, sent.target, **({"aud": [BASE_URL]} | claims))
        return rs256(said, key, kid="key-1")

    def carry(self, sent: Sent, token: str) -> Sent:
        return self._in_header(sent, token) if sent.method == "POST" else sent.with_query(f"jwt={token}")

    def carry_elsewhere(self, sent: Sent, token: str) -> Sent:
        return sent.with_query(f"jwt={token}") if sent.method == "POST" else self._in_header(sent, token)

    def frame_origins(self, guest: Guest) -> Collection[str]:
        return {self.site(guest).origin}

    def suspend(self, guest: Guest) -> Sent:
        return self.lifecycle(guest, "disabled")

    def resume(self, guest: Guest) -> Sent:
        return self.lifecycle(guest, "enabled")

    def forged_pauses(self, guest: Guest) -> Sequence[Sent]:
        site = self.site(guest)
        sent = self.posted("disabled", site)
        said = self.product.claims(site, "POST", sent.target)
        return (
            sent,
            self.carry(sent, hs256(said, STRANGER)),
            self.carry(sent, rs256(said | {"aud": BASE_URL}, rsa_key("atlassian"), kid="key-1")),
            self.carry(sent, hs256(said | {"qsh": LITERAL}, guest.secret)),
            self.carry_elsewhere(sent, hs256(said, guest.secret)),
            self.carry(self.posted("disabled", site), hs256(said | {"iss": "nobody"}, guest.secret)),
        )

    def uninstall(self, guest: Guest) -> Sent:
        return self.lifecycle(guest, "uninstalled")

    def people(self) -> tuple[str, str]:
        return ADMIN, OTHER

    def asked(self) -> int:
        return len(self.product.calls)

    def site(self, guest: Guest) -> Site:
        """Return the site of a guest; one that nobody has for a stranger."""
        known = self.product.sites.get(guest.client_key)
        return known or Site(
            guest.client_key, guest.secret, "https://nobody.atlassian.net", "https://nobody.atlassian.net"
        )

    def posted(self, event: str, site: Site, **changes: Any) -> Sent:
        """Return a callback without its token."""
        return Sent.post(f"/{self.name}/{event}", self.product.body(site, event, **changes))

    def lifecycle(self, guest: Guest, event: str, **claims: Any) -> Sent:
        """Return a callback with its token."""
        sent = self.posted(event, self.site(guest))
        # Two tokens of one second that say the same are one and the same.
        return self.carry(sent, self.sign(guest, sent, ProofKind.LIFECYCLE, user=uuid.uuid4().hex, **claims))

    @staticmethod
    def _in_header(sent: Sent, token: str) -> Sent:
        return sent.with_header("authorization", f"JWT {token}")


class JiraCase(SiteCase):
    """Jira: events have an identifier of their own."""

    name = "jira"
    section: ClassVar[Mapping[str, Any]] = {
        "scopes": ["READ"],
        "webPanels": {"report": {"name": "Report", "location": "atl.jira.view.issue.right.context"}},
    }
    wrong = (
        ({**section, "scopes": ["EVERYTHING"]}, "jira.scopes"),
        ({**section, "webPannels": {"more": {"name": "More"}}}, "jira.webPannels"),
        ({**section, "webItems": {"more": {"name": "More", "location": "x", "opens": "nowhere"}}}, "jira.webItems"),
    )

    def routers(self, hear: Hear) -> Sequence[Router[Any]]:
        jira = JiraRouter()

        @jira.on(IssueUpdated, key="heard")
        async def heard(ctx: JiraCtx, event: IssueUpdated) -> None:
            await hear(ctx, event.issue.summary)

        return (jira,)

    def event(self, guest: Guest, number: int) -> Sent:
        body = {
            "timestamp": 1_700_000_000_000,
            "webhookEvent": "jira:issue_updated",
            "issue_event_type_name": "issue_generic",
            "user": {"accountId": OTHER, "displayName": "Somebody", "active": True, "timeZone": "Europe/Berlin"},
            "issue": {"id": 10_000, "key": "TP-1", "fields": {"summary": f"event {number}"}},
            "changelog": {"id": "1", "items": [{"field": "summary", "fromString": "a", "toString": "b"}]},
        }
        return Sent.post("/jira/webhook/heard", body).with_header("x-atlassian-webhook-identifier", f"{number}")


class ConfluenceCase(SiteCase):
    """Confluence: below `/wiki`, and events are told apart by what they say."""

    name = "confluence"
    section: ClassVar[Mapping[str, Any]] = {
        "scopes": ["READ"],
        "webPanels": {"report": {"name": "Report", "location": "atl.general"}},
    }
    wrong = (
        ({**section, "scopes": ["PROJECT_ADMIN"]}, "confluence.scopes"),
        ({**section, "jiraProjectPages": {"more": {"name": "More"}}}, "confluence.jiraProjectPages"),
    )

    def routers(self, hear: Hear) -> Sequence[Router[Any]]:
        confluence = ConfluenceRouter()

        @confluence.on(PageUpdated, key="heard")
        async def heard(ctx: ConfluenceCtx, event: PageUpdated) -> None:
            await hear(ctx, event.page.title)

        return (confluence,)

    def event(self, guest: Guest, number: int) -> Sent:
        body = {
            "timestamp": 1_700_000_000_000 + number,
            "userAccountId": OTHER,
            "page": {"id": 7, "title": f"event {number}", "spaceKey": "DOC", "version": 2},
        }
        return Sent.post("/confluence/webhook/heard", body)
