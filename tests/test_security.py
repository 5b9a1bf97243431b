"""Covers the promises of both SECURITY.md: each one names tests, and each test that is named exists."""

import ast
import re
from pathlib import Path

import pytest

from tests.test_readme import CODE, ROW, table
from tools.paths import REPOSITORY, TEMPLATE

PROJECT = REPOSITORY / TEMPLATE
TEXTS = {"template": REPOSITORY / "SECURITY.md", "project": PROJECT / "SECURITY.md"}


def promises(text: str) -> list[tuple[str, list[str]]]:
    """Return each promise with the tests that its row names."""
    rows = [row.split(" | ") for row in ROW.findall(text) if not row.startswith("promise")]
    return [(promise, CODE.findall(tests)) for promise, tests in rows]


def names_in(path: Path) -> set[str]:
    """List the tests of a file as pytest names them, parameters left out."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {f"{prefix}{one.name}" for one in inner if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    return found


class TestPromises:
    @pytest.mark.parametrize("whose", TEXTS)
    def test_name_tests_that_exist(self, whose: str) -> None:
        found = promises(TEXTS[whose].read_text(encoding="utf-8"))
        assert len(found) >= {"template": 18, "project": 52}[whose]
        missing = []
        for promise, tests in found:
            assert tests, promise
            for each in tests:
                file, _, name = each.partition("::")
                path = (
                    REPOSITORY / "tests" / file.removeprefix("template/")
                    if file.startswith("template/")
                    else PROJECT / file
                )
                if not path.is_file() or name not in names_in(path):
                    missing.append(each)
        assert missing == []

    @pytest.mark.parametrize("whose", TEXTS)
    def test_come_with_what_is_out_of_scope_and_how_to_report(self, whose: str) -> None:
        text = TEXTS[whose].read_text(encoding="utf-8")
        assert "\n## Out of scope\n" in text
        assert "Report a vulnerability" in text
        assert not re.search(r"\S+@\S+\.\w+", text), "no address of a person"

    def test_are_named_in_both_readmes(self) -> None:
        headings = re.findall(r"^### (.+)$", TEXTS["project"].read_text(encoding="utf-8"), re.MULTILINE)
        assert len(headings) >= 10
        for folder in (REPOSITORY, PROJECT):
            text = (folder / "README.md").read_text(encoding="utf-8")
            named = [about for about, *_ in table(text, "What is promised")]
            assert named == [heading[0].lower() + heading[1:] for heading in headings]
            assert "SECURITY.md" in text
