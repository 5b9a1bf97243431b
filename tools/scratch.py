"""A folder in memory for what tests write: each of thousands of small databases waits for a disk at every commit."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
NEEDED = 6 * 2**30
"""Bytes that must be free there; containers often have 64 MiB."""


@contextmanager
def scratch(memory: Path = MEMORY, *, needed: int = NEEDED) -> Iterator[dict[str, str]]:
    """Give the setting that makes programs write their temporary files into memory, or none where there is no room."""
    if not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < needed:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="connect-template-", dir=memory, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # a server of PostgreSQL is another user
        yield {"TMPDIR": folder}
