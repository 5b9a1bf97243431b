"""In a container: calls in are proven by the sidecar, calls out go through it (reference 12)."""

from typing import Any

import pytest

from app.connect.hosts.forge.container.egress import ContainerOutbound
from app.connect.hosts.forge.container.sidecar import SidecarAuth, authorization
from app.connect.hosts.forge.container.stamp import INVOCATION_CLAIM
from app.connect.hosts.forge.context import NoSuchProduct
from app.connect.hosts.forge.settings import ForgeDetails
from app.connect.network.addresses import AddressRefused
from app.connect.network.tokens import TokenDenied, UnknownClient, Wanted
from app.connect.tenancy.tenant import Caller, Doubted, TenantState
from tests.hosts.forge.cloud import ADMIN, API, APP, OTHER, access_token
from tests.hosts.forge.sidecar import SIDECAR, ContainerStage
from tests.hosts.forge.stage import DOCUMENT, issue_event

DOUBLE = {"count": 21}


async def installed(container: ContainerStage, **given: Any) -> Any:
    """Install the app on a site and let all that follows from it run."""
    site = container.cloud.new_site(**given)
    await container.send(container.sidecar.hourly(site))
    await container.settle()
    container.sidecar.calls.clear()
    return site


class TestCallIn:
    async def test_of_a_frontend_is_answered_with_who_and_where(self, container: ContainerStage) -> None:
        answer = await container.send(container.sidecar.call(container.cloud.new_site(), "double", DOUBLE))
        assert answer.json() == {"doubled": 42, "user": OTHER, "place": "TP-1"}

    async def test_of_a_trigger_is_an_event_that_is_handled(self, container: ContainerStage) -> None:
        site = container.cloud.new_site()
        assert (await container.send(container.sidecar.event(site, issue_event()))).status == 204
        await container.settle()
        assert [event.issue.key for event in container.heard.of("updated")] == ["TP-1"]

    async def test_may_name_the_endpoint_as_tokens_do(self, container: ContainerStage) -> None:
        site = container.cloud.new_site()
        sent = container.sidecar.event(site, issue_event(), ("core:endpoint", "forge-events"))
        assert (await container.send(sent)).status == 204

    async def test_of_a_schedule_is_heard_and_brings_the_installation(self, container: ContainerStage) -> None:
        site = await installed(container)
        tenant = await container.tenant(site)
        assert tenant is not None
        details = tenant.details(ForgeDetails)
        assert (tenant.api_url, details.product, details.version) == (f"{site.api}/", "jira", "2.0.0")
        assert details.api_of("jira") == site.api
        assert container.heard.of("installed") == [tenant.id]

    async def test_takes_the_whereabouts_that_a_context_names(self, container: ContainerStage) -> None:
        site = container.cloud.new_site(product="confluence")
        place = {"name": "confluence", "apiBaseUrl": site.api, "cloudId": site.cloud_id}
        sent = container.sidecar.call(
            site, "double", DOUBLE, apiBaseUrl=site.api, installation={"contexts": [place]}, appVersion="3.0.0"
        )
        assert (await container.send(sent)).status == 200
        tenant = await container.tenant(site)
        assert tenant is not None
        assert (tenant.api_url, container.sidecar.listed) == (f"{site.api}/", 0)

    async def test_finds_an_installation_on_any_page_of_the_list_and_remembers_it(
        self, container: ContainerStage
    ) -> None:
        sites = [container.cloud.new_site() for _ in range(5)]
        container.sidecar.sites += sites
        for _ in range(2):
            for site in sites:
                assert (await container.send(container.sidecar.call(site, "double", DOUBLE))).status == 200
        assert container.sidecar.listed == 3

    async def test_asks_for_every_request_anew(self, container: ContainerStage) -> None:
        site = container.cloud.new_site()
        sent = container.sidecar.call(site, "double", DOUBLE)
        assert (await container.send(sent)).status == 200
        container.sidecar.invocations.clear()
        assert (await container.send(sent)).status == 401
        assert len(container.sidecar.asked) == 2

    async def test_with_a_token_that_forge_signed_is_believed_as_elsewhere(self, container: ContainerStage) -> None:
        site = container.cloud.new_site()
        assert (await container.send(container.cloud.call(site, "double", DOUBLE))).status == 200
        forged = container.cloud.call(site, "double", DOUBLE, key="evil")
        assert (await container.send(forged)).status == 401

    async def test_is_of_the_app_that_the_platform_names_where_nobody_else_does(
        self, container: ContainerStage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delitem(DOCUMENT["forge"], "app")
        process = container.start(app_ari=APP)
        sent = container.sidecar.call(container.cloud.new_site(), "double", DOUBLE)
        assert (await container.send(sent, process)).status == 200


class TestCallOut:
    async def test_of_a_frontends_call_acts_by_its_invocation(self, container: ContainerStage) -> None:
        site = await installed(container)
        sent = container.sidecar.call(site, "mine")
        answer = await container.send(sent)
        assert answer.json() == "It works"
        [called] = container.sidecar.calls
        invocation = container.sidecar.asked[-1]
        assert (called.path, called.acts) == ("/jira/rest/api/3/issue/TP-1", {"as": "user", "id": invocation})

    async def test_of_a_job_acts_by_its_installation_and_waits_for_nothing(self, container: ContainerStage) -> None:
        site = await installed(container)
        await container.send(container.sidecar.call(site, "later"))
        await container.settle()
        assert container.heard.of("comment") == ["It works"]
        assert container.sidecar.acts() == [{"as": "app", "installationId": site.installation}]

    async def test_as_somebody_who_is_away_names_them(self, container: ContainerStage) -> None:
        site = await installed(container)
        ctx: Any = await container.context(site)
        await ctx.as_user(ADMIN).issue("TP-1")
        acts = {"as": "user", "installationId": site.installation, "accountId": ADMIN}
        assert container.sidecar.acts() == [acts]
        for wrong in ("a,as=app", "a\r\nx: y", ""):
            with pytest.raises(TokenDenied, match="no account's id"):
                await ctx.as_user(wrong).issue("TP-1")
        assert len(container.sidecar.calls) == 1

    async def test_as_another_in_an_invocation_names_both(self, container: ContainerStage) -> None:
        tenant = await container.tenant(await installed(container))
        assert tenant is not None
        claims = {INVOCATION_CLAIM: "invocation-1"}
        ctx: Any = container.application.contexts.open(tenant, Caller(OTHER, None, None), claims=claims)
        await ctx.as_user(ADMIN).issue("TP-1")
        await ctx.as_user(OTHER).issue("TP-1")
        await ctx.jira.issue("TP-1")
        assert container.sidecar.acts() == [
            {"as": "user", "id": "invocation-1", "accountId": ADMIN},
            {"as": "user", "id": "invocation-1"},
            {"as": "app", "id": "invocation-1"},
        ]

    async def test_to_confluence_and_storage_goes_the_same_way(self, container: ContainerStage) -> None:
        site = await installed(container, product="confluence")
        ctx = await container.context(site)
        await ctx.confluence.get("rest/api/space")
        await ctx.forge_store.set("key", {"a": 1})
        assert await ctx.forge_store.get("key") == {"a": 1}
        await ctx.storage.set("plain", 1)
        paths = [one.path for one in container.sidecar.calls]
        assert paths[0] == "/confluence/wiki/rest/api/space"
        assert {one.rpartition("/")[0] for one in paths[1:]} == {"/forge/storage/kvs/v1"}
        assert container.sidecar.acts() == [{"as": "app", "installationId": site.installation}] * len(paths)

    async def test_goes_nowhere_else(self, container: ContainerStage) -> None:
        site = await installed(container)
        ctx = await container.context(site)
        for path in ("../forge/storage", "/atlassian/graphql", "https://evil.example/x"):
            with pytest.raises(Exception, match="below"):
                await ctx.jira.get(path)
        with pytest.raises(NoSuchProduct):
            await ctx.confluence.get("rest/api/space")
        auth = SidecarAuth(authorization(invocation="invocation-1"), f"{SIDECAR}/jira/")
        for url in (f"{API}/x", f"{SIDECAR}/confluence/wiki/x", f"{SIDECAR}.evil.example/jira/", f"{SIDECAR}/jirax"):
            with pytest.raises(AddressRefused):
                await container.application.client.send("GET", url, auth=auth)
        assert (container.sidecar.calls, container.cloud.calls) == ([], [])

    async def test_has_no_access_token_and_says_so(self, container: ContainerStage) -> None:
        site = await installed(container)
        ctx = await container.context(site)
        for wanted in (Wanted(), Wanted(user_id=OTHER)):
            with pytest.raises(TokenDenied, match="A container gets no access tokens"):
                await container.application.tokens["forge"].get(ctx.tenant, wanted)

    async def test_takes_no_access_token_from_a_header(self, container: ContainerStage) -> None:
        site = await installed(container)
        sent = container.sidecar.call(site, "mine").with_header("x-forge-oauth-system", access_token("evil"))
        await container.send(sent.with_header("x-forge-oauth-user", access_token("evil")))
        with pytest.raises(TokenDenied):
            await (await container.context(site)).access_token()
        assert [one.acts["as"] for one in container.sidecar.calls] == ["user"]

    async def test_asks_about_an_installation_in_doubt(self, container: ContainerStage) -> None:
        site = await installed(container)
        tenant = await container.tenant(site)
        assert tenant is not None
        await container.application.lifecycle.apply("forge", Doubted(tenant.client_key), proved=tenant)
        await container.settle()
        found = await container.tenant(site)
        assert found is not None
        assert found.state is TenantState.INSTALLED
        assert [one.path for one in container.sidecar.calls] == ["/jira/rest/api/3/mypermissions"]

    async def test_is_known_while_the_sidecar_lists_it(self, container: ContainerStage) -> None:
        """What an app without a scope for a question to its product is asked instead."""
        site = await installed(container)
        tenant = await container.tenant(site)
        assert tenant is not None
        here, later = (container.start().hosts["forge"].outbound for _ in range(2))
        assert isinstance(here, ContainerOutbound)
        assert isinstance(later, ContainerOutbound)
        await here.require_known(tenant)
        site.is_installed = False
        with pytest.raises(UnknownClient):
            await later.require_known(tenant)
