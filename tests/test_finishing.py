"""Covers hooks/post_gen_project.py: the settings file and the record for updates."""

import json
import stat
import subprocess
from pathlib import Path

import pytest

from hooks.post_gen_project import read_commit, read_origin
from tests.conftest import Bake

HASH = "0123456789abcdef0123456789abcdef01234567"


def settings_of(project: Path) -> dict[str, str]:
    """Read the lines of .env that are in force."""
    lines = (project / ".env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


class TestEnv:
    def test_is_for_its_owner_only(self, default_project: Path) -> None:
        assert stat.S_IMODE((default_project / ".env").stat().st_mode) == 0o600

    def test_starts_the_addon_on_this_machine(self, default_project: Path) -> None:
        settings = settings_of(default_project)
        assert set(settings) == {"ENVIRONMENT", "SECRET_KEYS", "BASE_URL", "ATLASSIAN_KEYS_URL", "ATLASSIAN_OAUTH_URL"}
        assert settings["ENVIRONMENT"] == "development"
        assert settings["BASE_URL"] == "http://127.0.0.1:8000"
        assert len(settings["SECRET_KEYS"]) >= 64

    def test_of_a_project_for_chat_names_no_other_host(self, bake: Bake, tmp_path: Path) -> None:
        assert set(settings_of(bake(tmp_path, hosts="chat"))) == {"ENVIRONMENT", "SECRET_KEYS", "BASE_URL"}

    def test_public_address_is_kept_as_a_comment(self, bake: Bake, tmp_path: Path) -> None:
        project = bake(tmp_path, base_url="https://builds.example.com")
        assert "BASE_URL" not in settings_of(project)
        assert "# BASE_URL=https://builds.example.com\n" in (project / ".env").read_text()

    @pytest.mark.parametrize(
        ("hosts", "believed"), [("chat", None), ("atlassian", "http://127.0.0.1:9000/install-keys")]
    )
    def test_believes_the_devhosts_sites_where_there_are_any(
        self, bake: Bake, tmp_path: Path, hosts: str, believed: str | None
    ) -> None:
        assert settings_of(bake(tmp_path, hosts=hosts)).get("ATLASSIAN_KEYS_URL") == believed

    def test_is_ignored_by_git(self, default_project: Path, tmp_path: Path) -> None:
        subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
        (tmp_path / ".gitignore").write_bytes((default_project / ".gitignore").read_bytes())
        ignored = subprocess.run(["git", "check-ignore", "-q", ".env"], cwd=tmp_path, check=False)
        assert ignored.returncode == 0


class TestRecord:
    def test_holds_the_answers_and_where_they_went(self, default_project: Path, template: Path) -> None:
        record = json.loads((default_project / ".cruft.json").read_text())
        assert record == {
            "template": str(template),
            "commit": None,
            "checkout": None,
            "context": {
                "cookiecutter": {
                    "name": "Builds",
                    "slug": "builds",
                    "description": "Shows the state of your builds",
                    "vendor": "Example Company",
                    "base_url": "http://127.0.0.1:8000",
                    "hosts": "all",
                    "access": "yes",
                    "deploy": "compose",
                    "plumbing_tests": "no",
                    "_template": str(template),
                }
            },
            "directory": None,
            "skip": [".cruft.json", ".env"],
        }

    def test_no_hook_makes_a_git_repository(self, default_project: Path) -> None:
        assert not (default_project / ".git").exists()

    def test_unknown_commit_is_said(self, bake: Bake, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        bake(tmp_path)
        assert "the template's commit was not found" in capfd.readouterr().out


class TestCommit:
    @pytest.fixture
    def git(self, tmp_path: Path) -> Path:
        folder = tmp_path / "repository" / ".git"
        (folder / "refs/heads").mkdir(parents=True)
        (folder / "HEAD").write_text("ref: refs/heads/main\n")
        return folder

    def test_is_read_from_a_loose_ref(self, git: Path) -> None:
        (git / "refs/heads/main").write_text(f"{HASH}\n")
        assert read_commit(git.parent) == HASH

    def test_is_read_from_packed_refs(self, git: Path) -> None:
        (git / "packed-refs").write_text(f"# pack-refs with: peeled\n{'9' * 40} refs/heads/x\n{HASH} refs/heads/main\n")
        assert read_commit(git.parent) == HASH

    def test_is_read_from_a_detached_head(self, git: Path) -> None:
        (git / "HEAD").write_text(f"{HASH}\n")
        assert read_commit(git.parent) == HASH

    def test_is_read_in_a_linked_work_tree(self, git: Path, tmp_path: Path) -> None:
        (git / "refs/heads/side").write_text(f"{HASH}\n")
        (git / "worktrees/side").mkdir(parents=True)
        (git / "worktrees/side/HEAD").write_text("ref: refs/heads/side\n")
        (git / "worktrees/side/commondir").write_text("../..\n")
        linked = tmp_path / "linked"
        linked.mkdir()
        (linked / ".git").write_text(f"gitdir: {git / 'worktrees/side'}\n")
        assert read_commit(linked) == HASH

    def test_is_none_before_the_first_commit(self, git: Path) -> None:
        assert read_commit(git.parent) is None

    def test_is_none_outside_git(self, tmp_path: Path) -> None:
        assert read_commit(tmp_path) is None

    def test_is_none_where_git_says_nonsense(self, git: Path) -> None:
        (git / "refs/heads/main").write_text("nonsense\n")
        assert read_commit(git.parent) is None

    def test_origin_is_read_from_the_settings_of_git(self, git: Path) -> None:
        (git / "config").write_text(
            '[core]\n\tbare = false\n[remote "other"]\n\turl = no\n[remote "origin"]\n\turl = https://example.com/t.git\n'
        )
        assert read_origin(git.parent) == "https://example.com/t.git"
