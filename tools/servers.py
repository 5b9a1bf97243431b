"""Starts servers of our own with their output in a log file, waits for them, and stops them by process id."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tools.environments import without_outer_environment
from tools.failure import StepError
from tools.web import call

START_SECONDS = 60.0
STOP_SECONDS = 15.0
OK = 200
TAKEN = "address already in use"


def free_port(preferred: int) -> int:
    """Return `preferred` if nobody listens there, otherwise a port that is free now."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            if os.name != "nt":  # there the option means something else
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise StepError("no free port on 127.0.0.1", hint="stop some programs and try again")


class Server:
    """One server process; leaving the `with` block stops it."""

    def __init__(
        self, name: str, command: Sequence[str], *, folder: Path, log: Path, settings: Mapping[str, str]
    ) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            # A session of its own: Ctrl-C reaches only us, and we stop the servers in order.
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env={**without_outer_environment(), **settings},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process.poll() is None

    def last_lines(self, count: int = 15) -> str:
        """Return the end of the log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])

    def wait_until_answers(self, url: str) -> None:
        """Return once `url` answers 200; raise StepError if the process ends or takes over a minute."""
        deadline = time.monotonic() + START_SECONDS
        seen = "nobody listens there"
        while time.monotonic() < deadline:
            if not self.running:
                raise StepError(
                    f"{self.name} ended with exit code {self._process.returncode} while starting",
                    hint=f"read {self.log}",
                )
            with suppress(OSError):
                answer = call("GET", url)
                if answer.status == OK:
                    return
                seen = f"the last answer was {answer.status}: {answer.text[:500]}"
            time.sleep(0.05)
        raise StepError(
            f"{self.name} did not answer {url} with 200 within {START_SECONDS:.0f} s",
            seen=seen,
            hint=f"read {self.log}",
        )

    def stop(self) -> None:
        """End the process and what it started: asked first, killed after 15 seconds."""
        if self.running:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if os.name != "nt":
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def start_on_free_port(make: Callable[[int], Server], *, preferred: int, path: str) -> int:
    """Start what `make` makes for a port, wait until it answers `path` there, and return the port.

    Somebody may take a port between our look and the server's: then the next free one is tried.
    """
    for wanted in (preferred, 0, 0):
        port = free_port(wanted)
        server = make(port)
        try:
            server.wait_until_answers(f"http://127.0.0.1:{port}{path}")
        except StepError:
            server.stop()
            if TAKEN not in server.last_lines():
                raise
        else:
            return port
    raise StepError("three free ports were taken by others", hint="try again when less is starting on this machine")
