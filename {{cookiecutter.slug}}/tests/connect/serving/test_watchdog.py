"""A blocking call in the add-on is named while it blocks; waiting is not blocking."""

import asyncio
import importlib.util
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from app.connect.serving.watchdog import Watchdog

SOURCE = """
import asyncio
import time

async def blocks():
    time.sleep(0.7)

async def waits():
    await asyncio.sleep(0.7)
"""


@pytest.fixture
def handlers(tmp_path: Path) -> Any:
    """A module of an add-on in a folder of its own."""
    folder = tmp_path / "app" / "addon"
    folder.mkdir(parents=True)
    file = folder / "blocking_handlers.py"
    file.write_text(SOURCE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("blocking_handlers", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def watched(folder: Path, *calls: Callable[[], Awaitable[None]]) -> None:
    watchdog = Watchdog(folder)
    watchdog.start()
    await asyncio.sleep(0.1)
    for call in calls:
        await call()
        await asyncio.sleep(0.1)
    watchdog.stop()


class TestABlockingCall:
    async def test_is_named_with_file_and_way_out(
        self, handlers: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING):
            await watched(tmp_path / "app" / "addon", handlers.blocks)
        assert len(caplog.messages) == 1
        assert caplog.messages[0].startswith("blocks blocks: app/addon/blocking_handlers.py, line 6 ")
        assert "asyncio.to_thread" in caplog.messages[0]

    async def test_is_named_once(self, handlers: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING):
            await watched(tmp_path / "app" / "addon", handlers.blocks, handlers.blocks)
        assert len(caplog.messages) == 1


class TestWhatIsNotTheAddOns:
    async def test_waiting_is_not_blocking(
        self, handlers: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING):
            await watched(tmp_path / "app" / "addon", handlers.waits)
        assert caplog.messages == []

    async def test_blocking_elsewhere_is_not_blamed_on_it(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def elsewhere() -> None:
            time.sleep(0.5)  # noqa: ASYNC251 - that is what is tested

        with caplog.at_level(logging.WARNING):
            await watched(tmp_path / "app" / "addon", elsewhere)
        assert caplog.messages == []
