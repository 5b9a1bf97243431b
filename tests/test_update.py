"""Covers `cruft update`: a project follows the template, and what is the user's stays."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cookiecutter.main import cookiecutter

from tests.conftest import Bake
from tests.project_files import files_of
from tools.export import export
from tools.paths import TEMPLATE

PLUMBING = {"browser", "connect", "devhost", "hosts"}


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


Make = Callable[..., Path]


@pytest.fixture
def make(published: Path, tmp_path: Path, cookiecutter_settings: Path) -> Make:
    """Return a function that makes a project from the published template and puts it under version control."""

    def make_project(**answers: str) -> Path:
        made = cookiecutter(
            str(published),
            no_input=True,
            extra_context=answers,
            output_dir=str(tmp_path),
            config_file=str(cookiecutter_settings),
        )
        git(Path(made), "init", "--quiet", "--initial-branch", "main")
        commit_all(Path(made))
        return Path(made)

    return make_project


@pytest.fixture
def project(make: Make) -> Path:
    """Return a project as a user has it who answered every question with Enter."""
    return make()


def update(project: Path, *options: str) -> str:
    """Run `cruft update`; its exit code says nothing, so only the output is returned."""
    command = [sys.executable, "-m", "cruft", "update", "--skip-apply-ask", *options]
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
    def test_does_not_say_what_to_do_with_a_new_project(self, published: Path, project: Path) -> None:
        append(published / TEMPLATE / "Makefile", "\n# a newer line\n")
        commit_all(published)
        said = update(project)
        assert "has been updated" in said
        assert "Next:" not in said
        assert "Made builds" not in said

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

    @pytest.mark.parametrize("answer", ["yes", "no"])
    def test_brings_plumbing_tests_to_those_who_wanted_them(self, published: Path, make: Make, answer: str) -> None:
        changed, added = "tests/connect/conftest.py", "tests/connect/test_newer.py"
        project = make(plumbing_tests=answer)
        append(published / TEMPLATE / changed, "\n# a newer line\n")
        (published / TEMPLATE / added).write_text('"""Covers what is newer."""\n')
        append(published / TEMPLATE / "Makefile", "\n# a newer line\n")
        commit_all(published)
        update(project)
        assert (project / "Makefile").read_text().endswith("\n# a newer line\n")
        if answer == "yes":
            assert (project / changed).read_text().endswith("\n# a newer line\n")
            assert (project / added).read_text() == '"""Covers what is newer."""\n'
        else:
            assert [path.name for path in (project / "tests").iterdir() if path.name in PLUMBING] == []

    @pytest.mark.parametrize(("before", "after"), [("no", "yes"), ("yes", "no")])
    def test_follows_when_the_answer_changes(
        self, published: Path, make: Make, bake: Bake, tmp_path: Path, before: str, after: str
    ) -> None:
        project = make(plumbing_tests=before)
        # An update before the change: cruft then keeps more in its record than our hook wrote.
        append(published / TEMPLATE / "Makefile", "\n# a newer line\n")
        commit_all(published)
        update(project)
        commit_all(project)
        update(project, "--variables-to-update", json.dumps({"plumbing_tests": after}))
        wanted = bake(tmp_path / "wanted", plumbing_tests=after)
        assert files_of(project) - {name for name in files_of(project) if name.startswith(".git/")} == files_of(wanted)
        answers = json.loads((project / ".cruft.json").read_text())["context"]["cookiecutter"]
        assert answers["plumbing_tests"] == after

    @pytest.mark.parametrize(("before", "after"), [("all", "chat"), ("chat", "atlassian"), ("atlassian", "all")])
    def test_follows_to_other_hosts_in_all_that_is_the_templates(
        self, published: Path, make: Make, bake: Bake, tmp_path: Path, before: str, after: str
    ) -> None:
        project = make(hosts=before)
        append(published / TEMPLATE / "Makefile", "\n# a newer line\n")
        commit_all(published)
        update(project)
        assert (project / "Makefile").read_text().endswith("\n# a newer line\n")
        commit_all(project)
        update(project, "--variables-to-update", json.dumps({"hosts": after}))
        wanted = bake(tmp_path / "wanted", hosts=after)
        own = (".git/", ".env", ".cruft.json", "README.md", "addon.toml")
        yours = (*own, "app/addon/", "forge/", "migrations/", "tests/addon/")
        ours = {name for name in files_of(wanted) if not name.startswith(yours) or name == ".env.example"}
        assert {name for name in files_of(project) if not name.startswith(yours) or name == ".env.example"} == ours
        differ = [name for name in ours if (project / name).read_bytes() != (wanted / name).read_bytes()]
        assert differ == ["Makefile"]
        assert (project / "Makefile").read_text() == (wanted / "Makefile").read_text() + "\n# a newer line\n"

    @pytest.mark.parametrize(("before", "after"), [("yes", "no"), ("no", "yes")])
    def test_follows_to_plain_tokens_and_back(
        self, published: Path, make: Make, bake: Bake, tmp_path: Path, before: str, after: str
    ) -> None:
        project = make(access=before)
        append(published / TEMPLATE / "Makefile", "\n# a newer line\n")
        commit_all(published)
        update(project, "--variables-to-update", json.dumps({"access": after}))
        wanted = bake(tmp_path / "wanted", access=after)
        own = (".git/", ".env", ".cruft.json", "README.md", "addon.toml")
        yours = (*own, "app/addon/", "forge/", "migrations/", "tests/addon/")
        ours = {name for name in files_of(wanted) if not name.startswith(yours) or name == ".env.example"}
        assert {name for name in files_of(project) if not name.startswith(yours) or name == ".env.example"} == ours
        differ = [name for name in ours if (project / name).read_bytes() != (wanted / name).read_bytes()]
        assert differ == ["Makefile"]

    def test_takes_them_from_a_project_older_than_the_question(self, published: Path, make: Make) -> None:
        hook = published / "hooks/post_gen_project.py"
        newer = hook.read_text()
        hook.write_text(
            newer.replace('"plumbing_tests",\n        {"yes"},', '"plumbing_tests",\n        {"no", "yes"},')
        )
        commit_all(published)
        project = make()
        assert (project / "tests/connect").is_dir()
        hook.write_text(newer)
        commit_all(published)
        update(project)
        kept = {"addon", "conftest.py", "support", "test_public_routes.py"}
        assert {path.name for path in (project / "tests").iterdir()} == kept

    def test_leaves_no_rejected_pieces(self, published: Path, project: Path) -> None:
        append(published / TEMPLATE / "Makefile", "\n# a newer line\n")
        commit_all(published)
        update(project)
        assert [path.name for path in project.rglob("*.rej")] == []
        assert git(project, "diff", "--name-only", "--diff-filter=U") == ""
