"""The add-on beside the devhost, for the tests of this folder."""

from collections.abc import AsyncIterator

import pytest

from app.connect.settings import Settings
from devhost.testing import Devhost
from tests.hosts.forge.together.moving import Moving


@pytest.fixture
async def moving(settings: Settings, devhost: Devhost) -> AsyncIterator[Moving]:
    """Serve nothing yet: a test deploys what it needs."""
    made = Moving(settings, devhost)
    # The first request makes keys and routes, for which the add-on's patience is not meant.
    for url in (f"{devhost.sites.state.keys_url}/{devhost.sites.state.keys.current[0]}", devhost.forge.state.jwks_url):
        assert (await devhost.client.get(url)).status_code == 200
    yield made
    await made.close()
