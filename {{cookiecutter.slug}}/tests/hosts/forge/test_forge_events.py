"""Events of Forge: for handlers of both doors, once however often they are sent, and in whatever nest (reference 7)."""

from typing import Any

import pytest

from app.conformance import Sent
from app.connect.errors import BadRequest
from app.connect.hosts.atlassian.events import CONFLUENCE, JIRA
from app.connect.hosts.forge.event_names import FORGE_NAMES
from app.connect.hosts.forge.events import as_connect, name_of, read_event
from tests.hosts.forge.cloud import ENDPOINT, access_token
from tests.hosts.forge.stage import ForgeStage, issue_event

RETRY = {"retryCount": 1, "retryReason": "TIMEOUT_ERROR", "retryData": None}


class TestEvent:
    async def test_reaches_the_handler_of_connect_with_its_model(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        assert (await forge.send(forge.cloud.event(site, issue_event(3)))).status == 204
        await forge.settle()
        [event] = forge.heard.of("updated")
        assert (event.issue.key, event.issue.summary, event.changelog.items[0].from_text) == ("TP-1", "event 3", "a")
        assert event.timestamp == 1_700_000_000_003
        [caller] = forge.heard.callers
        assert (caller.user_id, caller.place) == ("account-of-somebody", "TP-1")

    async def test_reaches_the_handler_of_forge_as_it_came(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        event = {"eventType": "avi:jira:created:version", "version": {"id": "7", "name": "1.0"}, "timestamp": "1"}
        await forge.send(forge.cloud.event(site, event))
        await forge.settle()
        assert forge.heard.of("version") == [event]

    async def test_that_nobody_wants_is_taken_and_forgotten(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        assert (await forge.send(forge.cloud.event(site, {"eventType": "avi:jira:created:filter"}))).status == 204
        await forge.settle()
        assert [name for name, _, _ in forge.heard.lines if name != "installed"] == []

    @pytest.mark.parametrize("form", ["at the top", "below payload", "at the top first, then below payload"])
    async def test_that_is_sent_again_is_handled_once(self, forge: ForgeStage, form: str) -> None:
        site, event = forge.cloud.new_site(), issue_event()
        told = event | {"retryContext": RETRY}
        again: dict[str, Any] = told if form == "at the top" else {"payload": told}
        first = {"payload": event} if form == "below payload" else event
        for body in (first, again, again):
            assert (await forge.send(forge.cloud.event(site, body))).status == 204
        await forge.settle()
        assert len(forge.heard.of("updated")) == 1

    async def test_of_two_changes_is_handled_twice(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        one = issue_event(1)
        for event in (one, issue_event(2), issue_event(3, timestamp=one["timestamp"])):
            await forge.send(forge.cloud.event(site, event))
        await forge.settle()
        assert len(forge.heard.of("updated")) == 3

    async def test_of_two_sites_is_handled_for_each(self, forge: ForgeStage) -> None:
        for _ in range(2):
            await forge.send(forge.cloud.event(forge.cloud.new_site(), issue_event()))
        await forge.settle()
        assert len(forge.heard.of("updated")) == 2

    async def test_that_does_not_fit_its_model_is_400_and_names_no_value(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        answer = await forge.send(forge.cloud.event(site, issue_event(issue="a-secret")))
        assert answer.status == 400
        assert b"a-secret" not in answer.body

    async def test_is_answered_before_its_handler_runs(self, forge: ForgeStage) -> None:
        """Its row is committed then, and the five seconds of Forge are not the handler's."""
        site = forge.cloud.new_site()
        assert (await forge.send(forge.cloud.event(site, issue_event()))).status == 204
        assert forge.heard.of("updated") == []
        await forge.start().worker.drain()
        assert len(forge.heard.of("updated")) == 1


class TestSchedule:
    async def run(self, forge: ForgeStage, site: Any, **claims: Any) -> int:
        token = forge.cloud.token(site, (ENDPOINT, "forge-every-refresh"), **claims)
        sent = forge.cloud.signed(Sent.post("/forge/schedules/refresh", {}), token, system=access_token("x"))
        return (await forge.send(sent)).status

    async def test_that_comes_twice_runs_once(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        assert [await self.run(forge, site) for _ in range(3)] == [204, 204, 204]
        await forge.settle()
        tenant = await forge.tenant(site)
        assert tenant is not None
        assert forge.heard.of("refresh") == [tenant.id]

    async def test_that_is_not_declared_is_404(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        token = forge.cloud.token(site, (ENDPOINT, "forge-every-other"))
        sent = forge.cloud.signed(Sent.post("/forge/schedules/other", {}), token)
        assert (await forge.send(sent)).status == 404


CONTENT = {"id": "7", "title": "A page", "space": {"key": "DOC"}, "version": {"number": 3}}
OBJECTS: dict[str, Any] = {
    "issue": {"id": "1", "key": "TP-1", "fields": {}},
    "comment": {"id": "2"},
    "worklog": {"id": "3", "issueId": "1"},
    "attachment": {"id": "4", "fileName": "a.txt"},
    "project": {"id": "5", "key": "TP"},
    "sprint": {"id": "6", "name": "One"},
    "space": {"id": "8", "key": "DOC"},
    "content": CONTENT,
}
MODELS = {
    f"{product} {name}": (product, name, model)
    for product, known in (("jira", JIRA), ("confluence", CONFLUENCE))
    for name, model in known.items()
    if name in FORGE_NAMES[product]
}


class TestForm:
    @pytest.mark.parametrize("name", MODELS)
    def test_of_every_event_that_both_have_fits_its_model(self, name: str) -> None:
        product, connect_name, model = MODELS[name]
        event = {"eventType": FORGE_NAMES[product][connect_name], "timestamp": "5", "atlassianId": "me", **OBJECTS}
        if product == "confluence":
            event = {one: value for one, value in event.items() if one in {"eventType", "timestamp", "atlassianId"}}
            event |= {"space": OBJECTS["space"]} if connect_name.startswith("space") else {"content": CONTENT}
        read = model.model_validate(as_connect(event, product, connect_name))
        assert read.timestamp == 5
        assert read.actor is not None
        assert read.actor.account_id == "me"

    def test_of_a_page_has_its_space_and_version(self) -> None:
        event = {"eventType": "avi:confluence:updated:page", "content": CONTENT}
        page = CONFLUENCE["page_updated"].model_validate(as_connect(event, "confluence", "page_updated"))
        assert page.model_dump()["page"] == {"id": "7", "title": "A page", "space_key": "DOC", "version": 3}

    @pytest.mark.parametrize(
        "body", [None, [], {}, {"payload": []}, {"eventType": 1}, {"eventType": "x" * 101}], ids=repr
    )
    def test_of_what_is_no_event_is_refused(self, body: Any) -> None:
        with pytest.raises(BadRequest):
            read_event(body)

    def test_without_a_time_is_named_by_all_it_says(self) -> None:
        one, other = ({"eventType": "x", "issue": {"id": "1"}, "n": n} for n in (1, 2))
        assert name_of(one) != name_of(other)
        assert name_of(one) == name_of(dict(one))
