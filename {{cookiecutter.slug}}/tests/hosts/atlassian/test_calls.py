"""Calls to a site: signed on the bytes that are sent, to the tenant's site alone (reference 10, 11; matrix 11, 12)."""

import json
from typing import Any

import pytest
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.conformance import Stage
from app.connect.hosts.atlassian import (
    ConfluenceContext,
    HostNotFound,
    HostRejected,
    JiraContext,
    SignatureRefused,
    segment,
)
from app.connect.hosts.atlassian.client.api import SiteClient
from app.connect.hosts.atlassian.client.signing import SignedAuth
from app.connect.network.addresses import AddressRefused
from app.connect.network.fetch import HostUnavailable, ResponseInvalid
from app.connect.network.tokens import TokenDenied, UnknownClient
from tests.hosts.atlassian.attacks import case_of, install_of, signed
from tests.hosts.atlassian.opening import opened
from tests.hosts.atlassian.product import ADMIN, OTHER
from tests.hosts.atlassian_case import ConfluenceCase, JiraCase

pytestmark = pytest.mark.one_database


class TestJira:
    """The product in the tests refuses what is not signed for exactly what it got."""

    make_case = JiraCase

    @pytest.mark.parametrize(
        ("path", "params"),
        [
            ("rest/api/3/myself", None),
            ("rest/api/3/search/jql", {"jql": 'project = "A+B" & x ~ "é*\'"', "maxResults": 50}),
            ("rest/api/3/issue", {"expand": ["names", "changelog", "a,b"], "flag": True, "left": None, "empty": ""}),
            ("rest/api/3/issue/" + segment("TP 1/é&"), None),
            ("rest/api/3/x/", {"~": "~", "b:": "1", "b1": "2", "B": "3"}),
        ],
        ids=range(5),
    )
    async def test_is_called_with_a_signature_of_what_is_sent(
        self, stage: Stage, path: str, params: dict[str, Any] | None
    ) -> None:
        guest = await stage.install()
        async with opened(stage, guest) as ctx:
            assert isinstance(ctx, JiraContext)
            await ctx.jira.get(path, params)
            await ctx.jira.send("PUT", path, params=params, json={"a": 1})
        product = case_of(stage).product
        assert [(method, body) for method, _, body in product.calls] == [("GET", None), ("PUT", {"a": 1})]
        assert product.refused == []

    @pytest.mark.parametrize(
        "path",
        ["/rest/api/3/myself", "//evil.example/x", "https://evil.example/x", "a/../b", "../x", "x?y=1", "a//b", "./a"],
        ids=range(8),
    )
    async def test_is_not_called_at_another_address(self, stage: Stage, path: str) -> None:
        guest = await stage.install()
        async with opened(stage, guest) as ctx:
            with pytest.raises(AddressRefused):
                await ctx.jira.get(path)
        product = case_of(stage).product
        assert (product.calls, product.refused) == ([], [])

    async def test_redirects_are_not_followed(self, stage: Stage) -> None:
        guest = await stage.install()
        case_of(stage).product.answers = [RedirectResponse("https://evil.example/")]
        async with opened(stage, guest) as ctx:
            with pytest.raises(ResponseInvalid):
                await ctx.jira.get("rest/api/3/myself")

    async def test_secret_that_changed_is_taken_at_once(self, stage: Stage) -> None:
        guest = await stage.install()
        case = case_of(stage)
        case.site(guest).secret = "another-secret-of-the-site-0123456789"
        sent = install_of(case, guest)
        async with opened(stage, guest) as ctx:
            with pytest.raises(SignatureRefused):
                await ctx.jira.get("rest/api/3/myself")
            assert (await stage.send(signed(case, guest, sent, sub="rotated"))).status == 204
            assert await ctx.jira.get("rest/api/3/myself")

    async def test_secret_that_changed_under_way_is_tried_once(self, stage: Stage) -> None:
        guest = await stage.install()
        case, tenant = case_of(stage), await stage.tenant(guest)
        assert tenant is not None
        before, case.site(guest).secret = guest.secret, "another-secret-of-the-site-0123456789"
        found, read = [before, case.site(guest).secret], []

        async def read_secret(anew: bool) -> str:  # noqa: FBT001 - as the seam has it
            read.append(anew)
            return found[anew]

        client = SiteClient(
            stage.application.client, tenant, SignedAuth(tenant, case.product.app_key, read_secret), agent="test"
        )
        assert await client.get("rest/api/3/myself")
        found[1] = before
        with pytest.raises(SignatureRefused):
            await client.get("rest/api/3/myself")
        assert read == [False, True, False, True]
        assert len(case.product.refused) == 2

    async def test_tenant_that_is_gone_is_not_called(self, stage: Stage) -> None:
        guest = await stage.install()
        async with opened(stage, guest) as ctx:
            assert (await stage.send(case_of(stage).uninstall(guest))).status == 204
            await stage.settle()
            with pytest.raises(UnknownClient):
                await ctx.jira.get("rest/api/3/myself")
        assert case_of(stage).product.refused == []

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (JSONResponse({"errorMessages": ["No such issue."]}, 404), HostNotFound),
            (JSONResponse({"errors": {"summary": "is required"}}, 400), HostRejected),
            (JSONResponse({}, 403), HostRejected),
            (JSONResponse({}, 500), HostUnavailable),
            (Response("<html>", media_type="application/json"), ResponseInvalid),
        ],
        ids=range(5),
    )
    async def test_refusals_are_errors_of_their_own(
        self, stage: Stage, answer: Response, error: type[Exception]
    ) -> None:
        guest = await stage.install()
        case_of(stage).product.answers = [answer]
        async with opened(stage, guest) as ctx:
            with pytest.raises(error) as caught:
                await ctx.jira.get("rest/api/3/issue/TP-1")
        if isinstance(caught.value, HostRejected) and caught.value.reason:
            assert caught.value.reason in {"No such issue.", "summary: is required"}

    async def test_issues_comments_properties_and_links_are_typed(self, stage: Stage) -> None:
        guest = await stage.install()
        product = case_of(stage).product
        async with opened(stage, guest) as ctx:
            assert (await ctx.jira.issue("TP-1", ["summary"])).key == "TP-1"
            assert (await ctx.jira.comment("TP-1", "one\n\ntwo")).id == "1"
            await ctx.jira.set_property("TP-1", "builds", {"failed": 1})
            await ctx.jira.delete_property("TP-1", "builds")
            await ctx.jira.link("TP-1", "https://ci.example/1", "Build 1", global_id="build-1")
            product.answers = [JSONResponse({"key": "builds", "value": {"failed": 1}}), JSONResponse({}, 404)]
            assert await ctx.jira.property("TP-1", "builds") == {"failed": 1}
            assert await ctx.jira.property("TP-1", "other") is None
        assert [(method, target) for method, target, _ in product.calls] == [
            ("GET", "/rest/api/3/issue/TP-1?fields=summary"),
            ("POST", "/rest/api/3/issue/TP-1/comment"),
            ("PUT", "/rest/api/3/issue/TP-1/properties/builds"),
            ("DELETE", "/rest/api/3/issue/TP-1/properties/builds"),
            ("POST", "/rest/api/3/issue/TP-1/remotelink"),
        ]
        paragraphs = product.calls[1][2]["body"]["content"]
        assert [one["content"] for one in paragraphs] == [
            [{"type": "text", "text": "one"}],
            [],
            [{"type": "text", "text": "two"}],
        ]
        assert product.calls[4][2] == {
            "globalId": "build-1",
            "object": {"url": "https://ci.example/1", "title": "Build 1"},
        }

    async def test_search_reads_page_after_page(self, stage: Stage) -> None:
        guest = await stage.install()
        pages = [
            {"issues": [{"id": 1, "key": "TP-1", "fields": {"summary": "One"}}], "nextPageToken": "more"},
            {"issues": [{"id": 2, "key": "TP-2"}], "isLast": True},
        ]
        case_of(stage).product.answers = [JSONResponse(page) for page in pages]
        async with opened(stage, guest) as ctx:
            found = [issue async for issue in ctx.jira.search("project = TP")]
        assert [(one.key, one.summary) for one in found] == [("TP-1", "One"), ("TP-2", "")]

    async def test_pages_are_counted_until_there_is_no_more(self, stage: Stage) -> None:
        guest = await stage.install()
        pages = [{"values": [{"id": 1}, {"id": 2}], "total": 3}, {"values": [{"id": 3}], "total": 3}]
        case_of(stage).product.answers = [JSONResponse(page) for page in pages]
        async with opened(stage, guest) as ctx:
            assert [one["id"] async for one in ctx.jira.pages("rest/api/3/project/search", "values")] == [1, 2, 3]


class TestUser:
    make_case = JiraCase

    async def test_is_acted_for_with_one_token(self, stage: Stage) -> None:
        guest = await stage.install()
        product = case_of(stage).product
        async with opened(stage, guest) as ctx:
            for _ in range(3):
                assert await ctx.as_user(ADMIN).get("rest/api/3/myself")
        [assertion] = product.assertions
        assert {name: one for name, one in assertion.items() if name not in {"iat", "exp"}} == {
            "grant": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "iss": f"urn:atlassian:connect:clientid:oauth-{guest.client_key}",
            "sub": f"urn:atlassian:connect:useraccountid:{ADMIN}",
            "tnt": case_of(stage).site(guest).base_url,
            "aud": "https://oauth-2-authorization-server.services.atlassian.com",
        }
        assert assertion["exp"] - assertion["iat"] == 60

    async def test_who_cannot_is_refused(self, stage: Stage) -> None:
        guest = await stage.install()
        async with opened(stage, guest) as ctx:
            with pytest.raises(TokenDenied):
                await ctx.as_user(OTHER).get("rest/api/3/myself")

    async def test_whom_the_add_on_may_not_act_for_suspends_nobody(self, stage: Stage) -> None:
        """It did, for 15 seconds at each try: whoever made a handler act as a user closed the site for everybody."""
        guest = await stage.install()
        case_of(stage).product.denials = [JSONResponse({"error": "invalid_client"}, 401)]
        async with opened(stage, guest) as ctx:
            with pytest.raises(TokenDenied, match="ACT_AS_USER"):
                await ctx.as_user(ADMIN).get("rest/api/3/myself")
        tenant = await stage.tenant(guest)
        assert tenant is not None
        assert tenant.is_installed
        assert (await stage.enter(guest)).status == 200

    async def test_of_a_new_installation_asks_anew(self, stage: Stage) -> None:
        guest = await stage.install()
        for _ in range(2):
            async with opened(stage, guest) as ctx:
                await ctx.as_user(ADMIN).get("rest/api/3/myself")
            await stage.send(stage.case.renew(guest))
        assert len(case_of(stage).product.assertions) == 2


class TestConfluence:
    make_case = ConfluenceCase

    async def test_is_called_below_its_path(self, stage: Stage) -> None:
        guest = await stage.install()
        product = case_of(stage).product
        async with opened(stage, guest) as ctx:
            assert isinstance(ctx, ConfluenceContext)
            assert (await ctx.confluence.page("7")).id == "1"
            product.answers = [JSONResponse({"id": 1, "key": "DOC", "name": "Documentation"})]
            assert (await ctx.confluence.space("DOC")).name == "Documentation"
        assert product.calls[0][1] == "/wiki/rest/api/content/7?expand=space%2Cversion"
        assert product.refused == []

    async def test_property_is_made_or_raised_by_one_version(self, stage: Stage) -> None:
        guest = await stage.install()
        product = case_of(stage).product
        async with opened(stage, guest) as ctx:
            product.answers = [JSONResponse({}, 404)]
            await ctx.confluence.set_property("7", "builds", 1)
            product.answers = [JSONResponse({"key": "builds", "value": 1, "version": {"number": 4}})]
            await ctx.confluence.set_property("7", "builds", 2)
        assert [(method, body) for method, _, body in product.calls] == [
            ("POST", {"key": "builds", "value": 1}),
            ("PUT", {"key": "builds", "value": 2, "version": {"number": 5}}),
        ]


def test_names_in_paths_reach_no_other_path() -> None:
    assert segment("a/b?c#d") == "a%2Fb%3Fc%23d"
    assert json.dumps([segment(one) for one in ("TP-1", 7)]) == '["TP-1", "7"]'
    for name in ("", ".", ".."):
        with pytest.raises(AddressRefused):
            segment(name)
