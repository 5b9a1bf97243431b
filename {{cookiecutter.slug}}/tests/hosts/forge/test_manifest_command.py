"""An add-on with `[jira]` becomes an app by three lines: `addon manifest` as somebody types it in their project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.connect.projects import copy_project
from tests.hosts.forge.apps import APP
from tests.support.running import KEY

CONNECT = """
[addon]
key = "com.example.hello"
name = "Hello"
description = "Says hello"

[jira]
scopes = ["READ"]

[jira.generalPages.hello]
name = "Hello"
location = "system.top.navigation.bar"
"""
THREE_LINES = f"""
[forge]
app = "{APP}"
scopes = ["read:jira-work"]
"""
HANDLERS = '''
"""Says hello."""

from app.connect import AddonRouter, Ctx, Page
from app.connect.hosts.atlassian import IssueUpdated, JiraCtx, JiraRouter

router, jira = AddonRouter(), JiraRouter()
routers = (router, jira)


@router.page("hello")
async def hello(_: Ctx) -> Page:
    """Answer the page."""
    return Page("<p>Hello</p>")


@jira.on(IssueUpdated)
async def mention(ctx: JiraCtx, event: IssueUpdated) -> None:
    """Note what changed."""
    ctx.log.info("%s changed", event.issue.key)
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with a page for Jira and nothing of Forge."""
    root = copy_project(tmp_path)
    (root / "addon.toml").write_text(CONNECT, encoding="utf-8")
    (root / "app" / "addon" / "__init__.py").write_text(HANDLERS, encoding="utf-8")
    return root


def addon(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the `addon` command in a project."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "TMPDIR", "SYSTEMROOT"}}
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "app.connect.cli", *arguments],
        cwd=project,
        env={**kept, "SECRET_KEYS": KEY},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


class TestThreeLines:
    def test_make_an_app_of_a_connect_addon(self, project: Path) -> None:
        none = addon(project, "manifest")
        assert (none.returncode, none.stdout) == (1, "")
        assert "None of the hosts reads a manifest: jira." in none.stderr

        with (project / "addon.toml").open("a", encoding="utf-8") as file:
            file.write(THREE_LINES)
        unwritten = addon(project, "manifest", "--check")
        assert unwritten.returncode == 1
        assert "manifest.yml cannot be read: No such file or directory. Write it: addon manifest >" in unwritten.stderr

        printed = addon(project, "manifest")
        assert (printed.returncode, printed.stderr) == (0, "")
        made = yaml.safe_load(printed.stdout)
        assert made["app"]["id"] == APP
        assert made["connectModules"]["jira:generalPages"][0]["url"] == "/jira/page/hello"
        assert "avi:jira:updated:issue" in made["modules"]["trigger"][1]["events"]

        (project / "manifest.yml").write_text(printed.stdout, encoding="utf-8")
        same = addon(project, "manifest", "--check")
        assert (same.returncode, same.stdout) == (0, "manifest.yml says what addon.toml and the handlers say.\n")

        text = (project / "addon.toml").read_text(encoding="utf-8")
        more = text.replace('scopes = ["read:jira-work"]', 'scopes = ["read:jira-work", "write:jira-work"]')
        (project / "addon.toml").write_text(more, encoding="utf-8")
        (project / "manifest.yml").rename(project / "old.yml")
        behind = addon(project, "manifest", "--check", "old.yml")
        assert behind.returncode == 1
        assert behind.stdout.splitlines() == [
            "old.yml is behind addon.toml and the handlers:",
            '  permissions.scopes: "write:jira-work" is missing in the file',
            "Deployed, this is a new major version. Every tenant keeps the old one until it approves:",
            '  The scope "write:jira-work" is new.',
            "Write it anew: addon manifest > old.yml",
        ]
