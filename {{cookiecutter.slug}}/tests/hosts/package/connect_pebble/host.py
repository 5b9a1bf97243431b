"""Pebble as a `Host`: its models, and its six roles wired."""

from app.connect.hosts.factory import Wiring
from app.connect.hosts.protocol import Host
from app.connect.keys.jwt import prepare_key
from connect_pebble.deliveries import PebbleDeliveries
from connect_pebble.dialect import NAME, PebbleDialect
from connect_pebble.frames import PebbleFrames
from connect_pebble.inbound import PebbleInbound
from connect_pebble.lifecycle import PebbleLifecycle
from connect_pebble.outbound import PebbleOutbound
from connect_pebble.section import PebbleSection
from connect_pebble.settings import PebbleDetails, PebbleSettings


class PebbleFactory:
    """Builds the host of every board."""

    name = NAME
    section = PebbleSection
    settings = PebbleSettings

    def build(self, wiring: Wiring) -> Host:
        """Make the host."""
        settings: PebbleSettings = wiring.settings
        inbound = PebbleInbound()
        return Host(
            name=NAME,
            details=PebbleDetails,
            dialect=PebbleDialect(),
            lifecycle=PebbleLifecycle(inbound, prepare_key(settings.key.get_secret_value())),
            inbound=inbound,
            deliveries=PebbleDeliveries(),
            frames=PebbleFrames(),
            outbound=PebbleOutbound(),
        )


FACTORY = PebbleFactory()
