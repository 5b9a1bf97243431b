"""No module reads the clock as it is imported: in a run of a quarter of an hour "in ten minutes" would be the past."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connect.rules.sources import name_of, sources, tree_of

CLOCKS = {"time.time", "time.monotonic", "datetime.now", "date.today", "ago", "monotonic"}


def clocks_at_import(tree: ast.AST) -> Iterator[int]:
    """Yield the lines that ask a clock outside of functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for asked in (*node.decorator_list, node.args):
                yield from clocks_at_import(asked)
            continue
        if isinstance(node, ast.Call) and ast.unparse(node.func) in CLOCKS:
            yield node.lineno
        yield from clocks_at_import(node)


@pytest.mark.parametrize("folder", ["app", "devhost", "tests"])
def test_nothing_reads_the_clock_at_import(folder: str) -> None:
    found = [f"{name_of(path)}:{line}" for path in _all(folder) for line in clocks_at_import(tree_of(path))]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "NOW = int(time.time())",
        "def f(x=datetime.now(UTC)): ...",
        "@mark(ago(3))\ndef f(): ...",
        "class A:\n x = ago(1)",
    ],
)
def test_is_found_wherever_it_stands(text: str) -> None:
    assert list(clocks_at_import(ast.parse(text)))


def test_is_read_in_functions() -> None:
    assert not list(clocks_at_import(ast.parse("def f():\n    return time.time()\ng = lambda: ago(1)")))


def _all(folder: str) -> list[Path]:
    files = sources(folder)
    assert files or folder == "devhost"
    return files
