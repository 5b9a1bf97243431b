"""One add-on in chat and on Jira: two tenants, each with API tokens, settings and builds of its own."""

from tests.addon.test_chat_builds import report as report_to_chat
from tests.addon.test_issue_builds import open_panel, property_of, report
from tests.support.running import RunningAddon


class TestTwoTenants:
    async def test_each_is_told_by_its_own_token(self, addon: RunningAddon) -> None:
        room, site = await addon.install(room_id=1), await addon.install_on_site()
        before = len(addon.devhost.said(1))
        assert await report(addon, await addon.site_api_token(site)) == 201
        assert len(addon.devhost.said(1)) == before
        assert "web #1" in (await open_panel(addon, site)).text
        assert await report_to_chat(addon, await addon.api_token(room), name="api", branch="TP-7") == 201
        assert addon.devhost.said(1)[-1] == "api #1 failed."
        assert "api #1" not in (await open_panel(addon, site)).text
        assert property_of(addon) == {"state": "failed", "failing": 1}

    async def test_each_chooses_for_itself(self, addon: RunningAddon) -> None:
        room, site = await addon.install(room_id=1), await addon.install_on_site()
        chat = await addon.devhost.open(room.client_id, "configurable", room_id=1)
        issues = await addon.devhost.open_module(site.key, "settings", user="Admin")
        assert set(chat.form("settings-form").fields) == {"listed", "announce", "digest"}
        assert set(issues.form("settings-form").fields) == {"listed", "comment"}
