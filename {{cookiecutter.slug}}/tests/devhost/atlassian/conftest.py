"""A devhost whose sites a foreign add-on can be installed in."""

import pytest

from devhost.dialects.atlassian.host import AtlassianHost
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.testing import Devhost
from tests.devhost.atlassian.foreign import DESCRIPTOR_URL, ORIGIN, ForeignAddon


@pytest.fixture
def sites(devhost: Devhost) -> AtlassianHost:
    """Return the acts on sites."""
    return devhost.sites


@pytest.fixture
def foreign(devhost: Devhost) -> ForeignAddon:
    """Serve a foreign add-on that is not installed."""
    running = ForeignAddon(devhost.transport)
    devhost.serve(ORIGIN, running)
    return running


@pytest.fixture
async def at_jira(sites: AtlassianHost, foreign: ForeignAddon) -> SiteInstallation:
    """Install it in Jira."""
    return await sites.install(DESCRIPTOR_URL)
