"""The devhost's part of the REST APIs as two libraries know it: PyPI's jira and atlassian-python-api."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from strangers.environments import STRANGERS, python_with
from strangers.host import DEVELOPER, Host
from strangers.listener import DESCRIPTOR, Listener, listening
from strangers.processes import Conversation, conversing
from strangers.sites import JIRA, WIKI, Site

KEY = "com.example.listener"
FOLDER = "atlassian-rest"
PAGE = "65538"
ADMIN_ACCOUNT, GUEST_ACCOUNT = "devhost:00000001", "devhost:00000003"
DOCUMENT = {
    "type": "doc",
    "version": 1,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "By a stranger"}]}],
}
Call = list[Any]


@dataclass(frozen=True)
class Caller:
    """The clients at the sites; each signs as an add-on that is installed there."""

    jira: Site
    wiki: Site
    addon: Listener
    clients: Conversation

    def ask(self, client: str, calls: list[Call], *, bearer: str = "", **replaced: str) -> Any:  # noqa: ANN401 - JSON
        """Let a client make the calls, and return what each returned, or what went wrong with the last."""
        site = self.wiki if client == "Confluence" else self.jira
        install = self.addon.install(site.base_url) | replaced
        return self.clients.do(client, calls=calls, bearer=bearer, install=install)


@pytest.fixture(scope="module")
def caller(host: Host) -> Iterator[Caller]:
    """Install an add-on that only listens in both sites."""
    command = [python_with(FOLDER), str(STRANGERS / FOLDER / "drive.py")]
    with (
        listening(KEY, ["READ", "WRITE", "DELETE", "ACT_AS_USER"]) as addon,
        conversing(FOLDER, command, {}) as clients,
    ):
        made = Caller(Site(host, JIRA), Site(host, WIKI), addon, clients)
        for site in (made.jira, made.wiki):
            site.install_on_page(addon.origin + DESCRIPTOR)
        yield made


class TestJira:
    """The client of the package jira."""

    def test_finds_out_that_it_is_a_cloud_and_what_fields_issues_have(self, caller: Caller) -> None:
        info, fields, found = caller.ask(
            "jira",
            [
                ["server_info"],
                ["fields"],
                ["search_issues", "project = TP AND type = bug", {"fields": "type,summary"}],
            ],
        )
        assert (info["baseUrl"], info["deploymentType"]) == (caller.jira.base_url, "Cloud")
        assert {"summary", "status", "assignee"} <= {one["id"] for one in fields}
        # It knows from the fields what JQL's name `type` is called in issues.
        assert [(one["key"], one["fields"]["type"]["name"]) for one in found] == [("TP-2", "Bug")]
        assert set(found[0]["fields"]) == {"summary", "issuetype", "type"}

    def test_reads_issues_projects_and_people(self, caller: Caller) -> None:
        issue, project, person, me = caller.ask(
            "jira", [["issue", "TP-2"], ["project", "TP"], ["user", ADMIN_ACCOUNT], ["myself"]]
        )
        assert (issue["key"], issue["fields"]["assignee"]["accountId"]) == ("TP-2", ADMIN_ACCOUNT)
        assert (project["key"], person["displayName"], me["accountType"]) == ("TP", "Admin", "app")

    def test_pages_through_what_it_finds(self, caller: Caller) -> None:
        [first] = caller.ask("jira", [["enhanced_search_issues", "", {"maxResults": 2, "json_result": True}]])
        rest = {"nextPageToken": first["nextPageToken"], "json_result": True}
        [last, everything] = caller.ask(
            "jira", [["enhanced_search_issues", "", rest], ["enhanced_search_issues", "", {"maxResults": 0}]]
        )
        assert not first["isLast"]
        assert last["isLast"]
        assert [one["key"] for one in first["issues"] + last["issues"]] == [one["key"] for one in everything]
        assert len(first["issues"]) == 2

    def test_comments(self, caller: Caller) -> None:
        [made, comments] = caller.ask("jira", [["add_comment", "TP-1", DOCUMENT, {}], ["comments", "TP-1"]])
        assert caller.jira.issue("TP-1")["texts"][-1] == "By a stranger"
        assert comments[-1] == made
        again, _ = caller.ask("jira", [["comment", "TP-1", made["id"]], ["comment.delete", "TP-1", made["id"]]])
        assert again == made
        assert "By a stranger" not in caller.jira.issue("TP-1")["texts"]

    def test_keeps_properties(self, caller: Caller) -> None:
        name = "by-jira é&"
        answers = caller.ask(
            "jira",
            [
                ["add_issue_property", "TP-1", "by-jira", {"a": "A+B"}, {}],
                ["issue_property", "TP-1", "by-jira"],
                ["issue_properties", "TP-1"],
                ["search_issues", "issue.property['by-jira'].a = 'A+B'"],
                ["issue_property.delete", "TP-1", "by-jira"],
                ["add_issue_property", "TP-1", name, 1, {}],
            ],
        )
        held = {"key": "by-jira", "value": {"a": "A+B"}}
        assert answers[:3] == [201, held, [held]]
        assert [one["key"] for one in answers[3]] == ["TP-1"]
        assert caller.jira.issue("TP-1")["properties"] == {name: 1}

    def test_links(self, caller: Caller) -> None:
        target = {"url": "https://builds.example/1", "title": "Build 1"}
        made, links = caller.ask("jira", [["add_simple_link", "TP-3", target, {}], ["remote_links", "TP-3"]])
        assert [(one["id"], one["object"]) for one in links] == [(made["id"], target)]
        found, _ = caller.ask(
            "jira", [["remote_link", "TP-3", str(made["id"])], ["remote_link.delete", "TP-3", str(made["id"])]]
        )
        assert found == links[0]
        assert caller.jira.issue("TP-3")["links"] == []

    def test_acts_as_a_user(self, caller: Caller) -> None:
        bearer = caller.jira.user_token(KEY, user=DEVELOPER)
        me, made = caller.ask("jira", [["myself"], ["add_comment", "TP-2", DOCUMENT, {}]], bearer=bearer)
        assert (me["displayName"], made["author"]["displayName"]) == ("Developer", "Developer")

    @pytest.mark.parametrize(
        ("call", "status", "told"),
        [
            (["issue", "TP-99"], 404, "Issue TP-99 not found"),
            (["search_issues", "colour = red"], 400, "Field 'colour' does not exist"),
            (["add_comment", "TP-1", "Plain text", {}], 400, "body: a document is needed"),
        ],
        ids=["issue", "jql", "body"],
    )
    def test_reads_refusals(self, caller: Caller, call: Call, status: int, told: str) -> None:
        refused = caller.ask("jira", [call])
        assert (refused["status"], told in refused["error"]) == (status, True), refused

    def test_is_refused_with_another_secret(self, caller: Caller) -> None:
        refused = caller.ask("jira", [["myself"]], sharedSecret="x" * 40)
        assert (refused["status"], "newest install" in refused["error"]) == (401, True)


class TestAtlassian:
    """The clients of the package atlassian-python-api."""

    def test_reads_and_finds_issues(self, caller: Caller) -> None:
        issue, found, page, project, me, person = caller.ask(
            "Jira",
            [
                ["issue", "TP-2", {"fields": "summary,status"}],
                ["jql", 'summary ~ "release" ORDER BY created'],
                ["enhanced_jql", "project = TP", {"limit": 1}],
                ["project", "TP"],
                ["myself"],
                ["user", {"account_id": ADMIN_ACCOUNT}],
            ],
        )
        assert set(issue["fields"]) == {"summary", "status"}
        assert [one["key"] for one in found["issues"]] == ["TP-3"]
        assert (len(page["issues"]), page["isLast"]) == (1, False)
        assert (project["name"], me["accountType"], person["accountId"]) == ("Test project", "app", ADMIN_ACCOUNT)

    def test_writes_to_an_issue(self, caller: Caller) -> None:
        made, comments, _, value, keys, _, _, links = caller.ask(
            "Jira",
            [
                ["issue_add_comment", "TP-3", DOCUMENT, {}],
                ["issue_get_comments", "TP-3"],
                ["set_issue_property", "TP-3", "by-api", [1, 2], {}],
                ["get_issue_property", "TP-3", "by-api"],
                ["get_issue_property_keys", "TP-3"],
                ["delete_issue_property", "TP-3", "by-api"],
                ["create_or_update_issue_remote_links", "TP-3", "https://a.example", "A", {"global_id": "one"}],
                ["get_issue_remote_links", "TP-3"],
            ],
        )
        assert comments["comments"][-1] == made
        assert (value["value"], [one["key"] for one in keys["keys"]]) == ([1, 2], ["by-api"])
        assert [(one["globalId"], one["object"]["url"]) for one in links] == [("one", "https://a.example")]
        assert caller.jira.issue("TP-3")["properties"] == {}

    def test_asks_who_may_do_what_in_jira(self, caller: Caller) -> None:
        issue = caller.jira.issue("TP-1")
        at_issue = {"permissions": ["BROWSE_PROJECTS", "EDIT_ISSUES"], "issues": [int(issue["id"])], "projects": []}
        asked = {"globalPermissions": ["ADMINISTER"], "projectPermissions": [at_issue]}
        administrator, guest = caller.ask(
            "JiraCloud",
            [["get_bulk_permissions", {"data": asked | {"accountId": who}}] for who in (ADMIN_ACCOUNT, GUEST_ACCOUNT)],
        )
        assert (administrator["globalPermissions"], guest["globalPermissions"]) == (["ADMINISTER"], [])
        assert [one["permission"] for one in guest["projectPermissions"]] == ["BROWSE_PROJECTS"]

    def test_reads_pages_and_spaces(self, caller: Caller) -> None:
        page, space, spaces, pages, named, is_there, is_elsewhere, me, person = caller.ask(
            "Confluence",
            [
                ["get_page_by_id", PAGE, {"expand": "body.storage,version,space"}],
                ["get_space", "DOC"],
                ["get_spaces"],
                ["get_all_pages_from_space", "DOC"],
                ["get_page_by_title", "DOC", "Who is on call"],
                ["page_exists", "DOC", "How we release"],
                ["page_exists", "DOC", "How they release"],
                ["get_current_user"],
                ["get_user_details_by_accountid", ADMIN_ACCOUNT],
            ],
        )
        assert (page["title"], page["space"]["key"], page["version"]["number"]) == ("How we release", "DOC", 1)
        assert page["body"]["storage"]["value"].startswith("<p>")
        assert (space["name"], [one["key"] for one in spaces["results"]]) == ("Documentation", ["DOC"])
        assert [one["title"] for one in pages] == ["How we release", "Who is on call"]
        assert [one["title"] for one in named["results"]] == ["Who is on call"]
        assert (is_there, is_elsewhere) == (True, False)
        assert (me["accountType"], person["displayName"]) == ("app", "Admin")

    def test_keeps_properties_of_a_page(self, caller: Caller) -> None:
        later = {"key": "by-api", "value": {"a": 2}, "version": {"number": 2}}
        made, read, listed, changed, _, none = caller.ask(
            "Confluence",
            [
                ["set_page_property", PAGE, {"key": "by-api", "value": {"a": 1}}, {}],
                ["get_page_property", PAGE, "by-api"],
                ["get_page_properties", PAGE],
                ["update_page_property", PAGE, later, {}],
                ["delete_page_property", PAGE, "by-api"],
                ["get_page_properties", PAGE],
            ],
        )
        assert (made["version"]["number"], listed, none) == (1, [read], [])
        assert (changed["value"], changed["version"]["number"]) == ({"a": 2}, 2)

    def test_is_refused_what_is_not_there(self, caller: Caller) -> None:
        refused = caller.ask("Jira", [["issue", "TP-99"]])
        assert (refused["status"], refused["error"]) == (404, "Issue TP-99 not found")
        assert "There is no content with the given id" in caller.ask("Confluence", [["get_page_by_id", "1"]])["error"]


DEVIATIONS: dict[str, tuple[str, Call, str]] = {
    "the next page below a path": (
        "Confluence",
        ["get_all_pages_from_space", "DOC", {"limit": 1}],
        "/rest/api/content?spaceKey=DOC&type=page&limit=1&start=1",
    ),
    "properties of the add-on": (
        "JiraCloud",
        ["addon_properties_resource_get_addon_properties_get", KEY],
        f"/jira/rest/api/3/rest/atlassian-connect/1/addons/{KEY}/properties",
    ),
}
"""What the clients ask for at an address that no host has: a client of Confluence drops the path of the site from links
to the next page, which are relative to it; one of Jira puts two starts before the path of an add-on's properties."""


class TestDeviation:
    @pytest.mark.parametrize("name", DEVIATIONS)
    def test_is_known(self, caller: Caller, name: str) -> None:
        client, call, target = DEVIATIONS[name]
        refused = caller.ask(client, [call])
        assert (refused["status"], refused["target"]) == (404, target)

    def test_of_the_library_that_signs_is_known(self, caller: Caller) -> None:
        """It says that the site issued what an add-on signs, unless it is told otherwise."""
        refused = caller.ask("jira", [["myself"]], key=caller.jira.facts["client_key"])
        assert (refused["status"], "the issuer is the add-on's key" in refused["error"]) == (401, True)
