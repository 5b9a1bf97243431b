"""The source files of the project, and what counts as a line of one."""

import ast
from pathlib import Path

from app.connect.application import ROOT

CORE = ROOT / "app" / "connect"
HOSTS = CORE / "hosts"


def sources(folder: str | Path) -> list[Path]:
    """List the Python files below a folder of the project."""
    return sorted((ROOT / folder).rglob("*.py"))


def core_sources() -> list[Path]:
    """List the files of the core: the plumbing without any host's folder; the seam and the loader belong to it."""
    return [path for path in sources(CORE) if HOSTS not in path.parents or path.parent == HOSTS]


def hosts() -> list[str]:
    """Name the hosts that ship."""
    return sorted(path.parent.name for path in HOSTS.glob("*/__init__.py"))


def tree_of(path: Path) -> ast.Module:
    """Parse a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    """Return a file's path in the project."""
    return path.relative_to(ROOT).as_posix()


def length_of(path: Path) -> int:
    """Count the lines of a file without blank ones and docstrings, those of attributes included."""
    left_out = {
        line
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = path.read_text(encoding="utf-8").splitlines()
    return sum(1 for number, line in enumerate(lines, 1) if line.strip() and number not in left_out)
