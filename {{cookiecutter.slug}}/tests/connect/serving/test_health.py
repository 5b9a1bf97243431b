"""Health: alive means that the process answers, ready that it can do its work."""

import asyncio
import threading
from collections.abc import AsyncIterator

import httpx
import pytest

from app.connect.application import Application
from app.connect.settings import Settings, load_settings
from tests.connect.showcase import DOCUMENT, make_routers
from tests.support.running import ADDON, KEY, RunningAddon

pytestmark = pytest.mark.both_databases

DEAD = [
    "sqlite+aiosqlite:////nowhere/at/all/addon.db",
    "postgresql+psycopg://addon:a-database-password@127.0.0.1:9/addon?connect_timeout=2",
]


@pytest.fixture(params=DEAD, ids=["sqlite", "postgresql"])
async def cut_off(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    """An add-on whose database went away after it started."""
    settings: Settings = load_settings(_env_file=None, secret_keys=KEY, database_url=request.param, base_url=ADDON)
    application = Application(settings, make_routers(), document=DOCUMENT)
    transport = httpx.ASGITransport(application.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ADDON) as http:
        yield http
    await application.close()
    # The driver's thread of a connection that failed says so to the loop, and must not find it closed.
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 5)


class TestHealthy:
    async def test_is_alive_and_ready(self, showcase: RunningAddon) -> None:
        await showcase.ready()
        for path in ("/health/live", "/health/ready"):
            answer = await showcase.http.get(path)
            assert (answer.status_code, answer.json()["status"]) == (200, "ok"), path

    async def test_asks_nobody_for_a_token(self, showcase: RunningAddon) -> None:
        document = (await showcase.http.get("/openapi.json")).json()
        for path in ("/health/live", "/health/ready"):
            assert "security" not in document["paths"][path]["get"]


class TestDatabaseGone:
    async def test_is_alive_so_that_nobody_restarts_it(self, cut_off: httpx.AsyncClient) -> None:
        assert (await cut_off.get("/health/live")).status_code == 200

    async def test_is_not_ready_and_says_what_to_check(self, cut_off: httpx.AsyncClient) -> None:
        answer = await cut_off.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json() == {
            "status": "unavailable",
            "reason": "The database does not answer. Check DATABASE_URL.",
        }
        assert "a-database-password" not in answer.text

    async def test_signed_request_fails_without_a_word_about_the_database(
        self, cut_off: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        token = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ0In0." + "A" * 43
        answer = await cut_off.get("/hipchat/glance/status", params={"signed_request": token})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_unavailable")
        assert "nowhere" not in answer.text
        assert "a-database-password" not in answer.text + caplog.text
