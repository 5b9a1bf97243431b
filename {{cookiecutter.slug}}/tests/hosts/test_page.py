"""`docs/hosts.md`: its code is the package's, and it speaks of every role and every ability."""

import inspect
import re
from pathlib import Path

import pytest

from app import conformance
from app.conformance.suite import OPTIONAL
from app.connect.application import ROOT
from app.connect.hosts import protocol

PAGE = (ROOT / "docs" / "hosts.md").read_text(encoding="utf-8")
PACKAGE = Path(__file__).parent / "package"
BLOCKS = re.findall(r"^```\w+\n# (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


class TestCodeOfThePage:
    @pytest.mark.parametrize(("file", "code"), BLOCKS)
    def test_is_a_piece_of_the_package(self, file: str, code: str) -> None:
        assert code in (PACKAGE / file).read_text(encoding="utf-8")

    def test_every_block_says_where_it_is_from(self) -> None:
        assert len(BLOCKS) == PAGE.count("\n```") / 2 > 15

    def test_shows_every_module_of_the_package(self) -> None:
        modules = {f"connect_pebble/{path.name}" for path in (PACKAGE / "connect_pebble").glob("*.py")}
        assert modules - {file for file, _ in BLOCKS} == {"connect_pebble/__init__.py"}


class TestWordsOfThePage:
    def test_files_it_names_are_there(self) -> None:
        named = re.findall(r"`((?:app|tests)/[\w/.]+)`", PAGE)
        assert len(named) >= 5
        assert [name for name in named if not (ROOT / name).exists()] == []

    def test_names_every_role_and_says_which_methods_are_pure(self) -> None:
        roles = [
            name
            for name, one in inspect.getmembers(protocol, inspect.isclass)
            if one.__module__ == protocol.__name__ and getattr(one, "_is_protocol", False)
        ]
        assert len(roles) == 7
        assert [name for name in roles if f"| `{name}` |" not in PAGE] == []

    def test_suite_hands_out_every_ability_with_its_class(self) -> None:
        names = {one.__name__ for pair in OPTIONAL.items() for one in pair}
        assert names <= set(conformance.__all__)
