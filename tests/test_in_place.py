"""Covers the template folder as a working project: its tools run inside it before any answer is filled in."""

import sys
from pathlib import Path

import pytest

from tests.programs import CHECKS, QUIETLY, Python
from tools.export import export
from tools.paths import REPOSITORY, TEMPLATE

CHECKED = ("ruff check", "ruff format", "mypy")


@pytest.fixture(scope="module")
def ungenerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the template folder in an export of its own, since tools leave their caches in it."""
    return export(tmp_path_factory.mktemp("in-place") / "connect-template") / TEMPLATE


class TestUngeneratedProject:
    @pytest.mark.parametrize("check", CHECKED)
    def test_passes(self, ungenerated: Path, python: Python, check: str) -> None:
        python.run(ungenerated, *CHECKS[check])

    def test_has_tests_that_can_be_collected(self, ungenerated: Path, python: Python) -> None:
        python.run(ungenerated, *QUIETLY, "--collect-only")


class TestGeneratedProject:
    @pytest.mark.parametrize("project", ["default_project", "full_project"])
    @pytest.mark.parametrize("check", CHECKED)
    def test_passes(self, request: pytest.FixtureRequest, python: Python, project: str, check: str) -> None:
        python.run(request.getfixturevalue(project), *CHECKS[check])

    def test_every_python_file_compiles(self, default_project: Path, python: Python) -> None:
        python.run(default_project, "-m", "compileall", "-q", "app", "devhost", "migrations", "tests")


class TestOwnCode:
    @pytest.mark.parametrize("check", CHECKED)
    def test_passes(self, tmp_path: Path, check: str) -> None:
        Python(sys.executable, tmp_path).run(REPOSITORY, *CHECKS[check])
