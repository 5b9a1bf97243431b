"""The devhost's rooms: who may import whom, and how much each part may hold."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

import devhost

ROOT = Path(devhost.__file__ or "").parent
# From the bottom to the top; a room imports what stands before it.
ROOMS = ("world", "wire", "acts", "page", "chat")
# What every room may import, and what puts everything together.
GROUND, ROOF = {"errors", "settings"}, {"__main__", "app", "testing"}
DIALECTS = sorted(path.name for path in (ROOT / "dialects").iterdir() if path.is_dir() and path.name != "__pycache__")
FILES = sorted(ROOT.rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room(path: Path) -> str:
    """Return the room of a file; for a file outside of rooms its own name."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """List the modules of the devhost that a file imports anywhere, without the package's name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from (one.removeprefix("devhost.") for one in names if one.startswith("devhost."))


def lines(path: Path) -> int:
    """Count a file's lines without blank ones and docstrings."""
    text = path.read_text(encoding="utf-8")
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        number
        for node in ast.walk(ast.parse(text))
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None
        for number in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    return sum(1 for number, line in enumerate(text.splitlines(), 1) if line.strip() and number not in docstrings)


class TestImports:
    def test_every_file_is_in_a_known_room(self) -> None:
        known = {*ROOMS, *GROUND, *ROOF, "dialects", "__init__"}
        assert [name(path) for path in FILES if room(path) not in known] == []

    @pytest.mark.parametrize("here", ROOMS)
    def test_rooms_import_downwards_only(self, here: str) -> None:
        allowed = {*ROOMS[: ROOMS.index(here) + 1], *GROUND}
        upwards = [
            f"{name(path)} imports {module}"
            for path in FILES
            if room(path) == here
            for module in imported(path)
            if module.split(".")[0] not in allowed
        ]
        assert upwards == []

    @pytest.mark.parametrize("file", sorted(GROUND))
    def test_ground_imports_no_room(self, file: str) -> None:
        assert list(imported(ROOT / f"{file}.py")) == []

    def test_one_place_puts_dialect_and_shell_together(self) -> None:
        found = {
            name(path)
            for path in FILES
            if room(path) != "dialects" and any(module.startswith("dialects") for module in imported(path))
        }
        assert found == {"app.py", "testing.py"}

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_dialects_import_neither_each_other_nor_the_roof(self, dialect: str) -> None:
        package = importlib.import_module(f"devhost.dialects.{dialect}")
        allowed = {dialect, *getattr(package, "STANDS_ON", ())}
        wrong = [
            f"{name(path)} imports {module}"
            for path in (ROOT / "dialects" / dialect).rglob("*.py")
            for module in imported(path)
            if module.split(".")[0] in ROOF or (module.startswith("dialects.") and module.split(".")[1] not in allowed)
        ]
        assert wrong == []


class TestBudgets:
    """Of lines that are neither blank nor docstrings: what plays chat is in `chat` and in a dialect of its own."""

    def test_of_the_shell(self) -> None:
        assert sum(lines(path) for path in FILES if room(path) != "dialects") < 3600

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_of_a_dialect(self, dialect: str) -> None:
        assert sum(lines(path) for path in (ROOT / "dialects" / dialect).rglob("*.py")) < 3600

    def test_no_file_is_long_and_half_of_them_are_short(self) -> None:
        lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
        assert {file: length for file, length in lengths.items() if length > 300} == {}
        assert median(length for file, length in lengths.items() if not file.endswith("__init__.py")) < 100
