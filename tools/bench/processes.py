"""Starts what is measured on a core of its own, and reads how much processor time and memory it uses."""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tools.failure import StepError
from tools.servers import Server


@dataclass(frozen=True)
class Measured:
    """A server process and its port."""

    process: Server
    port: int

    def cpu_seconds(self) -> float:
        """Return the processor time the process has used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mebibytes(self) -> float:
        """Return the memory the process holds."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        raise StepError("the memory of a server cannot be read", hint="make bench runs on Linux only")


def start(
    stack: ExitStack,
    name: str,
    command: Sequence[str],
    *,
    folder: Path,
    log: Path,
    answers: str,
    port: int,
    settings: Mapping[str, str] | None = None,
) -> Measured:
    """Start a server pinned to the first core; `stack` stops it. `answers` is an address that then answers 200."""
    server = Server(name, command, folder=folder, log=log / f"bench-{name}.log", settings=settings or {})
    stack.enter_context(server)
    server.wait_until_answers(answers)
    os.sched_setaffinity(server.pid, {min(os.sched_getaffinity(0))})
    return Measured(server, port)
