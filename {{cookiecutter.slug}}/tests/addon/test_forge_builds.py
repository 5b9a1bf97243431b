"""How the panel of an app of Forge is answered, told from the site's side: by the issue in view, and for its tenant."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.addon.forge_builds import panel_router
from app.connect.application import ROOT, Application
from app.connect.declare.author import find_routers
from app.connect.declare.manifest import NAME, read_document
from app.connect.hosts.kept import KeptDocument
from app.connect.settings import Settings
from devhost.dialects.forge.apps import ForgeInstallation
from devhost.testing import Devhost
from tests.addon.test_issue_builds import comment_on_issues, report
from tests.support.running import ADDON, Clock, RunningAddon

KEY = "issue-builds"
FORGE: dict[str, Any] = {
    "app": "ari:cloud:ecosystem::app/00000000-0000-0000-0000-000000000000",
    "scopes": ["read:jira-work", "write:jira-work"],
    "modules": {"jira:issuePanel": {KEY: {"title": "Builds", "icon": "builds.svg", "resource": "main"}}},
    "resources": {"main": "forge/build"},
}
"""What docs/forge.md adds to addon.toml."""


@pytest.fixture
async def addon(settings: Settings, devhost: Devhost, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningAddon]:
    """The add-on with its panel switched on."""
    for name, value in RunningAddon.environment.items():
        monkeypatch.setenv(name, value)
    clock = Clock()
    document = read_document(ROOT / NAME) | {"forge": FORGE}
    routers = [*find_routers()]
    if all(one.host != "forge" for one in routers):
        routers.append(panel_router())
    app = Application(settings, routers, transport=devhost.transport, document=document, clock=clock).app
    devhost.serve(ADDON, app)
    # The first request makes keys and routes, for which the add-on's patience is not meant.
    assert (await devhost.client.get(devhost.forge.state.jwks_url)).status_code == 200
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=ADDON) as http,
    ):
        yield RunningAddon(app, devhost, http, clock)


async def move(addon: RunningAddon, site: str = "jira") -> tuple[ForgeInstallation, str]:
    """Install the add-on by Connect, move the site to Forge, and return an API token of before, too."""
    token = await addon.site_api_token(await addon.install_on_site(site), site=site)
    document = addon.parts.documents["forge"]
    assert isinstance(document, KeptDocument)
    moved = await addon.devhost.forge.move(document.body.decode(), site=site, variables={"BASE_URL": ADDON})
    await addon.settle()
    return moved, token


async def ask(
    addon: RunningAddon, moved: ForgeInstallation, *, issue: str = "TP-7", site: str = "", **body: Any
) -> tuple[int | None, Any]:
    """Ask as the panel's script does, and return the status and what it reads."""
    path = f"/forge/call/{KEY}"
    forge_host = addon.devhost.forge
    place: dict[str, Any] = {"issue": issue} if issue else {}
    answer = await forge_host.invoke(moved, KEY, path, method="POST", body=body, site=site, user="developer", **place)
    return answer.status, json.loads(answer.body)


def titles(said: Any) -> list[str]:
    return [one["title"] for one in said["builds"]]


class TestPanel:
    async def test_lists_the_builds_of_the_issue_in_view(self, addon: RunningAddon) -> None:
        moved, token = await move(addon)
        assert await report(addon, token, url="https://ci.example.com/web/1") == 201
        await report(addon, token, number=2, branch="tp-7", status="passed")
        await report(addon, token, number=3, branch="feature/TP-2")
        status, said = await ask(addon, moved)
        assert (status, said["issueKey"], titles(said)) == (200, "TP-7", ["web #2", "web #1"])
        oldest = said["builds"][1]
        assert datetime.fromisoformat(oldest.pop("reportedAt")).tzinfo is not None
        assert oldest == {
            "title": "web #1",
            "status": "failed",
            "branch": "feature/TP-7-login",
            "url": "https://ci.example.com/web/1",
        }
        assert titles((await ask(addon, moved, issue="TP-2"))[1]) == ["web #3"]

    async def test_says_that_there_are_none(self, addon: RunningAddon) -> None:
        moved, _ = await move(addon)
        assert await ask(addon, moved) == (200, {"issueKey": "TP-7", "builds": []})

    async def test_leaves_out_what_passed_where_it_is_told_to(self, addon: RunningAddon) -> None:
        moved, token = await move(addon)
        for number, outcome in enumerate(("failed", "passed"), 1):
            await report(addon, token, number=number, status=outcome)
        assert titles((await ask(addon, moved, failedOnly=True))[1]) == ["web #1"]

    async def test_shows_no_more_than_the_tenant_chose_before_it_moved(self, addon: RunningAddon) -> None:
        installation = await addon.install_on_site()
        frame = await addon.devhost.open_module(installation.key, "settings", user="Admin")
        assert (await frame.submit({"listed": 2}, form="settings-form")).is_success
        moved, token = await move(addon)
        for number in (1, 2, 3):
            await report(addon, token, number=number)
        assert titles((await ask(addon, moved))[1]) == ["web #3", "web #2"]


class TestPlace:
    async def test_is_the_tokens_and_never_the_bodys(self, addon: RunningAddon) -> None:
        moved, token = await move(addon)
        await report(addon, token)
        status, said = await ask(addon, moved, issue="TP-2", issueKey="TP-7")
        assert (status, "web #1" in str(said)) == (422, False)
        assert titles((await ask(addon, moved, issue="TP-2"))[1]) == []

    async def test_that_is_no_issue_is_told_what_to_do(self, addon: RunningAddon) -> None:
        moved, _ = await move(addon)
        status, said = await ask(addon, moved, issue="")
        assert status == 400
        assert said["error"]["message"] == "This lists the builds of an issue. Show the panel on an issue."

    async def test_of_another_site_shows_nothing_of_this_one(self, addon: RunningAddon) -> None:
        other = addon.devhost.sites.state.sites.add("other", "jira")
        project = other.tracker.add_project("TP", "Of somebody else")
        project.count = 6
        other.tracker.add_issue(project, "Theirs", reporter=addon.devhost.admin, at=datetime.now(UTC))
        moved, token = await move(addon)
        theirs, _ = await move(addon, "other")
        await report(addon, token)
        assert titles((await ask(addon, moved))[1]) == ["web #1"]
        assert titles((await ask(addon, theirs, site="other"))[1]) == []


class TestJobs:
    async def test_of_a_report_run_after_the_move_too(self, addon: RunningAddon) -> None:
        await comment_on_issues(addon, await addon.install_on_site())
        _, token = await move(addon)
        await report(addon, token)
        await report(addon, token, number=2, status="passed")
        assert addon.devhost.sites.issue("TP-7").properties["builds"] == {"state": "passed", "failing": 0}
        assert len(addon.devhost.sites.comments("TP-7")) == 1
