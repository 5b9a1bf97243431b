"""A foreign add-on in Jira and Confluence of the devhost: its framework is Atlassian's own, for the real products."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from strangers.ace import DESCRIPTOR, SITES, Addon, running_addon
from strangers.host import ADMIN, DEVELOPER, GUEST, Host
from tools.web import call

FOR_ADMINS = {ADMIN: 200, DEVELOPER: 401, GUEST: 401}
FOR_EDITORS = {ADMIN: 200, DEVELOPER: 200, GUEST: 401}
PAGE = "/spaces/DOC/pages/65538"


@pytest.fixture(scope="module", params=sorted(SITES))
def addon(host: Host, request: pytest.FixtureRequest) -> Iterator[Addon]:
    """Run the add-on for each product."""
    with running_addon(host, request.param) as running:
        yield running


@pytest.fixture
def installed(addon: Addon) -> Iterator[Addon]:
    """Install it by the form of the devhost's page, and uninstall it."""
    addon.site.install_on_page(addon.url + DESCRIPTOR)
    assert addon.key in addon.site.addons()
    yield addon
    if addon.key in addon.site.addons():
        addon.site.press(addon.key, "uninstall")


in_jira = pytest.mark.parametrize("addon", ["jira"], indirect=True)
in_confluence = pytest.mark.parametrize("addon", ["confluence"], indirect=True)


def place_of(addon: Addon) -> str:
    return "/browse/TP-1" if addon.product == "jira" else PAGE


def panel(addon: Addon, *, user: int = ADMIN) -> str:
    return addon.site.frames(place_of(addon), user=user)["panel"]


def page_token(addon: Addon, *, user: int = ADMIN) -> str:
    """Return the framework's own token for calls of a page."""
    page = call("GET", panel(addon, user=user))
    assert page.status == 200, page.text
    return page.text.partition('name="token" content="')[2].partition('"')[0]


class TestInstallation:
    def test_is_verified_by_a_key_of_the_devhost(self, installed: Addon) -> None:
        found = installed.site.addons()[installed.key]
        assert (found["state"], found["enabled"]) == ("installed", True)
        assert [one["path"].rpartition("/")[0] for one in installed.site.host.requests()][-1:] == ["/install-keys"]
        assert installed.heard("enabled")[-1]["client"] == installed.site.facts["client_key"]

    @pytest.mark.parametrize("act", ["update", "rotate"])
    def test_with_a_new_secret_is_taken(self, installed: Addon, act: str) -> None:
        before = panel(installed)
        assert call("GET", before).status == 200
        installed.site.press(installed.key, act)
        assert call("GET", panel(installed)).status == 200
        assert call("GET", before).status == 400

    def test_is_paused_and_goes_on(self, installed: Addon) -> None:
        token, before = page_token(installed), len(installed.heard("disabled"))
        installed.site.press(installed.key, "disable")
        assert len(installed.heard("disabled")) == before + 1
        assert installed.ask_site("get", token, url="/rest/api/3/myself")[0] == 401
        installed.site.press(installed.key, "enable")
        assert installed.ask_site("get", token, url="/rest/api/3/myself")[0] == 200

    def test_ends_and_leaves_nothing_of_the_tenant(self, installed: Addon) -> None:
        opened = panel(installed)
        installed.site.press(installed.key, "uninstall")
        assert installed.key not in installed.site.addons()
        answer = call("GET", opened)
        assert (answer.status, "Could not find stored client data" in answer.text) == (401, True)


class TestPage:
    def test_is_shown_to_who_looks_at_a_place(self, installed: Addon) -> None:
        page = call("GET", panel(installed, user=DEVELOPER)).text
        assert "For devhost:00000002" in page
        assert {"jira": '"TP-1"', "confluence": '"65538"'}[installed.product] in page
        assert {"jira": '"key":"TP-1"', "confluence": '"space":{"id":"65537","key":"DOC"}'}[installed.product] in page
        script = f"{installed.site.base_url}/atlassian-connect/all.js"
        assert f'src="{script}"' in page
        assert call("GET", script).status == 200

    @in_jira
    def test_has_a_hash_on_which_both_agree_however_odd_the_address(self, installed: Addon) -> None:
        opened = installed.site.page_of(installed.key, "odd")
        assert "?at=a+b%20c&k=b&k=a&k=&s=*~()!'&e=%E2%82%AC&flag&" in opened
        answer = call("GET", opened)
        assert (answer.status, '"a b c"' in answer.text) == (200, True)

    @pytest.mark.parametrize("more", ["&admin=true", "&at=TP-2", "&xdm_e=https%3A%2F%2Fattacker.example"])
    def test_is_refused_at_any_other_address(self, installed: Addon, more: str) -> None:
        assert call("GET", panel(installed) + more).status == 401

    def test_asks_with_the_token_of_scripts_and_gets_answers_as_the_addon(self, installed: Addon) -> None:
        token = installed.site.context_token(installed.key, user=DEVELOPER)
        status, me = installed.ask_site("get", token, url="/rest/api/3/myself")
        assert (status, me["accountType"], me["displayName"]) == (200, "app", f"By ACE for {installed.product}")

    @in_jira
    @pytest.mark.parametrize(
        ("key", "status"),
        [("administration", FOR_ADMINS), ("editing", FOR_EDITORS)],
        ids=["global", "issue"],
    )
    def test_asks_jira_what_who_looks_may_do(self, installed: Addon, key: str, status: dict[int, int]) -> None:
        path = f"/plugins/servlet/ac/{installed.key}/{key}" if key == "administration" else "/browse/TP-2"
        said = {user: call("GET", installed.site.frames(path, user=user)[key]).status for user in status}
        assert said == status

    @in_confluence
    @pytest.mark.parametrize(
        ("key", "status"),
        [("administration", FOR_ADMINS), ("editing", FOR_EDITORS)],
        ids=["site", "page"],
    )
    def test_asks_confluence_what_who_looks_may_do(self, installed: Addon, key: str, status: dict[int, int]) -> None:
        path = f"/plugins/servlet/ac/{installed.key}/{key}" if key == "administration" else PAGE
        said = {user: call("GET", installed.site.frames(path, user=user)[key]).status for user in status}
        assert said == status


class TestCall:
    @in_jira
    def test_reads_and_writes_what_the_scopes_allow(self, installed: Addon) -> None:
        token = page_token(installed)
        put = {"url": "/rest/api/3/issue/TP-2/properties/by-ace", "json": {"state": "A+B & c"}}
        assert installed.ask_site("put", token, **put)[0] == 201
        assert installed.site.issue("TP-2")["properties"]["by-ace"] == {"state": "A+B & c"}
        jql = quote('issue.property[by-ace].state = "A+B & c"')
        status, found = installed.ask_site("get", token, url=f"/rest/api/3/search/jql?fields=summary,status&jql={jql}")
        assert (status, [one["key"] for one in found["issues"]]) == (200, ["TP-2"])
        status, refused = installed.ask_site("del", token, url="/rest/api/3/issue/TP-2/properties/by-ace")
        assert (status, "scope DELETE" in refused["errorMessages"][0]) == (403, True)

    @in_jira
    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("issue/TP-1?fields=summary&expand=names,changelog", 200),
            ("issue/TP-1?fields=a+b&fields=%E2%82%AC&x=*~()!'", 200),
            ("issue/TP-1/properties/%C3%A9%20%26", 404),
        ],
        ids=range(3),
    )
    def test_is_signed_as_the_devhost_expects(self, installed: Addon, path: str, status: int) -> None:
        assert installed.ask_site("get", page_token(installed), url=f"/rest/api/3/{path}")[0] == status

    @in_jira
    def test_as_a_user_is_the_users(self, installed: Addon) -> None:
        start = installed.site.host.mark()
        text = {"type": "paragraph", "content": [{"type": "text", "text": "As me"}]}
        body = {"type": "doc", "version": 1, "content": [text]}
        asked = {"user": "devhost:00000002", "url": "/rest/api/3/issue/TP-1/comment", "json": {"body": body}}
        for _ in range(2):
            status, made = installed.ask_site("post", page_token(installed), **asked)
            assert (status, made["author"]["displayName"]) == (201, "Developer")
        paths = [one["path"] for one in installed.site.host.requests(after=start)]
        assert paths.count("/authorization/oauth2/token") == 1

    @in_jira
    def test_as_nobody_who_is_known_gets_no_token(self, installed: Addon) -> None:
        asked = {"method": "get", "user": "devhost:00000099", "url": "/rest/api/3/myself"}
        headers = {"Authorization": f"JWT {page_token(installed)}"}
        assert call("POST", f"{installed.url}/call", body=asked, headers=headers).status == 500

    @in_confluence
    def test_reads_a_page_and_keeps_a_property_of_it(self, installed: Addon) -> None:
        token = page_token(installed)
        status, page = installed.ask_site("get", token, url="/rest/api/content/65538?expand=body.storage,version")
        assert (status, page["title"], page["version"]["number"]) == (200, "How we release", 1)
        made = {"key": f"by-ace-{token[-8:]}", "value": {"builds": 3}}
        status, _ = installed.ask_site("post", token, url="/rest/api/content/65538/property", json=made)
        assert status == 200
        status, kept = installed.ask_site("get", token, url=f"/rest/api/content/65538/property/{made['key']}")
        assert (status, kept["value"], kept["version"]["number"]) == (200, {"builds": 3}, 1)


class TestWebhook:
    @in_jira
    def test_of_an_issue_is_answered_by_a_comment_of_which_it_hears(self, installed: Addon) -> None:
        before = {event: len(installed.heard(event)) for event in ("jira:issue_updated", "comment_created", "answered")}
        [delivery] = installed.site.change_issue("TP-3", summary="Write them", labels=["docs"], user="developer")
        assert delivery["status"] == 204
        heard = installed.wait_for("jira:issue_updated", before["jira:issue_updated"] + 1)[-1]
        assert heard["body"]["user"]["displayName"] == "Developer"
        assert heard["identifier"]
        assert installed.wait_for("answered", before["answered"] + 1)[-1]["status"] == 201
        assert installed.site.issue("TP-3")["texts"][-1] == "Changed: summary, labels"
        comment = installed.wait_for("comment_created", before["comment_created"] + 1)[-1]
        assert comment["body"]["comment"]["author"]["accountType"] == "app"
        assert comment["asked"] == {"on": "TP-3", "comment": comment["body"]["comment"]["id"]}

    @in_confluence
    def test_of_a_page(self, installed: Addon) -> None:
        before = len(installed.heard("page_updated"))
        installed.site.rename_page("65539", "Who is on call now", user=DEVELOPER)
        heard = installed.wait_for("page_updated", before + 1)[-1]
        assert heard["body"]["page"]["title"] == "Who is on call now"
        assert heard["body"]["userAccountId"] == "devhost:00000002"


ANSWERS = {
    "unsigned": 401,
    "confused": 401,
    "own-secret": 401,
    "no-algorithm": 401,
    "unknown-kid": 400,
    "wrong-key": 400,
    "audience": 401,
    "issuer": 401,
    "replay": 204,
    "in-query": 204,
    "other-url": 401,
    "parameter": 401,
    "context-token": 401,
    "context-uninstall": 401,
    "hs256-uninstall": 401,
}
"""What the framework answers each attack of the devhost. Two it does not refuse: it remembers no tokens, so an install
can be posted again with another secret, and it takes tokens from the address of any route. A signature that is wrong is
a bad request to it."""


class TestAttack:
    @in_jira
    def test_of_the_devhost_comes_to_what_is_known_of_the_framework(self, host: Host, installed: Addon) -> None:
        offered = host.read("/sites")
        assert sorted(set(re.findall(r'name="attack" value="([^"]+)"', offered))) == sorted(ANSWERS)
        said = {}
        for key in ANSWERS:
            # The attack before may have had its way.
            installed.site.press(installed.key, "update")
            said[key] = installed.site.attack(installed.key, key)
        assert said == ANSWERS
