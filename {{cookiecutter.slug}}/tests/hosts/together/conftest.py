"""One add-on on two hosts."""

from collections.abc import AsyncIterator

import pytest

from app.conformance.stage import BASE_URL
from app.connect.settings import Settings
from tests.hosts.together.both import Both


@pytest.fixture
async def two(settings: Settings) -> AsyncIterator[Both]:
    """Serve one add-on on two hosts."""
    both = Both(settings)
    for product in (both.hipchat, both.echo):
        await product.begin(both.application.app, BASE_URL)
    yield both
    await both.application.close()
    await both.hipchat.end()
