"""Runs something in a process of its own, as a command does, with the settings of the environment."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from app.connect.application import Application
from app.connect.settings import load_settings
from tests.connect.probe import DOCUMENT


def run(act: Callable[[Application], Awaitable[Any]]) -> Any:
    """Return what it returned, once the process has ended."""

    async def live() -> Any:
        application = Application(load_settings(), [], document=DOCUMENT)
        try:
            return await act(application)
        finally:
            await application.close()

    return asyncio.run(live())
