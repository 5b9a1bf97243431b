"""The part of the products' APIs that the sites have."""

from typing import Any

import pytest

from devhost.dialects.atlassian.accounts import account_id
from devhost.dialects.atlassian.host import AtlassianHost
from devhost.dialects.atlassian.installation import SiteInstallation
from tests.devhost.atlassian.foreign import DESCRIPTOR_URL, KEY, ForeignAddon, descriptor

API = "/jira/rest/api/3"
DOCUMENT = {
    "type": "doc",
    "version": 1,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hi"}]}],
}


async def searched(foreign: ForeignAddon, jql: str) -> list[str]:
    answer = await foreign.call("POST", f"{API}/search/jql", json={"jql": jql})
    assert answer.status_code == 200, answer.text
    return [one["key"] for one in answer.json()["issues"]]


class TestIssue:
    async def test_is_read_by_key_and_by_id_with_the_fields_asked_for(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        whole = (await foreign.call("GET", f"{API}/issue/tp-2")).json()
        assert (whole["key"], whole["fields"]["summary"]) == ("TP-2", "The build is slow")
        assert whole["fields"]["assignee"]["accountId"] == account_id(sites.person("Admin"))
        short = (await foreign.call("GET", f"{API}/issue/{whole['id']}?fields=summary%2Cstatus")).json()
        assert set(short["fields"]) == {"summary", "status"}

    async def test_that_is_not_there_is_not_found_in_the_form_of_the_product(
        self, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        answer = await foreign.call("GET", f"{API}/issue/TP-99")
        assert (answer.status_code, answer.json()["errorMessages"]) == (404, ["Issue TP-99 not found"])


class TestSearch:
    @pytest.mark.parametrize(
        ("jql", "found"),
        [
            ("", ["TP-1", "TP-2", "TP-3", "TP-7"]),
            ("project = TP ORDER BY created DESC", ["TP-1", "TP-2", "TP-3", "TP-7"]),
            ("project = XY", []),
            ("key = TP-2", ["TP-2"]),
            ('issuekey in (TP-1, "TP-3") and project = "TP"', ["TP-1", "TP-3"]),
            ("key not in (TP-1)", ["TP-2", "TP-3", "TP-7"]),
            ('status != "To Do"', ["TP-2"]),
            ("issuetype = story", ["TP-1"]),
            ('summary ~ "release"', ["TP-3"]),
        ],
        ids=["all", "ordered", "no-project", "key", "in", "not-in", "status", "type", "words"],
    )
    async def test_finds_by_fields(
        self, at_jira: SiteInstallation, foreign: ForeignAddon, jql: str, found: list[str]
    ) -> None:
        assert await searched(foreign, jql) == found

    async def test_finds_by_properties_and_by_the_names_that_the_descriptor_gives_them(
        self, sites: AtlassianHost, foreign: ForeignAddon
    ) -> None:
        index = {"objectName": "last.status", "type": "string", "alias": "buildStatus"}
        indexed = {"key": "p", "keyConfigurations": [{"propertyKey": "builds", "extractions": [index]}]}
        foreign.descriptor = descriptor(modules={"jiraEntityProperties": [indexed]})
        await sites.install(DESCRIPTOR_URL)
        await foreign.call("PUT", f"{API}/issue/TP-3/properties/builds", json={"last": {"status": "failed"}})
        assert await searched(foreign, 'issue.property[builds].last.status = "failed"') == ["TP-3"]
        assert await searched(foreign, "buildStatus = FAILED and project = TP") == ["TP-3"]
        assert await searched(foreign, "buildStatus = passed") == []

    @pytest.mark.parametrize("jql", ["nonsense = 1", "project", "project = TP OR key = TP-1", "key in TP-1", "a < 3"])
    async def test_of_what_is_not_understood_is_400(
        self, at_jira: SiteInstallation, foreign: ForeignAddon, jql: str
    ) -> None:
        assert (await foreign.call("POST", f"{API}/search/jql", json={"jql": jql})).status_code == 400

    async def test_goes_page_by_page(self, at_jira: SiteInstallation, foreign: ForeignAddon) -> None:
        first = (await foreign.call("GET", f"{API}/search/jql?jql=project%3DTP&maxResults=2")).json()
        assert ([one["key"] for one in first["issues"]], first["isLast"]) == (["TP-1", "TP-2"], False)
        following = f"{API}/search/jql?jql=project%3DTP&maxResults=2&nextPageToken={first['nextPageToken']}"
        second = (await foreign.call("GET", following)).json()
        assert ([one["key"] for one in second["issues"]], second["isLast"]) == (["TP-3", "TP-7"], True)
        assert "nextPageToken" not in second


class TestComment:
    async def test_is_made_listed_and_deleted(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        made = await foreign.call("POST", f"{API}/issue/TP-1/comment", json={"body": DOCUMENT})
        assert (made.status_code, made.json()["author"]["accountType"]) == (201, "app")
        assert sites.comments("TP-1") == ["Hi"]
        listed = (await foreign.call("GET", f"{API}/issue/TP-1/comment")).json()
        assert [one["id"] for one in listed["comments"]] == [made.json()["id"]]
        await foreign.call("DELETE", f"{API}/issue/TP-1/comment/{made.json()['id']}")
        assert sites.comments("TP-1") == []

    async def test_in_plain_text_is_refused(self, at_jira: SiteInstallation, foreign: ForeignAddon) -> None:
        answer = await foreign.call("POST", f"{API}/issue/TP-1/comment", json={"body": "Hi"})
        assert (answer.status_code, "a document is needed" in answer.text) == (400, True)

    async def test_of_an_addon_is_told_to_who_listens_with_its_trace(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        path = f"{API}/issue/TP-1/comment"
        headers = foreign.sign("POST", path) | {"x-atlassian-webhook-trace": "mine"}
        await foreign.call("POST", path, json={"body": DOCUMENT}, headers=headers)
        await sites.settle()
        assert foreign.bodies[-1]["webhookEvent"] == "comment_created"
        assert foreign.headers[-1]["x-atlassian-webhook-trace"] == "mine"


class TestProperty:
    async def test_of_an_issue_is_set_read_listed_and_deleted(
        self, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        path = f"{API}/issue/TP-1/properties"
        statuses = [
            (await foreign.call("GET", f"{path}/x")).status_code,
            (await foreign.call("PUT", f"{path}/x", json={"a": 1})).status_code,
            (await foreign.call("PUT", f"{path}/x", json={"a": 2})).status_code,
        ]
        assert statuses == [404, 201, 200]
        assert (await foreign.call("GET", f"{path}/x")).json() == {"key": "x", "value": {"a": 2}}
        assert [one["key"] for one in (await foreign.call("GET", path)).json()["keys"]] == ["x"]
        assert (await foreign.call("DELETE", f"{path}/x")).status_code == 204
        assert (await foreign.call("DELETE", f"{path}/x")).status_code == 404

    async def test_of_the_addon_is_its_own(self, at_jira: SiteInstallation, foreign: ForeignAddon) -> None:
        path = f"/jira/rest/atlassian-connect/1/addons/{KEY}"
        assert (await foreign.call("PUT", f"{path}/properties/x", json=[1])).status_code == 201
        assert (await foreign.call("GET", f"{path}/properties/x")).json()["value"] == [1]
        assert (await foreign.call("GET", path)).json()["state"] == "ENABLED"
        other = path.replace(KEY, "com.example.another")
        assert (await foreign.call("GET", f"{other}/properties/x")).status_code == 403

    async def test_of_a_page_counts_its_versions(self, sites: AtlassianHost, foreign: ForeignAddon) -> None:
        await sites.install(DESCRIPTOR_URL, site="wiki")
        page = next(iter(sites.site("wiki").library)).id
        path = f"/wiki/rest/api/content/{page}/property"
        made = await foreign.call("POST", path, json={"key": "x", "value": 1})
        assert made.json()["version"]["number"] == 1
        stale = {"value": 2, "version": {"number": 1}}
        assert (await foreign.call("PUT", f"{path}/x", json=stale)).status_code == 409
        assert (await foreign.call("PUT", f"{path}/x", json=stale | {"version": {"number": 2}})).status_code == 200
        assert (await foreign.call("GET", f"{path}/x")).json()["value"] == 2


class TestLink:
    async def test_with_the_same_global_id_replaces_the_one_before(
        self, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        path = f"{API}/issue/TP-1/remotelink"
        link: dict[str, Any] = {"globalId": "g", "object": {"url": "https://x.example", "title": "One"}}
        assert (await foreign.call("POST", path, json=link)).status_code == 201
        link["object"]["title"] = "Two"
        assert (await foreign.call("POST", path, json=link)).status_code == 200
        assert [one["object"]["title"] for one in (await foreign.call("GET", path)).json()] == ["Two"]


class TestPermission:
    @pytest.mark.parametrize(
        ("person", "granted"),
        [
            ("Admin", ["ADMINISTER", "BROWSE_PROJECTS"]),
            ("Developer", ["BROWSE_PROJECTS"]),
            ("Guest", ["BROWSE_PROJECTS"]),
        ],
    )
    async def test_of_the_site_is_what_the_person_has(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon, person: str, granted: list[str]
    ) -> None:
        asked = {
            "accountId": account_id(sites.person(person)),
            "globalPermissions": ["ADMINISTER", "BROWSE_PROJECTS"],
        }
        answer = await foreign.call("POST", f"{API}/permissions/check", json=asked)
        assert answer.json()["globalPermissions"] == granted

    @pytest.mark.parametrize("written", [int, str], ids=["numbers", "texts"])
    async def test_in_a_project_names_the_projects_and_issues_that_are_there(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon, written: type[int] | type[str]
    ) -> None:
        """Ids are texts in tokens, and add-ons send them as they are."""
        issue = sites.issue("TP-1")
        projects, issues = ([written(one), written(1)] for one in (issue.project.id, issue.id))
        one = {"permissions": ["EDIT_ISSUES"], "projects": projects, "issues": issues}
        asked = {"accountId": account_id(sites.person("Developer")), "projectPermissions": [one]}
        answer = (await foreign.call("POST", f"{API}/permissions/check", json=asked)).json()
        assert answer["projectPermissions"] == [
            {"permission": "EDIT_ISSUES", "projects": [issue.project.id], "issues": [issue.id]}
        ]

    async def test_of_confluence_is_asked_for_a_page_and_for_the_site(
        self, sites: AtlassianHost, foreign: ForeignAddon
    ) -> None:
        await sites.install(DESCRIPTOR_URL, site="wiki")
        page = next(iter(sites.site("wiki").library)).id
        guest = account_id(sites.person("Guest"))
        allowed = {}
        for operation in ("read", "update"):
            asked = {"subject": {"type": "user", "identifier": guest}, "operation": operation}
            answer = await foreign.call("POST", f"/wiki/rest/api/content/{page}/permission/check", json=asked)
            allowed[operation] = answer.json()["hasPermission"]
        assert allowed == {"read": True, "update": False}
        admin = (
            f"/wiki/rest/api/user?accountId={account_id(sites.person('Admin')).replace(':', '%3A')}&expand=operations"
        )
        operations = (await foreign.call("GET", admin)).json()["operations"]
        assert {"operation": "administer", "targetType": "application"} in operations


class TestPage:
    async def test_is_read_with_what_is_expanded(self, sites: AtlassianHost, foreign: ForeignAddon) -> None:
        await sites.install(DESCRIPTOR_URL, site="wiki")
        page = next(iter(sites.site("wiki").library)).id
        whole = (await foreign.call("GET", f"/wiki/rest/api/content/{page}?expand=space%2Cbody.storage")).json()
        assert (whole["space"]["key"], whole["body"]["storage"]["value"][:3]) == ("DOC", "<p>")
        assert "version" not in whole
        assert (await foreign.call("GET", "/wiki/rest/api/space/DOC")).json()["name"] == "Documentation"
        assert (await foreign.call("GET", f"{API}/project/TP")).status_code == 401
