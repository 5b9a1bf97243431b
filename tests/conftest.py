"""Fixtures for the template's tests: an export of the template, and projects made from it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest
from cookiecutter.main import cookiecutter

from tests.programs import Python, kept_by_all
from tools.bake import install_project
from tools.environments import program
from tools.export import export
from tools.paths import BUILD


class Bake(Protocol):
    """Makes a project from answers; questions without an answer take their default."""

    def __call__(self, folder: Path, **answers: str | bool) -> Path:
        """Make a project inside `folder` and return its path."""


class Converse(Protocol):
    """Answers the questions of the command line."""

    def __call__(self, answers: list[str], folder: Path, /, *given: str) -> subprocess.CompletedProcess[str]:
        """Type one line for each question; with no line nothing is asked, and `given` is on the command line."""


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an export of the template, as git sees it."""
    return export(tmp_path_factory.mktemp("template") / "connect-template")


@pytest.fixture(scope="session")
def cookiecutter_settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return settings which keep cookiecutter out of the home folder."""
    folder = tmp_path_factory.mktemp("cookiecutter")
    settings = folder / "settings.yaml"
    settings.write_text(f"cookiecutters_dir: {folder / 'clones'}\nreplay_dir: {folder / 'replay'}\n")
    return settings


@pytest.fixture(scope="session")
def bake(template: Path, cookiecutter_settings: Path) -> Bake:
    """Return a function that makes projects through cookiecutter's own entry point."""

    def make(folder: Path, **answers: str | bool) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        made = cookiecutter(
            str(template),
            no_input=True,
            extra_context=answers,
            output_dir=str(folder),
            config_file=str(cookiecutter_settings),
        )
        return Path(made)

    return make


@pytest.fixture(scope="session")
def default_project(bake: Bake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project made with Enter at every question."""
    return bake(tmp_path_factory.mktemp("default"))


@pytest.fixture(scope="session")
def full_project(bake: Bake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that brings the plumbing's own tests along."""
    return bake(tmp_path_factory.mktemp("full"), plumbing_tests="yes")


@pytest.fixture
def converse(template: Path, cookiecutter_settings: Path) -> Converse:
    """Return a function that runs the command line and types the answers."""

    def run(answers: list[str], folder: Path, /, *given: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "cookiecutter",
                "--config-file",
                str(cookiecutter_settings),
                *([] if answers else ["--no-input"]),
                str(template),
                *given,
            ],
            cwd=folder,
            input="".join(f"{answer}\n" for answer in answers),
            capture_output=True,
            check=False,
            encoding="utf-8",
            env=None,
        )

    return run


@pytest.fixture(scope="session")
def project_python(default_project: Path) -> str:
    """Return a Python with everything that a project installs; `make test` has one ready."""
    given = os.environ.get("PROJECT_PYTHON")
    if given:
        return given
    environment = BUILD / "in-place"
    install_project(default_project, environment, progress=print)
    return program(environment, "python")


@pytest.fixture(scope="session")
def python(project_python: str, tmp_path_factory: pytest.TempPathFactory) -> Python:
    """Return the same, to run in projects."""
    return Python(project_python, kept_by_all(tmp_path_factory))
