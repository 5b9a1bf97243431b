"""Echo as a `Host`: its models, and its six roles wired."""

from app.connect.hosts.factory import Wiring
from app.connect.hosts.protocol import Host
from tests.hosts.echo.deliveries import EchoDeliveries
from tests.hosts.echo.dialect import NAME, EchoDialect
from tests.hosts.echo.frames import EchoFrames
from tests.hosts.echo.inbound import EchoInbound
from tests.hosts.echo.lifecycle import EchoLifecycle
from tests.hosts.echo.outbound import EchoOutbound
from tests.hosts.echo.section import EchoSection
from tests.hosts.echo.settings import EchoDetails, EchoSettings


class EchoFactory:
    """Builds the host of every tenant that is installed from an Echo host."""

    name = NAME
    section = EchoSection
    settings = EchoSettings

    def build(self, wiring: Wiring) -> Host:
        """Make the host."""
        settings: EchoSettings = wiring.settings
        inbound = EchoInbound(settings.vendor_key.get_secret_value())
        return Host(
            name=NAME,
            details=EchoDetails,
            dialect=EchoDialect(),
            lifecycle=EchoLifecycle(inbound, wiring.client),
            inbound=inbound,
            deliveries=EchoDeliveries(),
            frames=EchoFrames(),
            outbound=EchoOutbound(wiring.client),
        )


FACTORY = EchoFactory()
