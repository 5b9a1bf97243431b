"""The add-on served as its users serve it: uvicorn's command line, a process of its own, a socket."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.connect.application import ROOT
from tests.support.running import KEY

HELLO = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
PATIENCE = 10.0


@dataclass
class Server:
    """A running server; `process` is what may be looked at from outside."""

    port: int
    process: subprocess.Popen[bytes]

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def memory(self) -> int:
        """Return the bytes that the process holds in memory."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def start(folder: Path, *options: str, **environment: str) -> tuple[int, subprocess.Popen[bytes]]:
    """Start `uvicorn app.main:app` with a database in `folder`; its log goes to the file `log` there.

    It starts there, too: what the project's own .env says is for the author's machine and not for these tests.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    place = ("--app-dir", str(ROOT), "--port", str(port))
    command = (sys.executable, "-m", "uvicorn", "app.main:app", *place, "--no-access-log", *options)
    given = {"SECRET_KEYS": KEY, "DATABASE_URL": f"sqlite+aiosqlite:///{folder}/addon.db", **environment}
    with (folder / "log").open("wb") as log:
        return port, subprocess.Popen(command, cwd=folder, env={**os.environ, **given}, stdout=log, stderr=log)  # noqa: S603 - our own


@contextlib.contextmanager
def serving(folder: Path, *options: str, **environment: str) -> Iterator[Server]:
    """Serve until the block ends."""
    port, process = start(folder, *options, **environment)
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, (folder / "log").read_text(encoding="utf-8")
            assert time.monotonic() < deadline, (folder / "log").read_text(encoding="utf-8")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield Server(port, process)
    finally:
        process.terminate()
        process.wait(60)


def read_all(connection: socket.socket) -> bytes:
    """Return everything that comes until the server closes; a reset is a close."""
    heard = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65_536):
            heard += piece
    return heard


def read_answer(connection: socket.socket) -> bytes:
    """Return one answer with a length: its head and its body."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        piece = connection.recv(65_536)
        assert piece, f"closed after {heard!r}"
        heard += piece
    head, _, body = heard.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body
