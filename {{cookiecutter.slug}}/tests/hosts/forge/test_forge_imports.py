"""Forge knows the sites, whose add-on goes on inside an app (decision 38), and no other host."""

from app.connect.application import ROOT
from tests.connect.rules.test_imports import imported

ROOM = "app.connect.hosts."
KNOWN = {"atlassian", "factory", "forge", "kept", "protocol"}


def test_no_file_knows_another_host() -> None:
    files = sorted((ROOT / "app/connect/hosts/forge").rglob("*.py"))
    assert len(files) > 20
    named = {
        name.removeprefix(ROOM).split(".")[0] for file in files for name in imported(file) if name.startswith(ROOM)
    }
    assert named <= KNOWN
