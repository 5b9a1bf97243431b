"""Descriptors over HTTP, and whether what they name answers as they say: on Jira alone, and beside other hosts."""

from collections.abc import Mapping
from typing import Any

import pytest

from app.conformance import Guest, Sent
from app.connect import AddonRouter, Ctx, Page
from app.connect.errors import ConfigurationError
from app.connect.hosts.atlassian import ConfluenceCtx, ConfluenceRouter, IssueUpdated, JiraCtx, JiraRouter, Storage
from app.connect.hosts.atlassian.descriptor import describe
from app.connect.hosts.protocol import ProofKind
from tests.hosts.atlassian.served import Serve
from tests.hosts.atlassian_case import ConfluenceCase, JiraCase
from tests.hosts.hipchat_case import HipChatCase

DOCUMENT: Mapping[str, Any] = {
    "hipchat": HipChatCase.section,
    "jira": {
        "scopes": ["READ"],
        "webPanels": {"report": {"name": "Report", "location": "x", "query": {"issue": "{issue.key}"}}},
        "generalPages": {"list": {"name": "List"}},
        "jiraWorkflowPostFunctions": {"close": {"name": "Close", "create": True}},
    },
    "confluence": {
        "contentBylineItems": {"report": {"name": "Report"}},
        "staticContentMacros": {"note": {"name": "Note"}},
    },
}


def portable(kind: str = "panel") -> AddonRouter:
    """Answer `report` on every host that shows it."""
    router = AddonRouter()

    @router.panel("report")
    async def report(ctx: Ctx) -> Page:
        return Page(f"{kind} of {ctx.host}")

    return router


def of_jira(called: list[str]) -> JiraRouter:
    jira = JiraRouter()

    @jira.page("list")
    async def listed(ctx: JiraCtx) -> Page:
        return Page(f"list of {ctx.host}")

    @jira.create("close")
    async def set_up(ctx: JiraCtx) -> Page:
        return Page(f"set up for {ctx.host}")

    @jira.on_call("close")
    async def close(ctx: JiraCtx, call: dict[str, Any]) -> None:
        called.append(f"{ctx.host} {call['issue']['key']}")

    @jira.on(IssueUpdated, filter="project = TP")
    async def updated(ctx: JiraCtx, event: IssueUpdated) -> None:
        called.append(event.issue.key)

    return jira


def of_confluence() -> ConfluenceRouter:
    confluence = ConfluenceRouter()

    @confluence.storage("note")
    async def note(ctx: ConfluenceCtx) -> Storage:
        return Storage(f"<p>note of {ctx.host}</p>")

    return confluence


class TestJiraAlone:
    async def test_descriptor_is_served_and_nothing_of_another_host(self, serve: Serve) -> None:
        served = serve(DOCUMENT, [portable(), of_jira([])], JiraCase())
        found = await served.descriptor("jira")
        assert found == describe(served.application.addon, "jira")
        assert found["modules"]["webhooks"] == [
            {"event": "jira:issue_updated", "url": "/jira/webhook/jira-issue_updated", "filter": "project = TP"}
        ]
        for path in ("/hipchat/capabilities.json", "/confluence/atlassian-connect.json", "/confluence/panel/report"):
            assert (await served.send(Sent("GET", path))).status == 404

    async def test_what_the_descriptor_names_answers_whom_the_site_shows_it(self, serve: Serve) -> None:
        case = JiraCase()
        called: list[str] = []
        served = serve(DOCUMENT, [portable(), of_jira(called)], case)
        modules = (await served.descriptor("jira"))["modules"]
        guest = await served.installed(case)
        panel = modules["webPanels"][0]["url"].replace("{issue.key}", "TP-7")
        shown = await served.enter(case, guest, f"{panel}&xdm_e=https%3A%2F%2Fx.example&cp=&lic=none&cv=1.1")
        assert (shown.status, shown.body) == (200, b"panel of jira")
        assert (await served.send(Sent("GET", panel))).status == 401
        function = modules["jiraWorkflowPostFunctions"][0]
        assert (await served.enter(case, guest, function["create"]["url"])).body == b"set up for jira"
        posted = Sent.post(function["triggered"]["url"], {"issue": {"key": "TP-7"}, "transition": {"id": 1}})
        token = case.sign(guest, posted, ProofKind.EVENT)
        assert (await served.send(case.carry(posted, token))).status == 204
        await served.application.worker.drain()
        assert called == ["jira TP-7"]

    async def test_lifecycle_is_answered_where_the_descriptor_says(self, serve: Serve) -> None:
        case = JiraCase()
        served = serve(DOCUMENT, [portable(), of_jira([])], case)
        guest = await served.installed(case)
        lifecycle = (await served.descriptor("jira"))["lifecycle"]
        for event in ("disabled", "enabled", "uninstalled"):
            sent = case.lifecycle(guest, event)
            assert sent.target == lifecycle[event]
            assert (await served.send(sent)).status == 204

    async def test_walk_of_a_newcomer_is_one_section_and_one_handler(self, serve: Serve) -> None:
        router = AddonRouter()

        @router.page("hello")
        async def hello(ctx: Ctx) -> Page:
            return Page(f"Hello, {ctx.caller.user_id}")

        section = {"generalPages": {"hello": {"name": "Hello", "location": "system.top.navigation.bar"}}}
        case = JiraCase()
        served = serve({"jira": section}, [router], case)
        page = (await served.descriptor("jira"))["modules"]["generalPages"][0]
        assert page == {
            "key": "hello",
            "name": {"value": "Hello"},
            "location": "system.top.navigation.bar",
            "url": "/jira/page/hello",
        }
        guest = await served.installed(case)
        known = await served.application.lifecycle.known("jira", guest.client_key)
        assert known is not None
        assert known.secret == guest.secret
        assert known.tenant.web_url == case.site(guest).base_url
        shown = await served.enter(case, guest, f"{page['url']}?lic=none")
        assert (shown.status, shown.body) == (200, b"Hello, account-of-somebody")
        assert "frame-ancestors https://site-" in shown.headers["content-security-policy"]
        forged = Guest(guest.client_key, "a-secret-that-nobody-was-given-0123456789")
        assert (await served.enter(case, forged, page["url"])).status == 401


class TestBesideOthers:
    async def test_every_host_reads_its_own_document(self, serve: Serve) -> None:
        routers = [portable(), of_jira([]), of_confluence()]
        served = serve(DOCUMENT, routers, HipChatCase(), JiraCase(), ConfluenceCase())
        jira, confluence = await served.descriptor("jira"), await served.descriptor("confluence")
        assert jira["modules"].keys() == {"webPanels", "generalPages", "jiraWorkflowPostFunctions", "webhooks"}
        assert confluence["modules"].keys() == {"contentBylineItems", "staticContentMacros"}
        capabilities = (await served.send(Sent("GET", "/hipchat/capabilities.json"))).json()["capabilities"]
        assert [panel["key"] for panel in capabilities["webPanel"]] == ["report"]
        assert "webhook" not in capabilities

    async def test_portable_panel_answers_on_every_host_that_shows_it(self, serve: Serve) -> None:
        cases = (HipChatCase(), JiraCase(), ConfluenceCase())
        served = serve(DOCUMENT, [portable(), of_jira([]), of_confluence()], *cases)
        for case in cases:
            guest = await served.installed(case)
            shown = await served.enter(case, guest, f"/{case.name}/panel/report")
            assert (shown.status, shown.body.decode()) == (200, f"panel of {case.name}")

    async def test_page_of_one_host_is_no_page_of_another(self, serve: Serve) -> None:
        served = serve(DOCUMENT, [portable(), of_jira([]), of_confluence()], JiraCase(), ConfluenceCase())
        for path in ("/confluence/page/list", "/jira/storage/note", "/jira/panel/list"):
            assert (await served.send(Sent("GET", path))).status == 404

    async def test_static_macro_answers_in_the_storage_format(self, serve: Serve) -> None:
        case = ConfluenceCase()
        served = serve(DOCUMENT, [portable(), of_confluence()], case)
        guest = await served.installed(case)
        shown = await served.enter(case, guest, "/confluence/storage/note?lic=none")
        assert (shown.status, shown.body) == (200, b"<p>note of confluence</p>")
        assert shown.headers["content-type"] == "text/html; charset=utf-8"
        assert shown.headers["cache-control"] == "no-cache, no-store"

    def test_page_with_no_handler_stops_the_start(self, serve: Serve) -> None:
        with pytest.raises(ConfigurationError) as refused:
            serve(DOCUMENT, [portable()], ConfluenceCase())
        assert "[confluence.staticContentMacros.note], but nothing answers it" in str(refused.value)
        assert '@confluence.storage("note")' in str(refused.value)
