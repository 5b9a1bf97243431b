"""Forge, played for the conformance suite: one cloud signs for all its installations, until they end."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from pydantic_settings import BaseSettings

from app.conformance import STRANGER, Guest, Hear, HostCase, ProvesUninstalls, Sent
from app.connect.declare.router import Router
from app.connect.hosts.forge import ForgeCtx, ForgeRouter
from app.connect.hosts.forge.settings import ForgeSettings
from app.connect.hosts.protocol import ProofKind
from devhost.testing import Routes
from tests.hosts.forge.cloud import APP, ENDPOINT, JWKS, PANEL, Cloud, Site

ENDPOINTS = {
    "/forge/events": "forge-events",
    "/forge/hourly": "forge-hourly",
    "/forge/uninstall": "forge-uninstall",
    "/forge/schedules/key": "forge-every-key",
}


class ForgeCase(HostCase, ProvesUninstalls):
    """The cloud. It has no secret for each installation; the suite's says which guest is the real one."""

    name = "forge"
    section: ClassVar[Mapping[str, Any]] = {
        "app": APP,
        "scopes": ["read:jira-work"],
        "modules": {"jira:issuePanel": {"panel": {"title": "Report", "icon": "builds.svg", "resource": "main"}}},
        "resources": {"main": "forge/build"},
    }
    portable = None
    wrong = (
        ({**section, "scopes": ["read:everything"]}, "forge.scopes"),
        ({**section, "resources": {}}, 'forge.modules."jira:issuePanel".panel.resource'),
        ({**section, "modules": {"trigger": {"mine": {"key": "mine"}}}}, "forge.modules.trigger"),
    )
    events_name_their_installation = False
    told_apart = (ProofKind.ENTRY, ProofKind.EVENT)

    def __init__(self) -> None:
        self.cloud = Cloud()
        self._secrets: dict[str, str] = {}
        self._sites: dict[str, Site] = {}

    @property
    def transport(self) -> Routes:
        return self.cloud.network

    def settings(self) -> BaseSettings:
        return ForgeSettings(_env_file=None, jwks_url=JWKS)

    def routers(self, hear: Hear) -> Sequence[Router[Any]]:
        forge = ForgeRouter()

        @forge.on("avi:jira:created:version")
        async def heard(ctx: ForgeCtx, event: dict[str, Any]) -> None:
            await hear(ctx, event["version"]["name"])

        @forge.resolver("report")
        async def report(_: ForgeCtx) -> dict[str, bool]:
            return {"answered": True}

        return (forge,)

    def entry(self) -> Sent:
        return Sent.post("/forge/call/report", {})

    async def guest(self) -> Guest:
        site = self.cloud.new_site()
        self._sites[site.installation] = site
        self._secrets[site.installation] = f"secret-{uuid.uuid4().hex}"
        return Guest(site.installation, self._secrets[site.installation])

    def install(self, guest: Guest) -> Sent:
        return self._lifecycle(guest, "installed")

    def renew(self, guest: Guest) -> Sent:
        return self._lifecycle(guest, "upgraded")

    def takeovers(self, guest: Guest) -> Sequence[Sent]:
        sent = self._told("installed", self._site(guest))
        site = self._site(guest)
        app = {"id": APP.replace("1", "9")}
        return (
            sent,
            self.carry(sent, self.sign(Guest(guest.client_key, STRANGER), sent, ProofKind.EVENT)),
            self.carry(sent, self.cloud.token(site, (ENDPOINT, "forge-events"), kid="key-of-a-stranger")),
            self.carry(sent, self.cloud.token(site, (ENDPOINT, "forge-events"), aud=app["id"], app=app)),
        )

    def endpoint(self, guest: Guest, sent: Sent) -> Sent:
        return self.carry(sent, self.sign(guest, sent, ProofKind.EVENT))

    def sign(self, guest: Guest, sent: Sent, kind: ProofKind, *, user: str | None = None, **claims: Any) -> str:
        said: dict[str, Any] = {"principal": user} if user else {}
        said |= {"principal" if name == "sub" else name: value for name, value in claims.items()}
        if "padding" in said:
            # More than any token of ours, which may be four times as long as others'.
            said["padding"] *= 4
        is_told = kind in (ProofKind.EVENT, ProofKind.LIFECYCLE)
        module = (ENDPOINT, ENDPOINTS.get(sent.target, "forge-events")) if is_told else PANEL
        key = "forge" if self._secrets.get(guest.client_key) == guest.secret else "stranger"
        return self.cloud.token(self._site(guest), module, key=key, **said)

    def carry(self, sent: Sent, token: str) -> Sent:
        return sent.with_header("authorization", f"Bearer {token}")

    def carry_elsewhere(self, sent: Sent, token: str) -> Sent | None:
        del sent, token
        return None

    def event(self, guest: Guest, number: int) -> Sent:
        body = {
            "eventType": "avi:jira:created:version",
            "timestamp": f"{1_700_000_000_000 + number}",
            "version": {"id": "7", "name": f"event {number}"},
        }
        return Sent.post("/forge/events", body)

    def frame_origins(self, guest: Guest) -> Collection[str]:
        return set()

    def uninstall(self, guest: Guest) -> Sent:
        sent = Sent.post("/forge/uninstall", {})
        signed = self.endpoint(guest, sent)
        # Nothing is signed for it any more.
        del self._secrets[guest.client_key]
        return signed

    def _lifecycle(self, guest: Guest, event: str) -> Sent:
        sent = self._told(event, self._site(guest))
        return self.carry(sent, self.sign(guest, sent, ProofKind.EVENT))

    def _site(self, guest: Guest) -> Site:
        return self._sites.get(guest.client_key) or Site()

    @staticmethod
    def _told(event: str, site: Site) -> Sent:
        body = {"eventType": f"avi:forge:{event}:app", "id": site.installation, "timestamp": uuid.uuid4().hex}
        return Sent.post("/forge/events", body)
