"""What the sites believe of an add-on's calls, and what they refuse."""

import time
from typing import Any

import pytest

from devhost.dialects.atlassian.accounts import account_id
from devhost.dialects.atlassian.host import AtlassianHost
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.testing import Devhost
from tests.devhost.atlassian.foreign import DESCRIPTOR_URL, KEY, ForeignAddon, descriptor, hs256

ISSUE = "/jira/rest/api/3/issue/TP-1"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class TestToken:
    async def test_opens_the_request_that_it_was_made_for(
        self, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        target = "/jira/rest/api/3/search/jql?jql=project%20%3D%20TP&fields=summary"
        assert (await foreign.call("GET", target)).status_code == 200
        other = foreign.sign("GET", target.replace("TP", "XY"))
        assert (await foreign.call("GET", target, headers=other)).status_code == 401

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"iss": "com.example.another"}, "is installed here"),
            ({"exp": 1}, "expired"),
            ({"exp": None}, "no exp"),
            ({"iat": 10**10, "exp": 10**10 + 60}, "future"),
            ({"qsh": "context-qsh"}, "qsh is of another request"),
            ({"aud": ["another-client-key"]}, "audience"),
        ],
        ids=["issuer", "expired", "no-exp", "future", "context", "audience"],
    )
    async def test_that_is_wrong_is_refused_with_the_reason(
        self, at_jira: SiteInstallation, foreign: ForeignAddon, changes: dict[str, Any], said: str
    ) -> None:
        answer = await foreign.call("GET", ISSUE, headers=foreign.sign("GET", ISSUE, **changes))
        assert answer.status_code == 401
        assert said in answer.json()["errorMessages"][0]

    async def test_with_the_client_key_as_issuer_is_told_what_belongs_there(
        self, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        signed = foreign.sign("GET", ISSUE, iss=at_jira.client_key)
        answer = await foreign.call("GET", ISSUE, headers=signed)
        assert "the issuer is the add-on's key" in answer.json()["message"]

    async def test_of_the_secret_before_is_refused(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        signed = foreign.sign("GET", ISSUE)
        await sites.rotate_secret(KEY)
        assert (await foreign.call("GET", ISSUE, headers=signed)).status_code == 401

    async def test_is_needed(self, at_jira: SiteInstallation, foreign: ForeignAddon) -> None:
        assert (await foreign.call("GET", ISSUE, headers={})).status_code == 401

    async def test_of_a_site_opens_no_other(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        page = "/wiki/rest/api/space/DOC"
        assert (await foreign.call("GET", page)).status_code == 401
        await sites.install(DESCRIPTOR_URL, site="wiki")
        assert (await foreign.call("GET", page)).status_code == 200

    async def test_is_hashed_below_the_path_of_the_site(self, at_jira: SiteInstallation, foreign: ForeignAddon) -> None:
        assert (await foreign.call("GET", ISSUE, headers=foreign.sign("GET", ISSUE, below=""))).status_code == 401

    async def test_is_told_to_the_wire(
        self, devhost: Devhost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        await foreign.call("GET", ISSUE)
        entry = list(devhost.shell.wire)[-1]
        assert (entry.direction, entry.path, entry.verified) == ("in", ISSUE, True)
        assert at_jira.secret not in str(entry.public())


class TestScope:
    @pytest.mark.parametrize(
        ("method", "path", "needed"),
        [
            ("GET", ISSUE, "READ"),
            ("POST", f"{ISSUE}/comment", "WRITE"),
            ("PUT", f"{ISSUE}/properties/x", "WRITE"),
            ("DELETE", f"{ISSUE}/properties/x", "DELETE"),
        ],
        ids=["read", "comment", "set", "delete"],
    )
    async def test_that_is_missing_is_named(
        self, sites: AtlassianHost, foreign: ForeignAddon, method: str, path: str, needed: str
    ) -> None:
        order = ["NONE", "READ", "WRITE", "DELETE"]
        foreign.descriptor = descriptor(scopes=[order[order.index(needed) - 1]])
        await sites.install(DESCRIPTOR_URL)
        answer = await foreign.call(method, path, json={} if method in ("POST", "PUT") else None)
        assert (answer.status_code, answer.json()["message"].split(":")[0]) == (403, f"The scope {needed} is needed")

    async def test_implies_the_lower_ones(self, sites: AtlassianHost, foreign: ForeignAddon) -> None:
        foreign.descriptor = descriptor(scopes=["admin"])
        await sites.install(DESCRIPTOR_URL)
        assert (await foreign.call("PUT", f"{ISSUE}/properties/x", json=1)).status_code == 201


class TestActingAsUser:
    def assertion(self, sites: AtlassianHost, installation: SiteInstallation, **changes: Any) -> str:
        now = int(time.time())
        said = {
            "iss": f"urn:atlassian:connect:clientid:{installation.oauth_client_id}",
            "sub": f"urn:atlassian:connect:useraccountid:{account_id(sites.person('Developer'))}",
            "tnt": "http://127.0.0.1:9000/jira",
            "aud": "http://127.0.0.1:9000/authorization",
            "iat": now,
            "exp": now + 60,
        }
        return hs256(said | changes, installation.secret)

    async def ask(self, devhost: Devhost, assertion: str, **form: str) -> Any:
        fields = {"grant_type": GRANT, "assertion": assertion} | form
        return await devhost.client.post("/authorization/oauth2/token", data=fields)

    async def test_calls_as_the_person(
        self, devhost: Devhost, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        answer = await self.ask(devhost, self.assertion(sites, at_jira), scope="READ WRITE")
        token = answer.json()
        assert (token["token_type"], token["expires_in"]) == ("Bearer", 900)
        bearer = {"authorization": f"Bearer {token['access_token']}"}
        me = await foreign.call("GET", "/jira/rest/api/3/myself", headers=bearer)
        assert me.json()["displayName"] == "Developer"
        refused = await foreign.call("DELETE", f"{ISSUE}/properties/x", headers=bearer)
        assert refused.status_code == 403
        devhost.sites.faults.advance(901)
        expired = await foreign.call("GET", "/jira/rest/api/3/myself", headers=bearer)
        assert expired.status_code == 401

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"iss": "urn:atlassian:connect:clientid:another"}, "invalid_client"),
            ({"sub": "urn:atlassian:connect:useraccountid:nobody"}, "invalid_grant"),
            ({"tnt": "http://127.0.0.1:9000/wiki"}, "invalid_grant"),
            ({"aud": "https://auth.example"}, "invalid_grant"),
            ({"iat": 0, "exp": 60}, "invalid_grant"),
        ],
        ids=["client", "person", "site", "audience", "expired"],
    )
    async def test_is_refused_for_a_wrong_assertion(
        self, devhost: Devhost, sites: AtlassianHost, at_jira: SiteInstallation, changes: dict[str, Any], error: str
    ) -> None:
        answer = await self.ask(devhost, self.assertion(sites, at_jira, **changes))
        assert (answer.status_code, answer.json()["error"]) == (400, error)

    async def test_is_refused_for_an_assertion_that_lives_for_an_hour(
        self, devhost: Devhost, sites: AtlassianHost, at_jira: SiteInstallation
    ) -> None:
        answer = await self.ask(devhost, self.assertion(sites, at_jira, exp=time.time() + 3600))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")

    async def test_needs_its_scope_and_gives_no_more_than_those_of_the_descriptor(
        self, devhost: Devhost, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        wide = await self.ask(devhost, self.assertion(sites, at_jira), scope="ADMIN")
        assert wide.json()["error"] == "invalid_scope"
        foreign.descriptor = descriptor(scopes=["READ"])
        again = await sites.install(DESCRIPTOR_URL)
        none = await self.ask(devhost, self.assertion(sites, again))
        assert none.json()["error"] == "invalid_scope"

    async def test_ends_with_the_secret(
        self, devhost: Devhost, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        token = (await self.ask(devhost, self.assertion(sites, at_jira))).json()["access_token"]
        await sites.rotate_secret(KEY)
        bearer = {"authorization": f"Bearer {token}"}
        assert (await foreign.call("GET", "/jira/rest/api/3/myself", headers=bearer)).status_code == 401


class TestFault:
    async def test_of_the_rate_says_when_to_come_again(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        sites.faults.rate_limited(7, times=1)
        limited = await foreign.call("GET", ISSUE)
        assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")
        assert limited.headers["ratelimit-reason"] == "jira-burst-based"
        assert (await foreign.call("GET", ISSUE)).status_code == 200
