"""docs/access.md: its package is the one that the tests install, and what it names is there."""

import importlib
import re
from pathlib import Path

import pytest

from app.connect.application import ROOT

PAGE = (ROOT / "docs" / "access.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```\w+\n# badge/(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
IMPORT = re.compile(r"^from (app\.connect\S*) import (.+)$", re.MULTILINE)
PACKAGE = Path(__file__).parent / "package"


class TestTheBackend:
    @pytest.mark.parametrize("name", ["pyproject.toml", "connect_badge/__init__.py"])
    def test_is_the_package_that_the_tests_install(self, name: str) -> None:
        assert dict(BLOCK.findall(PAGE))[name] == (PACKAGE / name).read_text(encoding="utf-8")

    def test_imports_public_names_alone(self) -> None:
        # By its name: the face has a function of the name of this room.
        found = IMPORT.findall(PAGE)
        assert {module for module, _ in found} == {"app.connect", "app.connect.access"}
        for module, names in found:
            assert set(names.split(", ")) <= set(importlib.import_module(module).__all__)


class TestTheWords:
    def test_every_file_that_is_named_is_there(self) -> None:
        named = set(re.findall(r"`((?:app|docs|tests|migrations)/[\w./-]+)`", PAGE))
        assert {name for name in named if not (ROOT / name).exists()} == set()

    def test_readme_and_guide_link_to_it(self) -> None:
        assert "](docs/access.md#who-may-ask-for-a-token)" in (ROOT / "README.md").read_text(encoding="utf-8")
        assert "](access.md)" in (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
