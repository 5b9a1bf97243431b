"""The APIs of the sites below apiBaseUrl, with the access tokens that came with invocations."""

from typing import Any

import httpx
import pytest

from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.host import ForgeHost
from devhost.testing import Devhost
from devhost.wire.signing import read_claims
from tests.devhost.forge.remote import Remote, document, manifest


async def call(devhost: Devhost, url: str, token: str, method: str = "GET", **more: Any) -> httpx.Response:
    return await devhost.client.request(method, url, headers={"authorization": f"Bearer {token}"}, **more)


class TestToken:
    async def test_of_the_app_reads_and_writes_as_the_app(
        self, devhost: Devhost, forge: ForgeHost, installed: ForgeInstallation
    ) -> None:
        base, token = forge.state.api_url(installed.site), forge.access_token(installed)
        read = await call(devhost, f"{base}/rest/api/3/issue/TP-1?fields=summary", token)
        assert read.json()["fields"] == {"summary": "Log in with a passkey"}
        me = await call(devhost, f"{base}/rest/api/3/myself", token)
        assert me.json()["accountType"] == "app"
        found = await call(devhost, f"{base}/rest/api/3/search/jql?jql=project+%3D+TP", token)
        assert {"TP-1", "TP-2", "TP-3"} <= {one["key"] for one in found.json()["issues"]}
        made = await call(devhost, f"{base}/rest/api/3/issue/TP-1/properties/mine", token, "PUT", json=[1])
        assert (made.status_code, forge.sites.issue("TP-1").properties) == (201, {"mine": [1]})

    async def test_of_a_person_acts_as_them(
        self, devhost: Devhost, forge: ForgeHost, installed: ForgeInstallation
    ) -> None:
        token = forge.access_token(installed, user="Developer")
        me = await call(devhost, f"{forge.state.api_url(installed.site)}/rest/api/3/myself", token)
        assert me.json()["displayName"] == "Developer"

    async def test_of_confluence_is_below_wiki(self, devhost: Devhost, forge: ForgeHost, remote: Remote) -> None:
        installed = await forge.install(manifest(), site="wiki")
        page = next(iter(forge.sites.site("wiki").library))
        url = f"{forge.state.api_url(installed.site)}/wiki/rest/api/content/{page.id}"
        assert (await call(devhost, url, forge.access_token(installed))).json()["title"] == page.title

    async def test_is_good_nowhere_else(self, devhost: Devhost, forge: ForgeHost, installed: ForgeInstallation) -> None:
        token = forge.access_token(installed)
        assert (await call(devhost, "/jira/rest/api/3/issue/TP-1", token)).status_code == 401
        other = forge.state.api_url(forge.sites.site("wiki"))
        assert (await call(devhost, f"{other}/wiki/rest/api/content", token)).status_code == 403
        unknown = await call(devhost, "/ex/jira/00000000-0000-0000-0000-000000000000/rest/api/3/myself", token)
        assert unknown.status_code == 403

    @pytest.mark.parametrize("token", ["", "eyJ.eyJ.x"], ids=["none", "made-up"])
    async def test_must_be_one_that_was_given(
        self, devhost: Devhost, forge: ForgeHost, installed: ForgeInstallation, token: str
    ) -> None:
        answer = await call(devhost, f"{forge.state.api_url(installed.site)}/rest/api/3/myself", token)
        assert (answer.status_code, answer.json()["code"]) == (401, 401)

    async def test_expires_by_its_exp(self, devhost: Devhost, forge: ForgeHost, installed: ForgeInstallation) -> None:
        token, url = forge.access_token(installed), f"{forge.state.api_url(installed.site)}/rest/api/3/myself"
        claims = read_claims(token)
        assert claims is not None
        assert claims["exp"] - claims["iat"] == 4 * 3600
        await forge.advance(2 * 3600 - 60)
        assert forge.access_token(installed) == token
        await forge.advance(120)
        # Less than two hours are left, so invocations bring another one; the old one is good for its time.
        assert forge.access_token(installed) != token
        assert (await call(devhost, url, token)).status_code == 200
        await forge.advance(2 * 3600)
        assert (await call(devhost, url, token)).status_code == 401

    async def test_can_be_ended_or_live_short(
        self, devhost: Devhost, forge: ForgeHost, installed: ForgeInstallation
    ) -> None:
        url = f"{forge.state.api_url(installed.site)}/rest/api/3/myself"
        token = forge.access_token(installed)
        assert forge.expire_tokens(installed) == 1
        assert (await call(devhost, url, token)).status_code == 401
        forge.faults.expire_tokens_in(30)
        token = forge.access_token(installed)
        assert (await call(devhost, url, token)).status_code == 200
        await forge.advance(31)
        assert (await call(devhost, url, token)).status_code == 401


class TestScope:
    @pytest.mark.parametrize(
        ("scopes", "statuses"),
        [
            (["read:jira-work"], [200, 401]),
            (["write:jira-work"], [200, 201]),
            (["read:issue:jira"], [200, 401]),
            (["read:confluence-content.all"], [401, 401]),
        ],
        ids=["read", "write", "granular", "other-product"],
    )
    async def test_is_what_the_manifest_asked_for(
        self, devhost: Devhost, forge: ForgeHost, remote: Remote, scopes: list[str], statuses: list[int]
    ) -> None:
        installed = await forge.install(manifest(permissions={"scopes": ["read:app-system-token", *scopes]}))
        base, token = forge.state.api_url(installed.site), forge.access_token(installed)
        read = await call(devhost, f"{base}/rest/api/3/issue/TP-1", token)
        written = await call(devhost, f"{base}/rest/api/3/issue/TP-1/properties/a", token, "PUT", json=1)
        assert [read.status_code, written.status_code] == statuses


class TestFault:
    async def test_of_the_answers_is_met_below_the_gateway(
        self, devhost: Devhost, forge: ForgeHost, installed: ForgeInstallation
    ) -> None:
        url = f"{forge.state.api_url(installed.site)}/rest/api/3/myself"
        forge.faults.rate_limited(7, times=1)
        refused = await call(devhost, url, forge.access_token(installed))
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
        assert (await call(devhost, url, forge.access_token(installed))).status_code == 200


class TestOffline:
    async def test_token_of_somebody_who_is_away(self, devhost: Devhost, forge: ForgeHost, remote: Remote) -> None:
        allowed: dict[str, Any] = {key: {} for key in document()["permissions"]["scopes"]}
        allowed["read:jira-work"] = {"allowImpersonation": True}
        installed = await forge.install(document(permissions={"scopes": allowed}))
        told = await impersonate(devhost, forge, installed, "devhost:00000002")
        assert told["success"] is True
        assert told["authToken"]["ttl"] == 3600
        url = f"{forge.state.api_url(installed.site)}/rest/api/3/myself"
        me = await call(devhost, url, told["authToken"]["token"])
        assert me.json()["displayName"] == "Developer"
        assert (await impersonate(devhost, forge, installed, "devhost:99999999"))["success"] is False

    async def test_token_needs_a_scope_that_allows_it(
        self, devhost: Devhost, forge: ForgeHost, installed: ForgeInstallation
    ) -> None:
        told = await impersonate(devhost, forge, installed, "devhost:00000002")
        assert (told["success"], told["authToken"]) == (False, None)
        assert "allowImpersonation" in told["errors"][0]["message"]


async def impersonate(devhost: Devhost, forge: ForgeHost, installed: ForgeInstallation, account: str) -> Any:
    query = "mutation M($input: OfflineUserAuthTokenInput!) { offlineUserAuthToken(input: $input) { success } }"
    context = f"ari:cloud:jira::site/{installed.site.cloud_id}"
    body = {"query": query, "variables": {"input": {"contextIds": [context], "userId": account}}}
    answer = await call(devhost, "/graphql", forge.access_token(installed), "POST", json=body)
    return answer.json()["data"]["offlineUserAuthToken"]
