"""Makes the default project from an export of the template, and installs it."""

import shutil
import subprocess
from pathlib import Path

from tools.environments import Progress, install, program, without_outer_environment
from tools.export import export
from tools.failure import StepError
from tools.paths import BUILD, EXPORT, PROJECT, REPOSITORY, TOOLS_ENVIRONMENT, WITH_PLUMBING_TESTS
from tools.requirements import read_group


def ensure_cookiecutter(*, progress: Progress) -> str:
    """Install cookiecutter unless it is there, and return its path."""
    command = program(TOOLS_ENVIRONMENT, "cookiecutter")
    if not Path(command).exists():
        wanted = [line for line in read_group("dev") if line.startswith("cookiecutter")]
        install(TOOLS_ENVIRONMENT, wanted, folder=REPOSITORY, progress=progress)
    return command


def bake(*answers: str, progress: Progress) -> Path:
    """Replace build/builds by a project made with Enter at every other question; its environment is kept."""
    ensure_cookiecutter(progress=progress)
    export(EXPORT)
    kept = PROJECT / ".venv"
    aside = BUILD / "kept-environment"
    if kept.exists() and not aside.exists():
        kept.rename(aside)
    if PROJECT.exists():
        shutil.rmtree(PROJECT)
    _make_project(BUILD, *answers)
    if aside.exists():
        aside.rename(kept)
    return PROJECT


def bake_with_plumbing_tests() -> Path:
    """Make one more project from the same export, with the plumbing's own tests in it."""
    if WITH_PLUMBING_TESTS.exists():
        shutil.rmtree(WITH_PLUMBING_TESTS)
    _make_project(WITH_PLUMBING_TESTS.parent, "plumbing_tests=yes")
    return WITH_PLUMBING_TESTS


def _make_project(folder: Path, *answers: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(
        [program(TOOLS_ENVIRONMENT, "cookiecutter"), "--no-input", "--default-config", str(EXPORT), *answers],
        cwd=folder,
        env=without_outer_environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise StepError(
            "cookiecutter made no project",
            seen=made.stdout + made.stderr,
            hint="run the template's tests: make test",
        )


def install_project(project: Path, environment: Path, *, progress: Progress) -> str:
    """Install `project` as its README says, and return the installer's name."""
    return install(environment, ["-c", "constraints.txt", "-e", ".[dev]"], folder=project, progress=progress)
