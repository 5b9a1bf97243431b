"""The add-on on Forge, for the tests of this folder."""

from collections.abc import AsyncIterator

import pytest

from app.connect.settings import Settings
from tests.hosts.forge.sidecar import ContainerStage
from tests.hosts.forge.stage import ForgeStage


@pytest.fixture
async def forge(settings: Settings) -> AsyncIterator[ForgeStage]:
    """Serve one add-on on Forge and, by Connect, on Jira."""
    stage = ForgeStage(settings)
    yield stage
    await stage.close()


@pytest.fixture
async def container(settings: Settings) -> AsyncIterator[ContainerStage]:
    """Serve the same add-on in a container."""
    stage = ContainerStage(settings)
    yield stage
    await stage.close()
