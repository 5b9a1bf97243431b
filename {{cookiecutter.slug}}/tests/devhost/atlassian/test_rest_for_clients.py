"""What libraries for the products' APIs ask besides: what a site is, fields, people, lists, one link or comment."""

import pytest

from devhost.dialects.atlassian.accounts import account_id
from devhost.dialects.atlassian.host import AtlassianHost
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.testing import Devhost
from tests.devhost.atlassian.foreign import DESCRIPTOR_URL, KEY, ForeignAddon

API, WIKI = "/jira/rest/api/3", "/wiki/rest/api"


@pytest.fixture
async def at_wiki(sites: AtlassianHost, foreign: ForeignAddon) -> SiteInstallation:
    """Install it in Confluence."""
    return await sites.install(DESCRIPTOR_URL, site="wiki")


@pytest.mark.usefixtures("at_jira")
class TestJira:
    async def test_says_that_it_is_a_cloud(self, foreign: ForeignAddon) -> None:
        said = (await foreign.call("GET", f"{API}/serverInfo")).json()
        assert (said["deploymentType"], said["versionNumbers"]) == ("Cloud", [1001, 0, 0])

    async def test_lists_every_field_that_an_issue_has(self, foreign: ForeignAddon) -> None:
        listed = {one["id"] for one in (await foreign.call("GET", f"{API}/field")).json()}
        assert listed == set((await foreign.call("GET", f"{API}/issue/TP-1")).json()["fields"])

    @pytest.mark.parametrize("query", ["fields=summary%2Cstatus", "fields=summary&fields=status"])
    async def test_takes_fields_apart_by_commas_and_by_parameters(
        self, devhost: Devhost, sites: AtlassianHost, query: str
    ) -> None:
        bearer = {"authorization": f"Bearer {sites.user_token(KEY)}"}
        issue = (await devhost.client.get(f"{API}/issue/TP-1?{query}", headers=bearer)).json()
        found = (await devhost.client.get(f"{API}/search/jql?{query}", headers=bearer)).json()["issues"][0]
        assert set(issue["fields"]) == set(found["fields"]) == {"summary", "status"}

    async def test_names_a_person_at_the_address_that_it_gives(
        self, sites: AtlassianHost, foreign: ForeignAddon
    ) -> None:
        issue = (await foreign.call("GET", f"{API}/issue/TP-2")).json()
        address = issue["fields"]["assignee"]["self"].partition("127.0.0.1:9000")[2].replace("us:", "us%3A")
        assert (await foreign.call("GET", address)).json() == issue["fields"]["assignee"]
        nobody = await foreign.call("GET", f"{API}/user?accountId=nobody")
        assert nobody.status_code == 404

    async def test_returns_and_removes_one_link(self, sites: AtlassianHost, foreign: ForeignAddon) -> None:
        links = f"{API}/issue/TP-1/remotelink"
        body = {"object": {"url": "https://a.example", "title": "A"}}
        made = (await foreign.call("POST", links, json=body)).json()
        assert (await foreign.call("GET", f"{links}/{made['id']}")).json()["object"] == body["object"]
        assert (await foreign.call("DELETE", f"{links}/{made['id']}")).status_code == 204
        assert (await foreign.call("GET", f"{links}/{made['id']}")).status_code == 404
        assert sites.issue("TP-1").links == []

    async def test_returns_one_comment(self, sites: AtlassianHost, foreign: ForeignAddon) -> None:
        made = await sites.comment("TP-1", "Hi")
        found = await foreign.call("GET", f"{API}/issue/TP-1/comment/{made.id}")
        assert found.json()["author"]["accountId"] == account_id(sites.person("Admin"))
        assert (await foreign.call("GET", f"{API}/issue/TP-1/comment/1")).status_code == 404


@pytest.mark.usefixtures("at_wiki")
class TestConfluence:
    async def test_lists_pages_by_title(self, foreign: ForeignAddon) -> None:
        found = (await foreign.call("GET", f"{WIKI}/content?spaceKey=DOC&title=Who%20is%20on%20call")).json()
        assert [one["title"] for one in found["results"]] == ["Who is on call"]
        assert (await foreign.call("GET", f"{WIKI}/content?type=blogpost")).json()["results"] == []

    async def test_names_the_next_page_of_a_list_below_its_own_address(self, foreign: ForeignAddon) -> None:
        first = (await foreign.call("GET", f"{WIKI}/content?spaceKey=DOC&limit=1")).json()
        assert first["_links"]["base"].endswith("/wiki")
        last = (await foreign.call("GET", f"/wiki{first['_links']['next']}")).json()
        titles = [one["title"] for one in first["results"] + last["results"]]
        assert (titles, "next" in last["_links"]) == (["How we release", "Who is on call"], False)

    async def test_lists_spaces(self, foreign: ForeignAddon) -> None:
        assert [one["key"] for one in (await foreign.call("GET", f"{WIKI}/space")).json()["results"]] == ["DOC"]

    async def test_lists_and_removes_properties_of_a_page(self, sites: AtlassianHost, foreign: ForeignAddon) -> None:
        page = next(iter(sites.site("wiki").library))
        address = f"{WIKI}/content/{page.id}/property"
        await foreign.call("POST", address, json={"key": "k", "value": 1})
        assert [one["key"] for one in (await foreign.call("GET", address)).json()["results"]] == ["k"]
        assert (await foreign.call("DELETE", f"{address}/k")).status_code == 204
        assert page.properties == {}

    async def test_says_who_calls(self, foreign: ForeignAddon) -> None:
        me = (await foreign.call("GET", f"{WIKI}/user/current")).json()
        assert (me["accountType"], me["type"]) == ("app", "known")
