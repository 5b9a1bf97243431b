"""Webhooks that an add-on registers by calls: made, listed, kept, deleted, and what they find (reference 14.4)."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from app.conformance import Guest, Hear, Sent, Stage
from app.conformance.stage import BASE_URL
from app.connect.declare.router import Router
from app.connect.hosts.atlassian import DynamicEvent, HostRejected, JiraCtx, JiraRouter, LimitExceeded
from app.connect.hosts.atlassian.dynamic import KEEPING
from app.connect.hosts.protocol import ProofKind
from tests.hosts.atlassian.attacks import case_of
from tests.hosts.atlassian.opening import opened
from tests.hosts.atlassian_case import JiraCase

IDENTIFIER = "x-atlassian-webhook-identifier"
UPDATED = ["jira:issue_updated"]


class RegisteringCase(JiraCase):
    """Jira, and a handler of what registered webhooks find."""

    def routers(self, hear: Hear) -> Sequence[Router[Any]]:
        jira = JiraRouter()

        @jira.on_dynamic
        async def found(ctx: JiraCtx, event: DynamicEvent) -> None:
            said = [
                event.name,
                event.webhook_ids,
                event.issue and event.issue.key,
                ctx.caller.user_id,
                ctx.caller.place,
            ]
            await hear(ctx, json.dumps(said))

        return (*super().routers(hear), jira)


class TestRegistering:
    make_case = RegisteringCase

    async def test_makes_one_at_the_address_of_the_handler(self, stage: Stage) -> None:
        guest = await stage.install()
        registry = case_of(stage).product.registry
        async with opened(stage, guest) as ctx:
            number = await ctx.jira.webhooks.create(
                UPDATED, "project = TP", fields=["summary"], property_keys=["builds"]
            )
            other = await ctx.jira.webhooks.create(["comment_created", "sprint_closed"], 'project IN ("A~B", TP)')
        assert registry.url == f"{BASE_URL}/jira/webhook/dynamic"
        assert registry.hooks[number] | {"expirationDate": ""} == {
            "events": UPDATED,
            "jqlFilter": "project = TP",
            "fieldIdsFilter": ["summary"],
            "issuePropertyKeysFilter": ["builds"],
            "expirationDate": "",
        }
        assert {*registry.hooks[other]} == {"events", "jqlFilter", "expirationDate"}

    async def test_lists_all_of_them_with_the_end_of_each(self, stage: Stage) -> None:
        guest = await stage.install()
        async with opened(stage, guest) as ctx:
            made = [await ctx.jira.webhooks.create(UPDATED, f"project = P{number}") for number in range(3)]
            found = [hook async for hook in ctx.jira.webhooks.all()]
        assert [hook.id for hook in found] == made
        assert (found[2].jql, found[2].events) == ("project = P2", ("jira:issue_updated",))
        assert found[0].expires == datetime(2026, 12, 1, 12, 42, 30, tzinfo=UTC)

    async def test_deletes_and_refreshes_those_that_are_named(self, stage: Stage) -> None:
        guest = await stage.install()
        product = case_of(stage).product
        async with opened(stage, guest) as ctx:
            one, two = [await ctx.jira.webhooks.create(UPDATED, "project = TP") for _ in range(2)]
            until = await ctx.jira.webhooks.refresh([two, two])
            await ctx.jira.webhooks.delete([one])
            calls = len(product.calls)
            assert await ctx.jira.webhooks.refresh([]) is None
            await ctx.jira.webhooks.delete([])
        assert until == datetime(2026, 12, 31, 12, 42, 30, tzinfo=UTC)
        assert [*product.registry.hooks] == [two]
        assert product.calls[-1][2] == {"webhookIds": [one]}
        assert product.calls[-2][2] == {"webhookIds": [two]}
        assert len(product.calls) == calls

    @pytest.mark.parametrize(
        ("events", "jql", "said"),
        [
            ([], "project = TP", "name one or more"),
            ("jira:issue_updated", "project = TP", "name one or more"),
            (["jira:issue_update"], "project = TP", "jira:issue_updated"),
            (["worklog_created"], "project = TP", "none that can be registered"),
            (UPDATED, " ", "say which issues"),
            (UPDATED, "summary ~ x", "'~' is not taken"),
            (UPDATED, 'summary !~ "x"', "'!~' is not taken"),
            (UPDATED, "created >= -1d", "'>=' is not taken"),
            (UPDATED, "project = TP order  by created", "is not taken"),
            (UPDATED, "assignee is not EMPTY", "is not taken"),
        ],
        ids=range(10),
    )
    async def test_of_what_a_site_refuses_is_found_before_anything_is_sent(
        self, stage: Stage, events: Sequence[str], jql: str, said: str
    ) -> None:
        guest = await stage.install()
        async with opened(stage, guest) as ctx:
            with pytest.raises(LimitExceeded, match=said):
                await ctx.jira.webhooks.create(events, jql)
        assert case_of(stage).product.calls == []

    async def test_of_more_than_a_site_takes_is_found_before_it_is_sent(self, stage: Stage) -> None:
        guest = await stage.install()
        registry = case_of(stage).product.registry
        registry.hooks = {number: {"events": UPDATED, "jqlFilter": "x = y"} for number in range(100)}
        async with opened(stage, guest) as ctx:
            with pytest.raises(LimitExceeded, match="100"):
                await ctx.jira.webhooks.create(UPDATED, "project = TP")
            with pytest.raises(LimitExceeded, match="100"):
                await ctx.jira.webhooks.refresh(range(101))
        assert len(registry.hooks) == 100

    async def test_that_the_site_refuses_says_why(self, stage: Stage) -> None:
        guest = await stage.install()
        async with opened(stage, guest) as ctx:
            with pytest.raises(HostRejected, match="watchCount is unsupported"):
                await ctx.jira.webhooks.create(UPDATED, "watchCount = 5")

    async def test_is_kept_by_the_schedule_that_comes_with_the_handler(self, stage: Stage) -> None:
        guest = await stage.install()
        registry = case_of(stage).product.registry
        async with opened(stage, guest) as ctx:
            made = [await ctx.jira.webhooks.create(UPDATED, "project = TP") for _ in range(2)]
        assert stage.application.addon.schedules[KEEPING.key].period == 7 * 24 * 3600
        await stage.application.scheduler.plan(KEEPING, "next", time.time())
        await stage.settle()
        assert [hook["expirationDate"][:10] for hook in registry.hooks.values()] == ["2026-12-31"] * len(made)


def found(event: str = "jira:issue_updated", **body: Any) -> Sent:
    said = {"timestamp": 1, "webhookEvent": event, "matchedWebhookIds": [1000, 1001], **body}
    return Sent.post("/jira/webhook/dynamic", said).with_header(IDENTIFIER, "1")


async def deliver(stage: Stage, guest: Guest, sent: Sent) -> int:
    case = case_of(stage)
    return (await stage.send(case.carry(sent, case.sign(guest, sent, ProofKind.EVENT, sub=None)))).status


class TestDelivery:
    make_case = RegisteringCase

    async def test_runs_once_from_the_inbox(self, stage: Stage) -> None:
        guest = await stage.install()
        sent = found(issue={"id": 1, "key": "TP-1"}, user={"accountId": "somebody"})
        for again in (sent, sent.with_header("x-atlassian-webhook-retry", "1")):
            assert await deliver(stage, guest, again) == 204
        await stage.settle()
        assert [json.loads(text) for _, text in stage.heard] == [
            ["jira:issue_updated", [1000, 1001], "TP-1", "somebody", "TP-1"]
        ]

    async def test_without_the_name_of_an_event_is_refused(self, stage: Stage) -> None:
        guest = await stage.install()
        assert await deliver(stage, guest, Sent.post("/jira/webhook/dynamic", {"timestamp": 1})) == 400

    async def test_without_a_signature_is_refused(self, stage: Stage) -> None:
        await stage.install()
        assert (await stage.send(found())).status == 401

    async def test_stands_in_no_descriptor(self, stage: Stage) -> None:
        answer = await stage.send(Sent("GET", "/jira/atlassian-connect.json"))
        assert [hook["url"] for hook in answer.json()["modules"]["webhooks"]] == ["/jira/webhook/heard"]


class TestWithoutAHandler:
    make_case = JiraCase

    async def test_nothing_is_registered(self, stage: Stage) -> None:
        guest = await stage.install()
        async with opened(stage, guest) as ctx:
            with pytest.raises(LimitExceeded, match="on_dynamic"):
                await ctx.jira.webhooks.create(UPDATED, "project = TP")
        assert case_of(stage).product.calls == []
