"""HipChat as a `Host`: its models, and its six roles wired."""

import logging
from collections.abc import Sequence

from app.connect.errors import ConfigurationError
from app.connect.hosts.factory import Wiring
from app.connect.hosts.hipchat.client.oauth import ClientTokens
from app.connect.hosts.hipchat.deliveries import HipChatDeliveries
from app.connect.hosts.hipchat.descriptor import NAME
from app.connect.hosts.hipchat.dialect import HipChatDialect
from app.connect.hosts.hipchat.frames import HipChatFrames
from app.connect.hosts.hipchat.inbound import HipChatInbound
from app.connect.hosts.hipchat.lifecycle import HipChatLifecycle
from app.connect.hosts.hipchat.outbound import HipChatOutbound
from app.connect.hosts.hipchat.section import HipChatSection
from app.connect.hosts.hipchat.settings import HipChatDetails, HipChatSettings
from app.connect.hosts.protocol import Host
from app.connect.network.addresses import Origins

log = logging.getLogger(__name__)
INSTALL_HINT = (
    "Who administers a room or the group opens the host's list of integrations, pastes this address as that of a "
    "descriptor, and approves what is asked for."
)


class HipChatFactory:
    """Builds the host of every tenant that is installed from a HipChat host."""

    name = NAME
    section = HipChatSection
    settings = HipChatSettings

    def build(self, wiring: Wiring) -> Host:
        """Make the host."""
        settings: HipChatSettings = wiring.settings
        if wiring.is_production:
            _check_origins(settings.origins)
        origins = Origins(settings.origins, production=wiring.is_production)
        return Host(
            name=NAME,
            details=HipChatDetails,
            dialect=HipChatDialect(),
            lifecycle=HipChatLifecycle(
                wiring.client, wiring.arrivals, origins=origins, capabilities_paths=settings.capabilities_paths
            ),
            inbound=HipChatInbound(leeway=settings.leeway_seconds),
            deliveries=HipChatDeliveries(),
            frames=HipChatFrames(settings.frame_ancestors, script_url=settings.script_url),
            outbound=HipChatOutbound(wiring.client, ClientTokens(wiring.client)),
            install_hint=INSTALL_HINT,
        )


def _check_origins(origins: Sequence[str]) -> None:
    """Refuse hosts without https in production, and say so when nobody can install."""
    plain = next((one for one in origins if one.startswith("http://")), None)
    if plain is not None:
        raise ConfigurationError(f"HIPCHAT_ORIGINS names {plain}. In production write https: hosts send secrets.")
    if not origins:
        log.warning("HIPCHAT_ORIGINS is empty, so no chat host can install the add-on. Name the origins of your hosts.")


FACTORY = HipChatFactory()
