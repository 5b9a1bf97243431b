"""How the add-on behaves on Jira, told from the site's side and a CI server's."""

import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from app.connect.hosts.atlassian import JiraContext
from app.connect.tenancy.tenant import NOBODY
from devhost.acts.frame import Frame
from devhost.dialects.atlassian.installation import SiteInstallation
from tests.support.running import RunningAddon

HOSTILE = "<script>alert('1')</script>\"><img src=x>{{ 7 * 7 }}"


async def report(addon: RunningAddon, token: str, **changes: object) -> int:
    body = {"name": "web", "number": 1, "status": "failed", "branch": "feature/TP-7-login"} | changes
    answer = await addon.http.post("/api/builds", json=body, headers={"Authorization": f"Bearer {token}"})
    await addon.settle()
    return answer.status_code


async def open_panel(addon: RunningAddon, installation: SiteInstallation, issue: str = "TP-7") -> Frame:
    return await addon.devhost.open_module(installation.key, "builds", issue=issue, user="developer")


async def comment_on_issues(addon: RunningAddon, installation: SiteInstallation) -> None:
    frame = await addon.devhost.open_module(installation.key, "settings", user="Admin")
    assert (await frame.submit({"comment": True}, form="settings-form")).is_success


def property_of(addon: RunningAddon, issue: str = "TP-7") -> Any:
    return addon.devhost.sites.issue(issue).properties.get("builds")


class TestPanel:
    async def test_lists_the_builds_whose_branch_names_the_issue(self, addon: RunningAddon) -> None:
        installation = await addon.install_on_site()
        token = await addon.site_api_token(installation)
        assert await report(addon, token, url="https://ci.example.com/web/1") == 201
        await report(addon, token, number=2, branch="tp-7", status="passed")
        await report(addon, token, number=3, branch="feature/TP-2")
        await report(addon, token, number=4, branch=None)
        frame = await open_panel(addon, installation)
        assert frame.status == 200
        assert "web #1" in frame.text
        assert "web #2" in frame.text
        assert "web #3" not in frame.text
        assert "web #4" not in frame.text
        assert 'href="https://ci.example.com/web/1"' in frame.html
        assert "web #3" in (await open_panel(addon, installation, "TP-2")).text

    async def test_says_how_to_begin_where_there_are_none(self, addon: RunningAddon) -> None:
        frame = await open_panel(addon, await addon.install_on_site())
        assert "feature/TP-7-login" in frame.text
        assert frame.text.startswith("Builds of TP-7")

    async def test_lists_a_build_on_each_issue_that_its_branch_names(self, addon: RunningAddon) -> None:
        installation = await addon.install_on_site()
        await report(addon, await addon.site_api_token(installation), branch="TP-1-and-TP-7")
        for issue, is_there in (("TP-1", True), ("TP-7", True), ("TP-2", False)):
            assert ("web #1" in (await open_panel(addon, installation, issue)).text) is is_there

    async def test_follows_a_run_that_is_reported_again_from_another_branch(self, addon: RunningAddon) -> None:
        installation = await addon.install_on_site()
        token = await addon.site_api_token(installation)
        await report(addon, token)
        await report(addon, token, branch="TP-1")
        assert "web #1" not in (await open_panel(addon, installation)).text
        assert "web #1" in (await open_panel(addon, installation, "TP-1")).text
        assert property_of(addon) == {"state": "none", "failing": 0}

    async def test_shows_what_a_server_sends_as_text(self, addon: RunningAddon) -> None:
        installation = await addon.install_on_site()
        token = await addon.site_api_token(installation)
        await report(addon, token)
        before = (await open_panel(addon, installation)).html
        await report(addon, token, name=HOSTILE[:100], number=2, branch=f"TP-7 {HOSTILE}")
        after = (await open_panel(addon, installation)).html
        for tag in ("<script", "<img"):
            assert after.count(tag) == before.count(tag)
        assert f"TP-7 {HOSTILE}" in (await open_panel(addon, installation)).text

    async def test_shows_no_more_than_the_tenant_chose(self, addon: RunningAddon) -> None:
        installation = await addon.install_on_site()
        frame = await addon.devhost.open_module(installation.key, "settings", user="Admin")
        assert (await frame.submit({"listed": 2}, form="settings-form")).is_success
        token = await addon.site_api_token(installation)
        for number in (1, 2, 3):
            await report(addon, token, number=number)
        text = (await open_panel(addon, installation)).text
        assert [f"web #{number}" in text for number in (1, 2, 3)] == [False, True, True]


class TestProperty:
    async def test_says_where_the_builds_of_the_issue_stand(self, addon: RunningAddon) -> None:
        token = await addon.site_api_token(await addon.install_on_site())
        await report(addon, token)
        await report(addon, token, name="api")
        assert property_of(addon) == {"state": "failed", "failing": 2}
        await report(addon, token, number=2, status="passed")
        assert property_of(addon) == {"state": "failed", "failing": 1}
        await report(addon, token, name="api", status="passed")
        assert property_of(addon) == {"state": "passed", "failing": 0}

    @pytest.mark.parametrize(
        "jql", ["buildState = failed", "failingBuilds = 1", "issue.property[builds].state = failed"]
    )
    async def test_is_found_by_searches(self, addon: RunningAddon, jql: str) -> None:
        installation = await addon.install_on_site()
        await report(addon, await addon.site_api_token(installation))
        tenant = await addon.tenant_of(installation.client_key)
        async with addon.parts.contexts.open(tenant, NOBODY) as ctx:
            assert isinstance(ctx, JiraContext)
            assert [issue.key async for issue in ctx.jira.search(jql)] == ["TP-7"]


class TestComment:
    async def test_says_that_a_build_passes_again(self, addon: RunningAddon) -> None:
        installation = await addon.install_on_site()
        await comment_on_issues(addon, installation)
        token = await addon.site_api_token(installation)
        await report(addon, token)
        assert addon.devhost.sites.comments("TP-7") == []
        await report(addon, token, number=2, status="passed", url="https://ci.example.com/web/2")
        said = "web #2 passed on feature/TP-7-login; it failed before.\nhttps://ci.example.com/web/2"
        assert addon.devhost.sites.comments("TP-7") == [said]

    async def test_is_made_once(self, addon: RunningAddon) -> None:
        installation = await addon.install_on_site()
        await comment_on_issues(addon, installation)
        token = await addon.site_api_token(installation)
        await report(addon, token)
        for number in (1, 1, 2, 3):
            await report(addon, token, number=number, status="passed")
        assert len(addon.devhost.sites.comments("TP-7")) == 1

    async def test_is_not_about_another_branch_or_project(self, addon: RunningAddon) -> None:
        installation = await addon.install_on_site()
        await comment_on_issues(addon, installation)
        token = await addon.site_api_token(installation)
        await report(addon, token, branch="TP-2")
        await report(addon, token, name="api")
        await report(addon, token, number=2, status="passed")
        assert addon.devhost.sites.comments("TP-7") == []

    async def test_is_made_by_nobody_who_did_not_ask_for_it(self, addon: RunningAddon) -> None:
        token = await addon.site_api_token(await addon.install_on_site())
        await report(addon, token)
        await report(addon, token, number=2, status="passed")
        assert addon.devhost.sites.comments("TP-7") == []


class TestRefusal:
    @pytest.mark.parametrize(
        ("status", "said"),
        [
            (404, "TP-7 is told nothing: the site has no such issue, or hides it from the add-on"),
            (403, "TP-7 is told nothing: the add-on may not change issues of that project; let it"),
        ],
    )
    async def test_for_good_is_logged_once_and_not_asked_again(
        self, addon: RunningAddon, caplog: pytest.LogCaptureFixture, status: int, said: str
    ) -> None:
        caplog.set_level(logging.INFO)
        token = await addon.site_api_token(await addon.install_on_site())
        addon.devhost.sites.faults.error(status, times=1)
        await report(addon, token)
        await addon.pass_time(hours=2)
        assert caplog.messages.count(said) == 1
        assert property_of(addon) is None
        assert "handler failed" not in caplog.text

    async def test_of_a_key_that_is_no_issue_leaves_the_others(
        self, addon: RunningAddon, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        token = await addon.site_api_token(await addon.install_on_site())
        await report(addon, token, branch="utf-8-in-TP-7")
        assert property_of(addon) == {"state": "failed", "failing": 1}
        assert any(line.startswith("UTF-8 is told nothing") for line in caplog.messages)

    async def test_for_now_is_tried_again(self, addon: RunningAddon) -> None:
        installation = await addon.install_on_site()
        await comment_on_issues(addon, installation)
        token = await addon.site_api_token(installation)
        await report(addon, token)
        addon.devhost.sites.faults.down()
        await report(addon, token, number=2, status="passed")
        addon.devhost.sites.faults.clear()
        await addon.pass_time(minutes=5)
        assert property_of(addon) == {"state": "passed", "failing": 0}
        assert len(addon.devhost.sites.comments("TP-7")) == 1


class TestTenant:
    async def test_that_is_another_site_is_told_and_shown_nothing(self, addon: RunningAddon) -> None:
        other = addon.devhost.sites.state.sites.add("other", "jira")
        project = other.tracker.add_project("TP", "Of somebody else")
        project.count = 6
        other.tracker.add_issue(project, "Theirs", reporter=addon.devhost.admin, at=datetime.now(UTC))
        mine = await addon.install_on_site()
        theirs = await addon.install_on_site("other")
        await report(addon, await addon.site_api_token(mine))
        assert property_of(addon) == {"state": "failed", "failing": 1}
        assert addon.devhost.sites.issue("TP-7", site="other").properties == {}
        frame = await addon.devhost.open_module(theirs.key, "builds", site="other", issue="TP-7")
        assert "web #1" not in frame.text
