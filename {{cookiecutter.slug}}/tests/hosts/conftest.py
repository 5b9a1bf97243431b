"""The hosts of the tests, installed as packages are: by an entry point on the path."""

from pathlib import Path

import pytest

from app.conformance import case, stage
from tests.support.databases import on_one_database

# A package of somebody else; its tests run as somebody else's do.
collect_ignore = ["package"]
__all__ = ["case", "stage"]


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What a host makes of a request is decided before a database is asked; what races or is kept in rows says so."""
    on_one_database(metafunc)


@pytest.fixture
def conformance_database(database_url: str) -> str:
    """Run the suite on both kinds of databases; a package of somebody else runs it on SQLite."""
    return database_url


@pytest.fixture(autouse=True)
def _installed_echo(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(install(tmp_path_factory.mktemp("echo"), "echo", "tests.hosts.echo.host:FACTORY"))


def install(folder: Path, name: str, place: str) -> Path:
    """Write what pip leaves of a package with one host, and return the folder for the path."""
    record = folder / f"connect_{name}-1.0.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: connect-{name}\nVersion: 1.0\n", encoding="utf-8")
    (record / "entry_points.txt").write_text(f"[connect.hosts]\n{name} = {place}\n", encoding="utf-8")
    return folder
