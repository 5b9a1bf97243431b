"""Webhooks of both products through the inbox: once each, whatever the host sends twice (reference 14; matrix 10)."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from app.conformance import Guest, Hear, Sent, Stage
from app.connect.declare.router import Router
from app.connect.errors import ConfigurationError
from app.connect.hosts.atlassian import (
    ConfluenceRouter,
    IssueCreated,
    IssueEvent,
    IssueUpdated,
    JiraContext,
    JiraCtx,
    JiraRouter,
    PageCreated,
)
from app.connect.hosts.atlassian.events import TYPED
from app.connect.hosts.atlassian.webhooks import WebhookOptions
from app.connect.hosts.protocol import ProofKind
from app.connect.http.front_door import MAX_BODY
from tests.hosts.atlassian.attacks import case_of
from tests.hosts.atlassian_case import ConfluenceCase, JiraCase

IDENTIFIER = "x-atlassian-webhook-identifier"
ISSUE = {"id": 10_000, "key": "TP-1", "fields": {"summary": "Title"}}
USER = {"accountId": "somebody", "displayName": "Some Body", "timeZone": "Europe/Berlin", "emailAddress": "s@x.example"}


class WebhooksCase(JiraCase):
    """Jira, and handlers that say what they got."""

    def routers(self, hear: Hear) -> Sequence[Router[Any]]:
        jira = JiraRouter()

        @jira.on(IssueCreated)
        async def created(ctx: JiraCtx, event: IssueEvent) -> None:
            said = [ctx.caller.user_id, ctx.caller.timezone, ctx.caller.place, event.issue.project_key]
            await hear(ctx, json.dumps(said))

        @jira.on_raw("jira:version_released", key="released")
        async def released(ctx: JiraCtx, event: dict[str, Any]) -> None:
            await hear(ctx, event["version"]["name"])

        @jira.on_raw("something_new")
        async def new(ctx: JiraCtx, event: dict[str, Any]) -> None:
            await hear(ctx, "new")

        return (*super().routers(hear), jira)


def posted(key: str, event: str, *, identifier: str | None = "1", **body: Any) -> Sent:
    sent = Sent.post(f"/jira/webhook/{key}", {"timestamp": 1, "webhookEvent": event, **body})
    return sent if identifier is None else sent.with_header(IDENTIFIER, identifier)


async def deliver(stage: Stage, guest: Guest, sent: Sent) -> int:
    case = case_of(stage)
    return (await stage.send(case.carry(sent, case.sign(guest, sent, ProofKind.EVENT, sub=None)))).status


class WithoutBodyCase(JiraCase):
    """Jira, and a handler whose events come without a body."""

    def routers(self, hear: Hear) -> Sequence[Router[Any]]:
        jira = JiraRouter()

        @jira.on_raw("jira:issue_updated", key="short", query={"issue": "{issue.key}", "by": "ci"})
        async def short(ctx: JiraCtx, event: dict[str, Any]) -> None:
            await hear(ctx, json.dumps(event))

        return (jira,)


class TestWithoutBody:
    """What may be larger than the front door lets in is asked for without a body."""

    make_case = WithoutBodyCase

    def sent(self, issue: str, identifier: str | None) -> Sent:
        bare = Sent("POST", f"/jira/webhook/short?issue={issue}&by=ci")
        return bare if identifier is None else bare.with_header(IDENTIFIER, identifier)

    async def test_brings_what_the_address_says_once(self, stage: Stage) -> None:
        guest = await stage.install()
        for issue, identifier in (("TP-1", "1"), ("TP-1", "1"), ("TP-2", None), ("%C3%A9+x", "2")):
            assert await deliver(stage, guest, self.sent(issue, identifier)) == 204
        await stage.settle()
        heard = [json.loads(text) for _, text in stage.heard]
        # Events that wait together run together.
        assert sorted(heard, key=str) == [{"issue": issue, "by": "ci"} for issue in ("TP-1", "TP-2", "é x")]

    async def test_without_an_identifier_is_told_apart_by_its_token_which_stays_out_of_the_event(
        self, stage: Stage
    ) -> None:
        guest = await stage.install()
        case, sent = case_of(stage), self.sent("TP-1", None)
        tokens = [case.sign(guest, sent, ProofKind.EVENT, sub=one) for one in ("one", "two")]
        for token in (*tokens, tokens[0]):
            for carried in (case.carry(sent, token), case.carry_elsewhere(sent, token)):
                assert (await stage.send(carried)).status == 204
        await stage.settle()
        assert [json.loads(text) for _, text in stage.heard] == [{"issue": "TP-1", "by": "ci"}] * 4

    async def test_is_signed_for_what_the_address_says(self, stage: Stage) -> None:
        guest = await stage.install()
        case, sent = case_of(stage), self.sent("TP-1", "1")
        token = case.sign(guest, sent, ProofKind.EVENT, sub=None)
        assert (await stage.send(case.carry(self.sent("TP-2", "1"), token))).status == 401

    async def test_is_said_in_the_descriptor(self, stage: Stage) -> None:
        answer = await stage.send(Sent("GET", "/jira/atlassian-connect.json"))
        assert answer.json()["modules"]["webhooks"] == [
            {
                "event": "jira:issue_updated",
                "url": "/jira/webhook/short?issue={issue.key}&by=ci",
                "excludeBody": True,
            }
        ]

    def test_has_no_parameter_of_the_hosts_own(self) -> None:
        assert [*WebhookOptions(query={"jwt": "x", "a": "y"}).problems("jira:issue_updated")] == [
            "the parameter 'jwt' is the host's own; rename it"
        ]


class TestDelivery:
    make_case = WebhooksCase

    async def test_says_who_and_where(self, stage: Stage) -> None:
        guest = await stage.install()
        sent = posted("jira-issue_created", "jira:issue_created", issue=ISSUE, user=USER)
        assert await deliver(stage, guest, sent) == 204
        await stage.settle()
        assert [json.loads(text) for _, text in stage.heard] == [["somebody", "Europe/Berlin", "TP-1", "TP"]]

    async def test_keeps_no_more_of_a_person_than_the_model_has(self, stage: Stage) -> None:
        guest = await stage.install()
        await deliver(stage, guest, posted("jira-issue_created", "jira:issue_created", issue=ISSUE, user=USER))
        assert "s@x.example" not in str(await stage.rows())

    async def test_that_is_tried_again_runs_once(self, stage: Stage) -> None:
        guest = await stage.install()
        first = posted("jira-issue_created", "jira:issue_created", issue=ISSUE, identifier="d-1")
        again = posted("jira-issue_created", "jira:issue_created", issue=ISSUE | {"fields": {}}, identifier="d-1")
        for sent in (first, again.with_header("x-atlassian-webhook-retry", "1"), first):
            assert await deliver(stage, guest, sent) == 204
        await stage.settle()
        assert len(stage.heard) == 1

    async def test_out_of_order_all_run(self, stage: Stage) -> None:
        """The host promises no order: what is older by its own time is not dropped."""
        guest = await stage.install()
        for number in (3, 1, 2):
            body = {"timestamp": number, "version": {"name": f"1.{number}"}}
            sent = posted("released", "jira:version_released", identifier=f"d-{number}", **body)
            assert await deliver(stage, guest, sent) == 204
        await stage.settle()
        assert sorted(text for _, text in stage.heard) == ["1.1", "1.2", "1.3"]

    async def test_over_the_limit_is_413_and_nothing_of_it_is_kept(self, stage: Stage) -> None:
        """The host does not send it again: what may be so large is asked for without its body (`TestWithoutBody`)."""
        guest = await stage.install()
        before = await stage.rows()
        large = ISSUE | {"fields": {"summary": "x" * (MAX_BODY + 1)}}
        assert await deliver(stage, guest, posted("jira-issue_created", "jira:issue_created", issue=large)) == 413
        assert await stage.rows() == before

    async def test_leaves_no_address_of_a_person_in_logs_and_answers(self, stage: Stage) -> None:
        guest = await stage.install()
        answers = []
        bodies: list[dict[str, Any]] = [
            {"issue": ISSUE},
            {"issue": []},
            {"issue": ISSUE, "comment": USER["emailAddress"]},
        ]
        for body in bodies:
            sent = posted("jira-issue_created", "jira:issue_created", identifier=str(body), user=USER, **body)
            case = case_of(stage)
            answers.append(await stage.send(case.carry(sent, case.sign(guest, sent, ProofKind.EVENT, sub=None))))
        await stage.settle()
        assert [one.status for one in answers] == [204, 400, 204]
        assert len(stage.logged) > 100
        for told in (stage.logged, *(one.body.decode() for one in answers)):
            assert USER["emailAddress"] not in told
            assert USER["displayName"] not in told

    async def test_of_another_identifier_runs_too(self, stage: Stage) -> None:
        guest = await stage.install()
        for identifier in ("d-1", "d-2"):
            sent = posted("jira-issue_created", "jira:issue_created", issue=ISSUE, identifier=identifier)
            assert await deliver(stage, guest, sent) == 204
        await stage.settle()
        assert len(stage.heard) == 2

    async def test_without_an_identifier_is_named_by_what_it_says(self, stage: Stage) -> None:
        guest = await stage.install()
        for name in ("1.0", "1.0", "1.1"):
            sent = posted("released", "jira:version_released", identifier=None, version={"name": name})
            assert await deliver(stage, guest, sent) == 204
        await stage.settle()
        assert sorted(text for _, text in stage.heard) == ["1.0", "1.1"]

    async def test_of_an_event_that_is_not_known_comes_as_it_is(self, stage: Stage) -> None:
        guest = await stage.install()
        assert await deliver(stage, guest, posted("something_new", "something_new")) == 204
        await stage.settle()
        assert [text for _, text in stage.heard] == ["new"]

    async def test_of_another_event_than_its_route_is_refused(self, stage: Stage) -> None:
        guest = await stage.install()
        for sent in (
            posted("jira-issue_created", "jira:issue_updated", issue=ISSUE),
            posted("jira-issue_created", "jira:issue_created"),
            posted("jira-issue_created", "jira:issue_created", issue=[]),
            posted("jira-issue_created", "jira:issue_created", issue=ISSUE, user="somebody"),
        ):
            assert await deliver(stage, guest, sent) == 400
        await stage.settle()
        assert stage.heard == []

    async def test_while_the_site_disabled_the_addon_is_refused(self, stage: Stage) -> None:
        guest = await stage.install()
        await stage.send(case_of(stage).suspend(guest))
        assert await deliver(stage, guest, posted("something_new", "something_new")) == 401


class TestConfluenceDelivery:
    make_case = ConfluenceCase

    async def test_needs_not_repeat_its_event(self, stage: Stage) -> None:
        guest = await stage.install()
        assert (await stage.deliver(guest, 1)).status == 204
        await stage.settle()
        assert stage.heard == [(guest.client_key, "event 1")]


BODIES: dict[str, dict[str, Any]] = {
    "issue": ISSUE,
    "comment": {"id": "1", "body": {"type": "doc"}, "author": USER, "parent": {"id": 7, "title": "Page"}},
    "worklog": {"id": "1", "issueId": "10000", "timeSpentSeconds": 60, "author": USER},
    "attachment": {"id": 1, "filename": "a.txt", "size": 3, "author": USER},
    "project": {"id": 1, "key": "TP", "name": "Test"},
    "sprint": {"id": 1, "name": "One", "state": "active", "originBoardId": 3},
    "page": {"id": 7, "title": "Page", "spaceKey": "DOC", "version": 2},
    "blog": {"id": 8, "title": "Post", "spaceKey": "DOC"},
    "space": {"key": "DOC", "title": "Documentation"},
}
EVENTS = [(host, name) for host in TYPED for name in TYPED[host]]


class TestModel:
    @pytest.mark.parametrize(("host", "name"), EVENTS, ids=[f"{host}-{name}" for host, name in EVENTS])
    def test_reads_what_the_host_sends_and_what_was_kept_of_it(self, host: str, name: str) -> None:
        model = TYPED[host][name]
        event = model.model_validate({"timestamp": 1, "unknown": {}, "userAccountId": "somebody", **BODIES})
        assert model.model_validate_json(event.model_dump_json()) == event
        if host == "confluence":
            assert event.actor is not None
            assert event.actor.account_id == "somebody"
        if not name.startswith(("worklog", "attachment", "sprint")):
            assert event.place in {"TP-1", "TP", "7", "8", "DOC"}

    def test_has_one_event_each(self) -> None:
        models = [model for events in TYPED.values() for model in events.values()]
        assert len(models) == len({*models})


async def take(ctx: JiraContext, event: IssueUpdated) -> None:
    """Take an event."""


class TestDeclaring:
    def test_of_another_products_event_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="no event of jira"):
            JiraRouter().on(PageCreated)
        with pytest.raises(ConfigurationError, match="no event of confluence"):
            ConfluenceRouter().on(IssueCreated)

    def test_of_a_misspelt_event_names_the_right_one(self) -> None:
        with pytest.raises(ConfigurationError, match="Did you mean 'jira:issue_updated'"):
            JiraRouter().on_raw("jira:issue_update")

    def test_with_another_model_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="annotate take's second parameter with IssueCreated"):
            JiraRouter().on(IssueCreated)(take)  # type: ignore[arg-type]

    def test_with_a_filter_keeps_it_for_the_descriptor(self) -> None:
        jira = JiraRouter()
        jira.on(IssueUpdated, filter="project = TP", property_keys=["a"])(take)
        [handler] = jira.events
        assert (handler.key, handler.event) == ("jira-issue_updated", "jira:issue_updated")
        assert handler.options.written() == {"filter": "project = TP", "propertyKeys": ["a"]}
