"""The add-on as it ships, but that nothing it accepts is run: what an event costs until its row is committed.

Runs in the project's environment and folder.
"""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

from app.main import create_app


class Resting:
    """Stands where the worker does, and does nothing."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Wait for the end."""
        await self._stopping.wait()

    async def stop(self) -> None:
        """Be told of it."""
        self._stopping.set()


app = create_app()
app.state.application.worker = Resting()
