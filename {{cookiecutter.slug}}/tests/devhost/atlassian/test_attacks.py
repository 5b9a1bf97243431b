"""The attacks that the devhost plays: a careful add-on refuses each, and a careless one shows that they are real."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devhost.dialects.atlassian.attacks import ATTACKS
from devhost.dialects.atlassian.host import AtlassianHost
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.errors import HostError
from devhost.testing import Devhost
from tests.devhost.atlassian.foreign import DESCRIPTOR_URL, KEY, ORIGIN, ForeignAddon, descriptor

# The little foreign add-on reads tokens from everywhere and remembers none, so these get past it.
PAST_FOREIGN = {"replay", "in-query"}


class TestAttack:
    @pytest.mark.parametrize("key", sorted(ATTACKS.keys() - PAST_FOREIGN))
    async def test_is_refused_by_an_addon_that_checks(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon, key: str
    ) -> None:
        secret = foreign.tenant["sharedSecret"]
        answer = await sites.attack(key, KEY, issue="TP-1")
        assert answer.status == 401, answer.told()
        assert foreign.tenant["sharedSecret"] == secret

    @pytest.mark.parametrize("key", sorted(ATTACKS))
    async def test_gets_through_where_nothing_is_checked(
        self, devhost: Devhost, sites: AtlassianHost, key: str
    ) -> None:
        async def anything(request: Request) -> Response:
            if request.url.path.endswith(".json"):
                return JSONResponse(descriptor())
            return Response(status_code=204)

        devhost.serve(ORIGIN, Starlette(routes=[Route("/{path:path}", anything, methods=["GET", "POST"])]))
        await sites.install(DESCRIPTOR_URL)
        assert (await sites.attack(key, KEY, issue="TP-1")).ok

    async def test_of_no_such_name_is_not_found(self, sites: AtlassianHost, at_jira: SiteInstallation) -> None:
        with pytest.raises(HostError, match="which is none of unsigned"):
            await sites.attack("another", KEY)


class TestPage:
    async def test_is_asked_for_with_what_the_place_says(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        look = sites.look(KEY, "panel", issue="TP-2", user="Developer")
        url = httpx.URL(sites.signed_url(look))
        issue = sites.issue("TP-2")
        assert dict(url.params) | {"issue": "TP-2", "project": str(issue.project.id), "nothing": ""} == dict(url.params)
        assert (url.params["xdm_e"], url.params["cp"], url.params["lic"]) == ("http://127.0.0.1:9000", "/jira", "none")
        assert (await sites.open(look)).status_code == 200

    async def test_of_a_cacheable_module_is_asked_for_as_it_stands(
        self, sites: AtlassianHost, foreign: ForeignAddon
    ) -> None:
        page = {"key": "still", "name": {"value": "Still"}, "url": "/still?x={issue.key}", "cacheable": True}
        foreign.descriptor = descriptor(modules={"generalPages": [page]})
        await sites.install(DESCRIPTOR_URL)
        assert sites.signed_url(sites.look(KEY, "still")) == f"{ORIGIN}/connect/still?x={{issue.key}}"

    async def test_gets_what_a_script_hands_to_it(self, sites: AtlassianHost, foreign: ForeignAddon) -> None:
        foreign.descriptor = descriptor(modules={"dialogs": [{"key": "ask", "url": "/ask/{ac.build}?of={ac.build}"}]})
        await sites.install(DESCRIPTOR_URL)
        url = httpx.URL(sites.signed_url(sites.look(KEY, "ask", data={"build": "a 7"})))
        assert (url.raw_path.partition(b"?")[0], url.params["of"]) == (b"/connect/ask/a%207", "a 7")
        assert url.params["ac.build"] == "a 7"

    async def test_that_is_not_there_is_not_found(self, sites: AtlassianHost, at_jira: SiteInstallation) -> None:
        with pytest.raises(HostError, match="'nothing'"):
            sites.signed_url(sites.look(KEY, "nothing"))
