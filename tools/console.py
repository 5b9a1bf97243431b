"""Prints the steps of a program as they happen: what is done, what came of it, how long it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tools.failure import StepError

INSTALLER_LINES = ("Audited", "Collecting", "Downloading", "Installed", "Installing", "Prepared")


class Console:
    """Numbers the steps and remembers the one that runs."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.number = 0
        self.step_name = "start"

    def heading(self, name: str) -> None:
        """Announce a step."""
        self.number += 1
        self.step_name = name
        print(f"[{self.number}/{self.total}] {name}", flush=True)

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Announce a step; what the body appends to the list is printed at its end with the time taken."""
        self.heading(name)
        started = time.monotonic()
        results: list[str] = []
        yield results
        for result in results:
            self.line(result)
        self.line(f"({time.monotonic() - started:.1f} s)")

    def line(self, text: str) -> None:
        """Print one line that belongs to the present step."""
        print(f"      {text}", flush=True)

    def installer_line(self, text: str) -> None:
        """Print what an installer says about its progress, less the list of packages."""
        stripped = text.strip()
        if stripped.startswith(INSTALLER_LINES):
            self.line(stripped if len(stripped) <= 100 else f"{stripped[:97]}...")  # noqa: PLR2004 - a line's width

    def failed(self, error: StepError, logs: dict[str, str]) -> None:
        """Print which step failed, what was seen, the ends of the logs and what to try."""
        lines = [f"FAILED at step {self.number}, {self.step_name.partition(': ')[0]}: {error.message}"]
        if error.seen.strip():
            lines += [f"    {line}" for line in error.seen.strip().splitlines()]
        for name, text in logs.items():
            lines.append(f"  the last lines of {name}:")
            lines += [f"    {line}" for line in text.splitlines()]
        lines.append(f"  Try: {error.hint}")
        sys.stdout.flush()
        print("\n".join(lines), file=sys.stderr, flush=True)
