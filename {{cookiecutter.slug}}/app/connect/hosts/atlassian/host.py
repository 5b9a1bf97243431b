"""Jira and Confluence as two `Host`s of one room: their models, and their roles wired."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.connect.declare.manifest import HostSection
from app.connect.errors import ConfigurationError
from app.connect.hosts.atlassian.client.grants import UserTokens
from app.connect.hosts.atlassian.client.reports import AccountReports
from app.connect.hosts.atlassian.client.witness import Witness
from app.connect.hosts.atlassian.deliveries import AtlassianDeliveries
from app.connect.hosts.atlassian.dialect import AtlassianDialect
from app.connect.hosts.atlassian.frames import AtlassianFrames
from app.connect.hosts.atlassian.inbound import AtlassianInbound
from app.connect.hosts.atlassian.install_keys import InstallKeys
from app.connect.hosts.atlassian.lifecycle import AtlassianLifecycle
from app.connect.hosts.atlassian.outbound import ConfluenceOutbound, JiraOutbound
from app.connect.hosts.atlassian.section import ConfluenceSection, JiraSection
from app.connect.hosts.atlassian.settings import AtlassianDetails, AtlassianSettings, Sites
from app.connect.hosts.factory import Wiring
from app.connect.hosts.protocol import Host

INSTALL_HINT = (
    "Who administers a site installs it from its listing in the Atlassian Marketplace; the cloud takes no new address "
    "of a descriptor since March 31, 2026, so what has no listing is installed as an app of Forge."
)


@dataclass(frozen=True)
class AtlassianFactory:
    """Builds the host of every tenant that is installed from a site of one product."""

    name: str
    section: type[HostSection]
    outbound: type[JiraOutbound] | type[ConfluenceOutbound]
    settings: type[AtlassianSettings] = AtlassianSettings

    def build(self, wiring: Wiring) -> Host:
        """Make the host."""
        settings: Any = wiring.settings
        if wiring.is_production:
            _require_https(ATLASSIAN_KEYS_URL=settings.keys_url, ATLASSIAN_OAUTH_URL=(settings.oauth_url,))
        inbound = AtlassianInbound(wiring.base_url)
        keys = InstallKeys(wiring.client, settings.keys_url)
        sites = Sites(settings.origins, production=wiring.is_production)
        return Host(
            name=self.name,
            details=AtlassianDetails,
            dialect=AtlassianDialect(self.name),
            lifecycle=AtlassianLifecycle(self.name, inbound, keys, sites, Witness(wiring.client)),
            inbound=inbound,
            deliveries=AtlassianDeliveries(),
            frames=AtlassianFrames(
                settings.frame_ancestors,
                script_url=settings.script_url,
                production=wiring.is_production,
                keys_url=settings.keys_url,
            ),
            outbound=self.outbound(
                wiring.client,
                UserTokens(wiring.client, settings.oauth_url),
                AccountReports(wiring.client, settings.report_url),
            ),
            install_hint=INSTALL_HINT,
        )


def _require_https(**named: Sequence[str]) -> None:
    """Refuse what a developer's machine has in `.env`: who vouches for installs there vouches for nobody's site."""
    for setting, addresses in named.items():
        plain = next((one for one in addresses if not one.startswith("https://")), None)
        if plain is not None:
            raise ConfigurationError(
                f"{setting} names {plain}, as for the devhost. In production remove the line, or write https."
            )


JIRA = AtlassianFactory("jira", JiraSection, JiraOutbound)
CONFLUENCE = AtlassianFactory("confluence", ConfluenceSection, ConfluenceOutbound)
