"""Runs commands with their output shown, and remembers which failed."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.environments import without_outer_environment


class Commands:
    """Commands run so far and the ones that failed."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def run(
        self, name: str, command: Sequence[str], *, folder: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        """Run `command` in `folder`, with `settings` added to the environment."""
        environment = {**without_outer_environment(), **(settings or {})}
        sys.stdout.flush()
        if subprocess.run(command, cwd=folder, env=environment, check=False).returncode:
            self.failed.append(name)

    def exit_code(self) -> int:
        """Return 0, or 1 after naming what failed on standard error."""
        for name in self.failed:
            print(f"FAILED: {name}", file=sys.stderr, flush=True)
        return 1 if self.failed else 0
