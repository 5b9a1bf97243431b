"""Covers `cruft update`: a project follows the template, and what is the user's stays."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cookiecutter.main import cookiecutter

from tools.export import export
from tools.paths import TEMPLATE

Git = Callable[..., str]


def git(folder: Path, *arguments: str) -> str:
    """Run git in `folder` as somebody, and return what it says."""
    identity = [
        "-c",
        "user.name=Developer",
        "-c",
        "user.email=developer@example.com",
        "-c",
        "commit.gpgsign=false",
    ]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit_all(folder: Path) -> str:
    """Commit what is in `folder` and return the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "change")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Return the template as a git repository with one commit."""
    folder = export(tmp_path / "connect-template")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit_all(folder)
    return folder


@pytest.fixture
def project(published: Path, tmp_path: Path, cookiecutter_settings: Path) -> Path:
    """Return a project made from the published template, under version control as a user would have it."""
    made = cookiecutter(str(published), no_input=True, output_dir=str(tmp_path), config_file=str(cookiecutter_settings))
    git(Path(made), "init", "--quiet", "--initial-branch", "main")
    commit_all(Path(made))
    return Path(made)


def update(project: Path) -> str:
    """Run `cruft update`; its exit code says nothing, so only the output is returned."""
    command = [sys.executable, "-m", "cruft", "update", "--skip-apply-ask"]
    return subprocess.run(command, cwd=project, check=False, capture_output=True, text=True).stdout


def append(path: Path, text: str) -> None:
    """Add `text` to the end of a file."""
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


class TestCommit:
    def test_is_the_one_the_project_was_made_from(self, published: Path, project: Path) -> None:
        record = json.loads((project / ".cruft.json").read_text())
        assert record["commit"] == git(published, "rev-parse", "HEAD")
        assert record["template"] == str(published)

    def test_is_found_when_the_template_is_named_by_a_relative_path(
        self, published: Path, tmp_path: Path, cookiecutter_settings: Path
    ) -> None:
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        subprocess.run(
            [
                sys.executable,
                "-m",
                "cookiecutter",
                "--no-input",
                "--config-file",
                str(cookiecutter_settings),
                "../connect-template",
            ],
            cwd=folder,
            check=True,
            capture_output=True,
        )
        record = json.loads((folder / "builds/.cruft.json").read_text())
        assert record["commit"] == git(published, "rev-parse", "HEAD")
        assert record["template"] == str(published)

    def test_is_found_in_the_clone_that_cookiecutter_makes_of_an_address(
        self, published: Path, tmp_path: Path, cookiecutter_settings: Path
    ) -> None:
        address = published.as_uri()
        made = cookiecutter(
            f"git+{address}",
            no_input=True,
            output_dir=str(tmp_path / "out"),
            config_file=str(cookiecutter_settings),
        )
        record = json.loads((Path(made) / ".cruft.json").read_text())
        assert record["commit"] == git(published, "rev-parse", "HEAD")
        assert record["template"] == address


class TestUpdate:
    def test_brings_changed_plumbing(self, published: Path, project: Path) -> None:
        append(published / TEMPLATE / "Makefile", "\n# a newer line\n")
        append(published / TEMPLATE / "app/connect/__init__.py", "\n# a newer line\n")
        newest = commit_all(published)
        update(project)
        assert (project / "Makefile").read_text().endswith("\n# a newer line\n")
        assert (project / "app/connect/__init__.py").read_text().endswith("\n# a newer line\n")
        assert json.loads((project / ".cruft.json").read_text())["commit"] == newest

    def test_leaves_what_is_the_users(self, published: Path, project: Path) -> None:
        theirs = ["addon.toml", "README.md", ".env", "app/addon/__init__.py", "tests/addon/__init__.py"]
        present = [name for name in theirs if (project / name).is_file()]
        for name in present:
            append(project / name, "# mine\n")
            if (published / TEMPLATE / name).is_file():
                append(published / TEMPLATE / name, "# from the template\n")
        append(published / TEMPLATE / "Makefile", "\n# a newer line\n")
        commit_all(project)
        commit_all(published)
        before = {name: (project / name).read_bytes() for name in present}
        update(project)
        assert {".env", "README.md", "addon.toml"} <= set(present)
        assert {name: (project / name).read_bytes() for name in present} == before
        assert (project / "Makefile").read_text().endswith("# a newer line\n")

    def test_merges_the_two_lists_of_packages(self, published: Path, project: Path) -> None:
        ours, theirs = published / TEMPLATE / "pyproject.toml", project / "pyproject.toml"
        theirs.write_text(theirs.read_text().replace("addon = [\n", 'addon = [\n    "example-package>=1",\n'))
        ours.write_text(ours.read_text().replace('    "uvicorn>=0.40,<1",\n', '    "uvicorn>=0.41,<1",\n'))
        commit_all(project)
        commit_all(published)
        update(project)
        merged = theirs.read_text()
        assert '    "uvicorn>=0.41,<1",\n' in merged
        assert 'addon = [\n    "example-package>=1",\n' in merged

    def test_leaves_no_rejected_pieces(self, published: Path, project: Path) -> None:
        append(published / TEMPLATE / "Makefile", "\n# a newer line\n")
        commit_all(published)
        update(project)
        assert [path.name for path in project.rglob("*.rej")] == []
        assert git(project, "diff", "--name-only", "--diff-filter=U") == ""
