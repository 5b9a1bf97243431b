"""A page asks for itself again with the parameters that the site signed, and with no others in their place."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from app.conformance import Guest, Sent
from app.connect import AddonRouter, Ctx, Page
from tests.hosts.atlassian.served import Serve, Served
from tests.hosts.atlassian_case import JiraCase

pytestmark = pytest.mark.one_database

DOCUMENT: Mapping[str, Any] = {
    "jira": {
        "scopes": ["READ"],
        "webPanels": {"report": {"name": "Report", "location": "x", "query": {"issue": "{issue.key}"}}},
    }
}
OPENED = "/jira/panel/report?issue=TP-1&cp=&lic=none"


def reading() -> AddonRouter:
    """Answer with what the address says, and with a page token."""
    router = AddonRouter()

    @router.panel("report")
    async def report(ctx: Ctx, issue: str = "", after: int = 0) -> Page:
        return Page(f"{issue} after {after}: token {ctx.page_token()} ends")

    return router


async def opened(served: Served, case: JiraCase, guest: Guest, target: str) -> str:
    """Show the panel to somebody, and return its page token."""
    answer = await served.enter(case, guest, target)
    [token] = re.findall(r"token (\S+) ends", answer.body.decode())
    return str(token)


async def again(served: Served, target: str, token: str) -> tuple[int, str]:
    """Ask as a page does; return the status and what it shows."""
    answer = await served.send(Sent("GET", target).with_header("authorization", f"JWT {token}"))
    return answer.status, answer.body.decode().partition(":")[0]


class TestPage:
    @pytest.mark.parametrize(
        ("target", "shown"),
        [
            (OPENED, "TP-1 after 0"),
            ("/jira/panel/report?lic=none&issue=TP-1&cp=", "TP-1 after 0"),
            (f"{OPENED}&after=20", "TP-1 after 20"),
        ],
        ids=["as it was opened", "in another order", "with one of its own besides"],
    )
    async def test_asks_for_itself_again(self, serve: Serve, target: str, shown: str) -> None:
        case = JiraCase()
        served = serve(DOCUMENT, [reading()], case)
        token = await opened(served, case, await served.installed(case), OPENED)
        assert await again(served, target, token) == (200, shown)
        [renewed] = re.findall(r"token (\S+) ends", (await served.send(_asked(target, token))).body.decode())
        assert await again(served, OPENED, renewed) == (200, "TP-1 after 0")

    @pytest.mark.parametrize(
        "target",
        [
            "/jira/panel/report?issue=TP-2&cp=&lic=none",
            f"{OPENED}&issue=TP-2",
            "/jira/panel/report?issue=TP-2&issue=TP-1&cp=&lic=none",
            "/jira/panel/report?cp=&lic=none",
            "/jira/panel/report?i%73sue=TP-2&cp=&lic=none",
        ],
        ids=["of another issue", "another besides", "another before", "of none", "in another spelling"],
    )
    async def test_does_not_ask_for_another(self, serve: Serve, target: str) -> None:
        case = JiraCase()
        served = serve(DOCUMENT, [reading()], case)
        token = await opened(served, case, await served.installed(case), OPENED)
        assert (await again(served, target, token))[0] == 401
        # Nor with what it gets where it asks as it may, nor once it is remembered.
        [renewed] = re.findall(r"token (\S+) ends", (await served.send(_asked(OPENED, token))).body.decode())
        for one in (token, renewed):
            assert (await again(served, target, one))[0] == 401

    async def test_that_was_opened_without_parameters_may_have_its_own(self, serve: Serve) -> None:
        case = JiraCase()
        served = serve(DOCUMENT, [reading()], case)
        token = await opened(served, case, await served.installed(case), "/jira/panel/report")
        assert await again(served, "/jira/panel/report?after=20", token) == (200, " after 20")


def _asked(target: str, token: str) -> Sent:
    return Sent("GET", target).with_header("authorization", f"JWT {token}")
