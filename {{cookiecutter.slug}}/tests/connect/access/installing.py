"""Backends as an installer leaves them: modules on the path, and a record with their entry point."""

import shutil
import sys
import tomllib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent / "package"


def badge_place() -> str:
    """Return what the package's own metadata says."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    place: str = project["entry-points"]["connect.backends"]["badge"]
    return place


def install(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, place: str, package: str = "") -> Path:
    """Put a package with one backend on Python's path."""
    package = package or f"connect-{name}"
    record = folder / f"{package}-1.0.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
    (record / "entry_points.txt").write_text(f"[connect.backends]\n{name} = {place}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    return folder


def install_badge(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Install the example package."""
    installed = install(monkeypatch, folder, "badge", badge_place())
    shutil.copytree(
        PACKAGE / "connect_badge", installed / "connect_badge", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in [name for name in sys.modules if name.partition(".")[0] == "connect_badge"]:
        monkeypatch.delitem(sys.modules, name)
