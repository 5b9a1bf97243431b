"""The processes of the add-on, as a supervisor keeps them: whatever ends is started again."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tools.failure import StepError
from tools.servers import Server

STARTS = 20
"""How often in a row a process is started that ends at once: the database may be away just then."""
REST = 0.5


@dataclass
class Victim:
    """One process that is started, killed and started again; `is_up` once it was ready."""

    name: str
    command: Sequence[str]
    port: int
    folder: Path
    logs: Path
    settings: Mapping[str, str]
    is_up: bool = False
    kills: int = 0
    _server: Server | None = field(default=None, repr=False)

    async def start(self) -> None:
        """Start it and wait until it is ready; raise StepError when it never is."""
        for turn in range(STARTS):
            log = self.logs / f"chaos-{self.name}-{self.kills}.log"
            self._server = Server(self.name, self.command, folder=self.folder, log=log, settings=self.settings)
            try:
                await asyncio.to_thread(self._server.wait_until_answers, f"http://127.0.0.1:{self.port}/health/ready")
            except StepError:
                self.stop()
                if turn == STARTS - 1:
                    raise
                await asyncio.sleep(REST)
            else:
                self.is_up = True
                return

    def kill(self) -> None:
        """End it as a power cut does."""
        self.is_up = False
        self.kills += 1
        if self._server is not None:
            with suppress(ProcessLookupError):
                os.kill(self._server.pid, signal.SIGKILL)
            self._server.stop()

    def stop(self) -> None:
        """End it for good."""
        self.is_up = False
        if self._server is not None:
            self._server.stop()
