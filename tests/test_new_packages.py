"""An update may bring a package that is not installed yet: the start says so, and what to type."""

import subprocess
from pathlib import Path

import pytest

from tests.conftest import Bake

INSTALL = "pip install -c constraints.txt -e '.[dev]'"
COMMAND = "import sys; from app.connect.cli import main; sys.exit(main(sys.argv[1:]))"
STARTS = {
    "addon": ["-c", COMMAND, "check"],
    "uvicorn": ["-m", "uvicorn", "app.main:app", "--port", "0"],
    "alembic": ["-m", "alembic", "current"],
}


def run(python: str, project: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([python, *arguments], cwd=project, check=False, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def behind(bake: Bake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project whose pyproject.toml names packages that nobody installed, one of them for another system."""
    project = bake(tmp_path_factory.mktemp("behind"))
    file = project / "pyproject.toml"
    more = (
        'dependencies = [\n    "connect-novelty>=1,<2",\n    "connect.further[extra]",'
        "\n    \"connect-elsewhere; sys_platform == 'plan9'\","
    )
    file.write_text(file.read_text(encoding="utf-8").replace("dependencies = [", more, 1), encoding="utf-8")
    return project


class TestMissingPackages:
    @pytest.mark.parametrize("start", STARTS)
    def test_are_named_with_the_command_that_installs_them(self, behind: Path, project_python: str, start: str) -> None:
        done = run(project_python, behind, STARTS[start])
        assert done.returncode == 1
        [said] = done.stderr.splitlines()
        assert said.endswith(": connect-novelty, connect.further. Run `make install`, or " + INSTALL)

    def test_are_none_in_a_new_project(self, default_project: Path, project_python: str) -> None:
        assert run(project_python, default_project, ["-c", "import app"]).stderr == ""

    def test_are_not_looked_for_without_the_list(self, behind: Path, project_python: str, tmp_path: Path) -> None:
        """An image holds the code and what was installed for it."""
        (tmp_path / "app").mkdir()
        for name in ("__init__.py", "installed.py"):
            (tmp_path / "app" / name).write_bytes((behind / "app" / name).read_bytes())
        assert run(project_python, tmp_path, ["-c", "import app"]).returncode == 0

    def test_are_installed_by_the_command_that_the_readme_has(self, behind: Path) -> None:
        for name in ("app/installed.py", "README.md"):
            assert INSTALL in (behind / name).read_text(encoding="utf-8")
