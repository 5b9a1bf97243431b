"""The sites over HTTP, for scripts."""

import html

from devhost.dialects.atlassian.host import AtlassianHost
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.testing import Devhost
from tests.devhost.atlassian.foreign import DESCRIPTOR_URL, KEY, KEYS, ForeignAddon, descriptor


class TestControl:
    async def test_installs_lists_and_uninstalls(self, devhost: Devhost, foreign: ForeignAddon) -> None:
        made = await devhost.client.post("/_devhost/sites/jira/install", json={"url": DESCRIPTOR_URL})
        assert (made.status_code, made.json()["state"]) == (201, "installed")
        assert foreign.tenant["sharedSecret"] not in made.text
        listed = (await devhost.client.get("/_devhost/sites")).json()
        assert listed["keys_url"] == KEYS
        assert {site["name"]: [one["key"] for one in site["addons"]] for site in listed["items"]} == {
            "jira": [KEY],
            "wiki": [],
        }
        gone = await devhost.client.delete(f"/_devhost/sites/jira/addons/{KEY}")
        assert gone.json() == {"status": 204, "error": ""}

    async def test_says_why_an_install_was_refused(self, devhost: Devhost, foreign: ForeignAddon) -> None:
        foreign.descriptor = descriptor(key="with space")
        refused = await devhost.client.post("/_devhost/sites/jira/install", json={"url": DESCRIPTOR_URL})
        assert (refused.status_code, "key: up to 64" in refused.text) == (422, True)

    async def test_changes_and_comments_an_issue_and_tells_the_answers(
        self, devhost: Devhost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        path = "/_devhost/sites/jira/issues/TP-1"
        changed = await devhost.client.post(path, json={"status": "Done", "comment": "Well", "user": "Developer"})
        assert [one["status"] for one in changed.json()["items"]] == [204]
        read = (await devhost.client.get(path)).json()
        assert (read["fields"]["status"]["name"], read["texts"]) == ("Done", ["Well"])

    async def test_attacks(self, devhost: Devhost, at_jira: SiteInstallation) -> None:
        path = f"/_devhost/sites/jira/addons/{KEY}/attack"
        assert (await devhost.client.post(path, json={"attack": "unsigned"})).json()["status"] == 401
        assert (await devhost.client.post(path, json={"attack": "another"})).status_code == 404

    async def test_answers_no_other_web_site(self, devhost: Devhost) -> None:
        answer = await devhost.client.get("/_devhost/sites", headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403


class TestWire:
    async def test_says_what_a_call_of_an_addon_is_for(
        self, devhost: Devhost, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        await foreign.call("PUT", "/jira/rest/api/3/issue/TP-1/properties/x", json=1)
        page = html.unescape((await devhost.client.get("/page/piece/wire?room=1&user=1")).text)
        assert "sets a property" in page
        assert "asks for the key of an install" in page

    async def test_shows_no_secret_and_no_token(
        self, devhost: Devhost, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        await foreign.call("GET", "/jira/rest/api/3/myself")
        await sites.open(sites.look(KEY, "panel", issue="TP-1"))
        shown = (await devhost.client.get("/_devhost/wire")).text
        assert "sharedSecret" in shown
        assert at_jira.secret not in shown
        assert "eyJ" not in shown
