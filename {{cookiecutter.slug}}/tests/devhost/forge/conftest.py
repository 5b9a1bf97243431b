"""A devhost with a careful remote beside it, whose app is installed on the sites or not yet."""

import pytest

from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.host import ForgeHost
from devhost.testing import Devhost
from tests.devhost.forge.remote import ORIGIN, Remote, manifest


@pytest.fixture
def forge(devhost: Devhost) -> ForgeHost:
    """Return the acts of Forge."""
    return devhost.forge


@pytest.fixture
def remote(devhost: Devhost) -> Remote:
    """Serve a remote whose app is not installed."""
    running = Remote(devhost)
    devhost.serve(ORIGIN, running)
    return running


@pytest.fixture
async def installed(forge: ForgeHost, remote: Remote) -> ForgeInstallation:
    """Install it in Jira."""
    return await forge.install(manifest())
