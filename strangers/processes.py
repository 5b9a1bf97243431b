"""Starts servers on free ports of this machine, stops them by process id, and runs a client for one act."""

import json
import select
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strangers.environments import ENVIRONMENTS, STRANGERS, clean_settings
from tools.servers import Server, start_on_free_port

ACT_SECONDS = 60
WAIT_SECONDS = 30.0


@contextmanager
def serving(
    name: str,
    command: Callable[[int], Sequence[str]],
    *,
    path: str,
    folder: Path = STRANGERS,
    settings: Mapping[str, str],
) -> Iterator[int]:
    """Run the server that `command` makes for a port until the block ends, and give the port.

    The block starts when the server answers `path` with 200. Its output goes to build/strangers/logs.
    """
    started: list[Server] = []

    def make(port: int) -> Server:
        log = ENVIRONMENTS / "logs" / f"{name}.log"
        server = Server(name, command(port), folder=folder, log=log, settings=settings)
        started.append(server)
        return server

    try:
        yield start_on_free_port(make, preferred=0, path=path)
    finally:
        for server in started:
            server.stop()


def wait_until(happened: Callable[[], bool], what: str) -> None:
    """Return once `happened` is true; an add-on that answers first and works then has half a minute."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not happened():
        assert time.monotonic() < deadline, f"not within {WAIT_SECONDS:.0f} s: {what}"
        time.sleep(0.05)


@dataclass(frozen=True)
class Client:
    """A client program: `do` runs it for one act, with JSON in and JSON out."""

    command: Sequence[str]
    settings: Mapping[str, str]

    def do(self, act: str, **arguments: object) -> Any:  # noqa: ANN401 - each act has its own answer
        """Run the client and return what the act returned; what it threw is `{"error": ...}`."""
        done = subprocess.run(
            self.command,
            input=json.dumps({"act": act, **arguments}),
            env=clean_settings(**self.settings),
            cwd=ENVIRONMENTS,
            check=False,
            capture_output=True,
            text=True,
            timeout=ACT_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@dataclass(frozen=True)
class Conversation:
    """A client program that stays: one line of JSON in and one out for each act."""

    process: "subprocess.Popen[str]"
    log: Path

    def do(self, act: str, **arguments: object) -> Any:  # noqa: ANN401 - each act has its own answer
        """Let the client do one act and return what it returned; what it threw is `{"error": ...}`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"act": act, **arguments}) + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], ACT_SECONDS)
        line = self.process.stdout.readline() if ready else ""
        assert line, f"no answer to {act}: {self.log.read_text(encoding='utf-8', errors='replace')[-2000:]}"
        return json.loads(line)


@contextmanager
def conversing(name: str, command: Sequence[str], settings: Mapping[str, str]) -> Iterator[Conversation]:
    """Run a client program that stays until the block ends. What it complains of goes to build/strangers/logs."""
    log = ENVIRONMENTS / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("w", encoding="utf-8") as complaints,
        subprocess.Popen(
            command,
            env=clean_settings(**settings),
            cwd=ENVIRONMENTS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
        ) as process,
    ):
        try:
            yield Conversation(process, log)
        finally:
            process.terminate()
