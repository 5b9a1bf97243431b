"""What every test may ask for: the add-on running on a database of its own, and a host to talk to."""

import gc
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import hypothesis
import pytest

from app.connect.hosts.loading import installed_hosts, load_factory
from app.connect.settings import Settings, load_settings
from app.main import create_app
from devhost.testing import Devhost
from tests.support.running import ADDON, KEY, Clock, RunningAddon

pytest_plugins = ["tests.support.databases"]

# No folder of found examples in the project, and no test that fails because a machine is slow.
hypothesis.settings.register_profile("addon", database=None, deadline=None)
hypothesis.settings.load_profile("addon")


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays until the end: thousands of tests, and every module that they import."""
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep a developer's .env and environment out of the tests."""
    prefixes = tuple(str(load_factory(name).settings.model_config.get("env_prefix")) for name in installed_hosts())
    for name in [*os.environ]:
        if name.lower() in Settings.model_fields or name.startswith(prefixes):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return load_settings(_env_file=None, secret_keys=KEY, database_url=database_url, base_url=ADDON)


@pytest.fixture
async def devhost() -> AsyncIterator[Devhost]:
    async with Devhost() as host:
        yield host


@pytest.fixture
async def addon(settings: Settings, devhost: Devhost, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningAddon]:
    """The add-on on a database of its own, beside a devhost that can reach it."""
    for name, value in RunningAddon.environment.items():
        monkeypatch.setenv(name, value)
    clock = Clock()
    app = create_app(settings, transport=devhost.transport, clock=clock)
    devhost.serve(ADDON, app)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=ADDON) as http,
    ):
        yield await RunningAddon(app, devhost, http, clock).ready()
