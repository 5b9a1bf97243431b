"""The sites' pages: what people see and press there."""

import html
import re

import pytest

from devhost.acts.faults import LEGITIMATE
from devhost.dialects.atlassian.attacks import ATTACKS
from devhost.dialects.atlassian.host import AtlassianHost
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.testing import Devhost
from devhost.world.broken import Forgery
from tests.devhost.atlassian.foreign import DESCRIPTOR_URL, KEY, ORIGIN, ForeignAddon, descriptor, hash_of

JIRA = {"site": "jira", "user": "1", "addon": KEY}


def sources(page: str) -> list[str]:
    """List the addresses of the frames of a page."""
    return [html.unescape(one) for one in re.findall(r'data-src="([^"]+)"', page)]


async def read(devhost: Devhost, path: str, **query: str) -> str:
    answer = await devhost.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.text


async def press(devhost: Devhost, path: str, **form: str) -> str:
    """Send a form as a browser does, and return the page that follows."""
    answer = await devhost.client.post(path, data=form, follow_redirects=True)
    return answer.text


class TestOverview:
    async def test_installs_shows_and_uninstalls(
        self, devhost: Devhost, sites: AtlassianHost, foreign: ForeignAddon
    ) -> None:
        page = await press(devhost, "/page/sites/install", site="jira", user="1", url=DESCRIPTOR_URL)
        assert f"/jira/plugins/servlet/ac/{KEY}/hello" in page
        page = await press(devhost, "/page/sites/addon", **JIRA, act="uninstall")
        assert KEY not in page
        assert foreign.told("/uninstalled") == ["ok"]

    async def test_says_why_nothing_was_installed(self, devhost: Devhost, foreign: ForeignAddon) -> None:
        foreign.descriptor = descriptor(baseUrl=f"{ORIGIN}/elsewhere")
        page = await press(devhost, "/page/sites/install", site="jira", user="1", url=DESCRIPTOR_URL)
        assert "It was not installed." in page
        assert "ATLASSIAN_KEYS_URL=http://127.0.0.1:9000/install-keys" in page

    @pytest.mark.parametrize(
        ("act", "heard"),
        [("update", "/installed"), ("rotate", "/installed"), ("disable", "/disabled")],
    )
    async def test_has_a_button_for_every_other_act(
        self, devhost: Devhost, at_jira: SiteInstallation, foreign: ForeignAddon, act: str, heard: str
    ) -> None:
        foreign.heard.clear()
        await press(devhost, "/page/sites/addon", **JIRA, act=act)
        assert foreign.told(heard) == ["ok"]

    async def test_has_every_attack_as_a_button_and_judges_the_answer(
        self, devhost: Devhost, at_jira: SiteInstallation
    ) -> None:
        page = await read(devhost, "/sites")
        assert set(re.findall(r'name="attack" value="([^"]+)"', page)) == set(ATTACKS)
        page = await press(devhost, "/page/sites/attack", **JIRA, attack="confused")
        assert "It was refused, as it should be." in page

    async def test_says_in_its_own_words_how_signatures_are_wrong(self, devhost: Devhost) -> None:
        listed = (await read(devhost, "/sites")).partition('id="break-sites"')[2]
        forgeries = listed.partition('<select name="forgery">')[2].partition("</select>")[0]
        assert re.findall(r'<option value="(\w+)"', forgeries) == [one for one in Forgery if one not in LEGITIMATE]
        assert ">for another address<" in forgeries
        assert re.findall(r"(?i)\b(?:room|glance|prn)\w*", listed) == []

    async def test_breaks_and_mends(self, devhost: Devhost, at_jira: SiteInstallation, foreign: ForeignAddon) -> None:
        page = await press(devhost, "/page/sites/break", user="1", what="error", status="503", times="")
        assert "the host answers 503" in page
        assert (await foreign.call("GET", "/jira/rest/api/3/myself")).status_code == 503
        await press(devhost, "/page/sites/mend", user="1")
        assert (await foreign.call("GET", "/jira/rest/api/3/myself")).status_code == 200

    async def test_releases_what_was_held_back(
        self, devhost: Devhost, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        await press(devhost, "/page/sites/break", user="1", what="hold")
        await sites.update_issue("TP-1", summary="Changed")
        assert "Release 1 held back" in await read(devhost, "/sites")
        await press(devhost, "/page/sites/release", user="1")
        assert foreign.told("/hook") == ["ok"]


class TestIssue:
    async def test_shows_panels_in_frames_whose_addresses_are_signed_for_the_viewer(
        self, devhost: Devhost, sites: AtlassianHost, at_jira: SiteInstallation
    ) -> None:
        [source] = sources(await read(devhost, "/jira/browse/TP-2", user="2"))
        target = source.removeprefix(ORIGIN)
        assert "issue=TP-2" in target
        entry = next(one for one in devhost.shell.wire if one.purpose == "opened by the browser: webPanels panel")
        assert entry.claims is not None
        assert entry.claims["qsh"] == hash_of("GET", target, "/connect")
        assert entry.claims["sub"] == "devhost:00000002"
        assert entry.claims["context"]["jira"]["issue"]["key"] == "TP-2"

    async def test_shows_a_glance_with_the_status_that_the_addon_set(
        self, devhost: Devhost, sites: AtlassianHost, foreign: ForeignAddon
    ) -> None:
        glance = {
            "key": "glance",
            "name": {"value": "Builds"},
            "icon": {"url": "/i.svg"},
            "content": {"type": "label", "label": {"value": "Latest"}},
            "target": {"type": "web_panel", "url": "/glance?issue={issue.key}"},
        }
        foreign.descriptor = descriptor(modules={"jiraIssueContexts": [glance]})
        await sites.install(DESCRIPTOR_URL)
        name = f"com.atlassian.jira.issue:{KEY}:glance:status"
        value = {"type": "lozenge", "value": {"label": "3 failed", "type": "removed"}}
        await foreign.call("PUT", f"/jira/rest/api/3/issue/TP-1/properties/{name.replace(':', '%3A')}", json=value)
        page = await read(devhost, "/jira/browse/TP-1")
        assert "3 failed" in page
        assert any("/glance?issue=TP-1" in one for one in sources(page))

    async def test_hides_what_a_condition_hides(
        self, devhost: Devhost, sites: AtlassianHost, foreign: ForeignAddon
    ) -> None:
        panel = descriptor()["modules"]["webPanels"][0] | {"conditions": [{"condition": "user_is_admin"}]}
        foreign.descriptor = descriptor(modules={"webPanels": [panel]})
        await sites.install(DESCRIPTOR_URL)
        counts = {user: len(sources(await read(devhost, "/jira/browse/TP-1", user=user))) for user in ("1", "2")}
        assert counts == {"1": 1, "2": 0}

    async def test_is_changed_and_commented_by_its_viewer(
        self, devhost: Devhost, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        form = {"site": "jira", "user": "2", "issue": "TP-1", "back": "/jira/browse/TP-1"}
        await press(devhost, "/page/sites/issue", **form, status="Done")
        page = await press(devhost, "/page/sites/issue", **form, comment="<b>Well</b> done")
        assert "&lt;b&gt;Well&lt;/b&gt; done" in page
        assert [body["webhookEvent"] for body in foreign.bodies[2:]] == ["jira:issue_updated", "comment_created"]

    async def test_comes_back_to_its_own_pages_only(self, devhost: Devhost, at_jira: SiteInstallation) -> None:
        form = {"site": "jira", "issue": "TP-1", "status": "Done", "back": "//attacker.example"}
        answer = await devhost.client.post("/page/sites/issue", data=form)
        assert answer.headers["location"] == "/sites?user=admin"

    async def test_answers_no_other_web_site(self, devhost: Devhost, at_jira: SiteInstallation) -> None:
        headers = {"sec-fetch-site": "cross-site"}
        answer = await devhost.client.post("/page/sites/addon", data={**JIRA, "act": "uninstall"}, headers=headers)
        assert answer.status_code == 403


class TestAddonPage:
    async def test_is_shown_with_what_its_address_hands_on(self, devhost: Devhost, at_jira: SiteInstallation) -> None:
        page = await read(devhost, f"/jira/plugins/servlet/ac/{KEY}/hello", **{"ac.from": "here"})
        assert "ac.from=here" in sources(page)[0]

    async def test_of_administration_is_for_administrators(self, devhost: Devhost, at_jira: SiteInstallation) -> None:
        path = f"/jira/plugins/servlet/ac/{KEY}/admin"
        statuses = [(await devhost.client.get(path, params={"user": user})).status_code for user in ("1", "2")]
        assert statuses == [200, 403]

    async def test_that_is_not_shown_still_lets_one_look_as_somebody_else(
        self, devhost: Devhost, at_jira: SiteInstallation
    ) -> None:
        path = f"/jira/plugins/servlet/ac/{KEY}/admin"
        page = (await devhost.client.get(path, params={"user": "2"}, headers={"accept": "text/html"})).text
        assert "is not shown to Developer. Look at it as somebody else, such as an administrator." in page
        assert f'method="get" action="{path}"' in page
        assert '<option value="1">Admin</option><option value="2" selected>Developer</option>' in page

    async def test_of_confluence_shows_macros_on_a_page(
        self, devhost: Devhost, sites: AtlassianHost, foreign: ForeignAddon
    ) -> None:
        macro = {"key": "chart", "name": {"value": "Chart"}, "url": "/chart?page={content.id}&space={space.key}"}
        foreign.descriptor = descriptor(modules={"dynamicContentMacros": [macro], "webPanels": []})
        await sites.install(DESCRIPTOR_URL, site="wiki")
        page = next(iter(sites.site("wiki").library))
        [source] = sources(await read(devhost, f"/wiki/spaces/DOC/pages/{page.id}"))
        assert f"/chart?page={page.id}&space=DOC&" in source


class TestScript:
    async def test_is_where_the_addons_pages_load_it(self, devhost: Devhost) -> None:
        answer = await devhost.client.get("/jira/atlassian-connect/all.js")
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "window.AP" in answer.text

    async def test_gets_a_token_that_is_bound_to_no_address(
        self, devhost: Devhost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        query = {**JIRA, "user": "2", "issue": "TP-1"}
        token = (await devhost.client.get("/_devhost/sites/facts", params={**query, "what": "token"})).json()["value"]
        refused = await foreign.call("GET", "/jira/rest/api/3/myself", headers={"authorization": f"JWT {token}"})
        assert refused.status_code == 401
        who = (await devhost.client.get("/_devhost/sites/facts", params={**query, "what": "user"})).json()["value"]
        assert who == {"atlassianAccountId": "devhost:00000002"}

    async def test_opens_a_dialog_with_what_it_hands_on(self, devhost: Devhost, at_jira: SiteInstallation) -> None:
        page = await read(devhost, "/page/sites/frame", **JIRA, key="ask", issue="TP-1", data='{"build": 7}')
        assert "<dialog" in page
        assert "ac.build=7" in sources(page)[0]
        assert "Ask</h2>" in page
