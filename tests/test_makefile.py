"""The Makefile of a project: each target is told of, can be run, and does what it says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest


def run_make(
    project: Path, *arguments: str, path: Path | None = None, settings: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run make in a project; `path` holds programs that are found first."""
    make = shutil.which("make")
    assert make, "make is missing: apt-get install make"
    found = os.environ["PATH"] if path is None else f"{path}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **(settings or {}), "PATH": found}
    return subprocess.run([make, *arguments], cwd=project, env=environment, check=False, capture_output=True, text=True)


class TestMakefile:
    @pytest.mark.parametrize(("fixture", "brings"), [("default_project", set[str]()), ("full_project", {"browser"})])
    def test_every_target_in_its_help_can_be_made(
        self, request: pytest.FixtureRequest, fixture: str, brings: set[str]
    ) -> None:
        project: Path = request.getfixturevalue(fixture)
        targets = re.findall(r"^make (\w+)", run_make(project, "help").stdout, re.MULTILINE)
        assert {"devhost", "test"} <= set(targets)
        assert {"browser"} & set(targets) == brings
        for target in targets:
            done = run_make(project, "--dry-run", target)
            assert done.returncode == 0, done.stderr

    def test_formats_where_a_lint_cannot_be_mended(
        self, default_project: Path, project_python: str, tmp_path: Path
    ) -> None:
        project = tmp_path / "project"
        shutil.copytree(default_project, project)
        odd = project / "app/addon/odd.py"
        odd.write_text('"""Holds an odd line."""\n\nimport os\n\n\ndef double( number ):\n    return 2*number\n')
        done = run_make(project, "format", f"RUN={Path(project_python).parent}/")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "\n\n\ndef double(number):\n    return 2 * number\n" in odd.read_text()
        assert "import os" not in odd.read_text()
        assert "odd.py" in run_make(project, "lint", f"RUN={Path(project_python).parent}/").stdout

    def test_says_what_the_frontend_wants_once_the_example_is_gone(
        self, default_project: Path, project_python: str, tmp_path: Path
    ) -> None:
        project = Path(shutil.copytree(default_project, tmp_path / "project"))
        command = "import sys; from app.connect.cli import main; sys.exit(main(sys.argv[1:]))"
        subprocess.run([project_python, "-c", command, "new", "--yes"], cwd=project, check=True, capture_output=True)
        done = run_make(project, "panel", path=silent_npm(tmp_path))
        assert done.returncode == 2
        assert "write index.html, panel.css and panel.js there, as docs/forge.md says" in done.stderr
        assert "npm" not in done.stdout
        (project / "forge/src").mkdir()
        (project / "forge/src/index.html").write_text("<title>Mine</title>")
        assert run_make(project, "panel", path=silent_npm(tmp_path)).returncode == 0


def silent_npm(folder: Path) -> Path:
    """Return a folder with an npm that fetches nothing and succeeds."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "npm").write_text("#!/bin/sh\n")
    (programs / "npm").chmod(0o755)
    return programs
