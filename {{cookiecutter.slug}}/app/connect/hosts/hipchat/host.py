"""HipChat as a `Host`: its models, and its six roles wired."""

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
from app.connect.hosts.protocol import Host, Wiring
from app.connect.network.addresses import Origins


class HipChatFactory:
    """Builds the host of every tenant that is installed from a HipChat host."""

    name = NAME
    section = HipChatSection
    settings = HipChatSettings

    def build(self, wiring: Wiring) -> Host:
        """Make the host."""
        settings: HipChatSettings = wiring.settings
        tokens = ClientTokens(wiring.client)
        origins = Origins(settings.origins, production=wiring.is_production)
        return Host(
            name=NAME,
            details=HipChatDetails,
            dialect=HipChatDialect(),
            lifecycle=HipChatLifecycle(wiring.client, tokens, origins),
            inbound=HipChatInbound(),
            deliveries=HipChatDeliveries(),
            frames=HipChatFrames(settings.frame_ancestors),
            outbound=HipChatOutbound(wiring.client, tokens),
        )


FACTORY = HipChatFactory()
