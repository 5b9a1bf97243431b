"""A devhost with a foreign add-on beside it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from devhost.chat.host import Host
from devhost.dialects.hipchat.scopes import SCOPES
from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.devhost.foreign import DESCRIPTOR_URL, ORIGIN, ForeignAddon
from tests.support.databases import on_one_database


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The devhost keeps nothing in a database, and its own tests are about it."""
    on_one_database(metafunc)


@pytest.fixture
async def devhost() -> AsyncIterator[Devhost]:
    """Start a host without add-ons."""
    async with Devhost() as running:
        yield running


@pytest.fixture
def host(devhost: Devhost) -> Host:
    """Return the host's acts."""
    return devhost.host


@pytest.fixture
def addon(devhost: Devhost) -> ForeignAddon:
    """Serve a foreign add-on that is not installed."""
    running = ForeignAddon(devhost.transport)
    devhost.serve(ORIGIN, running)
    return running


@pytest.fixture
async def installed(devhost: Devhost, addon: ForeignAddon) -> Installation:
    """Install the foreign add-on in the lobby."""
    return await devhost.host.install(DESCRIPTOR_URL, room_id=devhost.lobby)


@pytest.fixture
async def api(devhost: Devhost, installed: Installation) -> AsyncIterator[httpx.AsyncClient]:
    """Make an API client with the foreign add-on's token."""
    async with await devhost.api(installed) as client:
        yield client


@pytest.fixture
async def admin(devhost: Devhost) -> AsyncIterator[httpx.AsyncClient]:
    """Make an API client with a token of the admin that has every scope."""
    async with devhost.api_with(devhost.host.user_token("admin", set(SCOPES))) as client:
        yield client
