"""Forge as a `Host`: its models, and its roles wired."""

from functools import partial
from typing import Any

from app.connect.errors import ConfigurationError
from app.connect.hosts.atlassian.client.reports import AccountReports
from app.connect.hosts.factory import Wiring
from app.connect.hosts.forge.container.egress import ContainerOutbound
from app.connect.hosts.forge.container.ingress import ContainerInbound, Ingress
from app.connect.hosts.forge.container.sidecar import Sidecar
from app.connect.hosts.forge.container.stamp import Stamp
from app.connect.hosts.forge.deliveries import ForgeDeliveries
from app.connect.hosts.forge.dialect import ForgeDialect
from app.connect.hosts.forge.frames import ForgeFrames
from app.connect.hosts.forge.gates import PRODUCTS, ForgeGates
from app.connect.hosts.forge.inbound import ForgeInbound, Trust
from app.connect.hosts.forge.jwks import KeySets
from app.connect.hosts.forge.lifecycle import ForgeLifecycle
from app.connect.hosts.forge.outbound import ForgeOutbound
from app.connect.hosts.forge.section import ForgeSection
from app.connect.hosts.forge.settings import (
    CALLERS,
    CLOUD_KEYS,
    CLOUD_ORIGINS,
    DEVHOST_KEYS,
    ENVIRONMENTS,
    Callers,
    ForgeDetails,
    ForgeSettings,
)
from app.connect.hosts.forge.site import make_router
from app.connect.hosts.protocol import Host
from app.connect.network.addresses import Origins

REPORTS = "https://api.atlassian.com/app/report-accounts/"
INSTALL_HINT = (
    "Write the manifest (addon manifest > manifest.yml) and deploy it (forge deploy); who administers a site then "
    "installs the app from its listing in the Atlassian Marketplace, by its link, or with forge install."
)
PATIENCE = 120.0
"""Seconds that a new installation, and what it tells, wait to be joined with the one that its site has by Connect: in
production, where nobody sits before it."""


class ForgeFactory:
    """Builds the host of every installation of the app."""

    name = "forge"
    section = ForgeSection
    settings = ForgeSettings

    def __init__(self) -> None:
        self.router = make_router()

    def build(self, wiring: Wiring) -> Host:
        """Make the host; `ConfigurationError` when no app is named whose tokens could hold."""
        settings: ForgeSettings = wiring.settings
        section: Any = wiring.section
        sidecar = _sidecar_of(wiring)
        named = section.app or (settings.app_ari if sidecar else "")
        apps = settings.app_ids or ((named,) if named else ())
        if not apps:
            raise ConfigurationError(
                "Forge: no app is named. Set FORGE_APP_IDS to the id that `forge register` printed, such as "
                "ari:cloud:ecosystem::app/00000000-0000-0000-0000-000000000000, or write app in [forge]."
            )
        local = not wiring.is_production
        url = settings.jwks_url or (DEVHOST_KEYS if local else CLOUD_KEYS)
        patience = PATIENCE if wiring.is_production and not wiring.others.isdisjoint(PRODUCTS) else 0.0
        trust = Trust(
            apps=frozenset(apps),
            environments=frozenset(settings.environments or (ENVIRONMENTS if local else ("PRODUCTION",))),
            origins=ApiOrigins(settings.api_origins, production=wiring.is_production),
            patience=patience,
        )
        reports, keys = AccountReports(wiring.client, REPORTS), KeySets(wiring.client, url, settings.isolated_jwks_url)
        outbound, inbound, around = ForgeOutbound(wiring.client, reports), ForgeInbound(keys, trust), None
        if sidecar is not None:
            stamp = Stamp()
            outbound, inbound = ContainerOutbound(sidecar, reports), ContainerInbound(keys, trust, stamp)
            around = partial(Ingress, sidecar=sidecar, stamp=stamp, environment=settings.env_ari)
        return Host(
            name=self.name,
            details=ForgeDetails,
            dialect=ForgeDialect(),
            lifecycle=ForgeLifecycle(outbound, section),
            inbound=inbound,
            deliveries=ForgeDeliveries(),
            frames=ForgeFrames(Callers(settings.frame_origins or CALLERS)),
            outbound=outbound,
            gates=ForgeGates(patience),
            speaks_for=PRODUCTS,
            take_tokens=outbound.take_tokens,
            trace_header=b"x-b3-traceid",
            around=around,
            install_hint=INSTALL_HINT,
        )


def _sidecar_of(wiring: Wiring) -> Sidecar | None:
    """Return the sidecar that the platform names to a container; None for a remote."""
    url = wiring.settings.egress_proxy_url
    return Sidecar(wiring.client.beside(), url) if url else None


class ApiOrigins(Origins):
    """The origins of APIs: those that are named, else Atlassian's and, in development, this machine."""

    def __init__(self, entries: tuple[str, ...], *, production: bool) -> None:
        super().__init__(entries or CLOUD_ORIGINS, production=production)
        self._local = not entries and not production


FACTORY = ForgeFactory()
