"""The inbox: what was accepted is written down once, before the host hears that it was."""

import asyncio
import time

from sqlalchemy import update

from app.connect.tenancy.entries import owner_of
from app.connect.work.rows import Envelope, InboxRow, Kind, Status, new_row
from tests.connect.conftest import Start
from tests.connect.probe import ProbedAddon


class TestAccepting:
    async def test_writes_the_entry_before_the_host_hears_of_it(self, probed: ProbedAddon, start: Start) -> None:
        await probed.install()
        delivery = await probed.say("/probe one")
        assert delivery.status == 204
        assert "message" not in probed.probe.names
        [entry] = await start().entries("hipchat.probe")
        assert entry.status == Status.NEW
        assert Envelope.load(entry.body).payload["text"] == "/probe one"

    async def test_runs_the_entry_and_empties_it(self, probed: ProbedAddon) -> None:
        await probed.install()
        await probed.say("/probe one")
        await probed.settle()
        [entry] = await probed.entries("hipchat.probe")
        assert probed.probe.texts == ["/probe one"]
        assert (entry.status, entry.body) == (Status.DONE, "")

    async def test_hands_any_text_to_the_handler_as_it_was_said(self, probed: ProbedAddon) -> None:
        await probed.install()
        said = "/probe 𝄞 ü \u202e \\ud800 ' \" </script> " + "x" * 5_000
        await probed.say(said)
        await probed.settle()
        assert probed.probe.texts == [said]

    async def test_acknowledges_what_the_pattern_does_not_find_without_an_entry(self, probed: ProbedAddon) -> None:
        await probed.install()
        delivery = await probed.say("/probe one")
        await probed.settle()
        # The host filters by the same pattern, so only a host with another idea of it sends this.
        delivery.body["item"]["message"] |= {"id": "another", "message": "no such thing"}
        await probed.devhost.host.redeliver(delivery.id)
        await probed.settle()
        assert delivery.status == 204
        assert probed.probe.texts == ["/probe one"]
        assert len(await probed.entries("hipchat.probe")) == 1


class TestSameDeliveryTwice:
    async def test_runs_once_when_the_host_repeats_it(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.devhost.host.faults.duplicate(3)
        delivery = await probed.say("/probe one")
        await probed.settle()
        assert [attempt.status for attempt in delivery.attempts] == [204, 204, 204]
        assert probed.probe.texts == ["/probe one"]

    async def test_runs_once_when_it_comes_again_with_a_fresh_token_after_it_ran(self, probed: ProbedAddon) -> None:
        await probed.install()
        delivery = await probed.say("/probe one")
        await probed.settle()
        await probed.devhost.host.redeliver(delivery.id)
        await probed.settle()
        assert delivery.status == 204
        assert probed.probe.texts == ["/probe one"]

    async def test_runs_once_when_copies_race(self, probed: ProbedAddon) -> None:
        await probed.install()
        delivery = await probed.say("/probe one")
        await asyncio.gather(*(probed.devhost.host.redeliver(delivery.id) for _ in range(6)))
        await probed.settle()
        assert {attempt.status for attempt in delivery.attempts} == {204}
        assert probed.probe.texts == ["/probe one"]

    async def test_runs_once_when_copies_reach_two_processes(self, probed: ProbedAddon, start: Start) -> None:
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        other = start()
        rows = [
            new_row(Kind.JOB, "probe-job", owner_of(tenant), envelope=Envelope("one"), delivery_id="same")
            for _ in range(6)
        ]
        ids = await asyncio.gather(
            *((probed, other)[number % 2].parts.inbox.accept(row) for number, row in enumerate(rows))
        )
        await asyncio.gather(probed.settle(), other.settle())
        assert len([row_id for row_id in ids if row_id is not None]) == 1
        assert probed.probe.texts + other.probe.texts == ["one"]

    async def test_is_told_apart_from_the_same_words_said_again(self, probed: ProbedAddon) -> None:
        await probed.install()
        await probed.say("/probe one")
        await probed.say("/probe one")
        await probed.settle()
        assert probed.probe.texts == ["/probe one", "/probe one"]

    async def test_is_told_apart_from_the_same_id_at_another_tenant(self, probed: ProbedAddon) -> None:
        host = probed.devhost.host
        first = await probed.tenant(await probed.install(room_id=1))
        second = await probed.tenant(await probed.install(room_id=2))
        assert first.id != second.id
        for tenant in (first, second):
            row = new_row(Kind.JOB, "probe-job", owner_of(tenant), envelope=Envelope(tenant.id), delivery_id="same")
            await probed.parts.inbox.accept(row)
        await probed.settle()
        assert sorted(probed.probe.texts) == sorted([first.id, second.id])
        assert len(host.installations()) == 2


class TestClaiming:
    async def test_gives_an_entry_to_one_of_many_workers(self, probed: ProbedAddon, start: Start) -> None:
        await probed.install()
        await probed.say()
        [entry] = await probed.entries("hipchat.probe")
        inboxes = [start().parts.inbox, start().parts.inbox]
        claims = await asyncio.gather(*(inboxes[number % 2].claim(entry.id) for number in range(8)))
        assert len([claim for claim in claims if claim is not None]) == 1

    async def test_takes_what_is_due_first_first_and_no_more_than_asked(self, probed: ProbedAddon) -> None:
        await probed.install()
        for number in (3, 1, 2):
            await probed.say(f"/probe {number}")
            [*_, entry] = await probed.entries("hipchat.probe")
            await probed.change(update(InboxRow).where(InboxRow.id == entry.id).values(due_at=float(number)))
        claims = await probed.parts.inbox.claim_due(2)
        texts = [Envelope.load(claim.body).payload["text"] for claim in claims]
        assert texts == ["/probe 1", "/probe 2"]

    async def test_leaves_what_is_not_due(self, probed: ProbedAddon) -> None:
        tenant = await probed.tenant(await probed.install())
        row = new_row(Kind.JOB, "probe-job", owner_of(tenant), envelope=Envelope("later"), due_at=time.time() + 3600)
        await probed.parts.inbox.accept(row)
        await probed.settle()
        assert await probed.parts.inbox.claim_due(10) == []
        assert probed.probe.texts == []

    async def test_leaves_what_another_worker_holds(self, probed: ProbedAddon) -> None:
        await probed.install()
        await probed.say()
        inbox = probed.parts.inbox
        [claim] = await inbox.claim_due(10)
        assert await inbox.claim(claim.id) is None
        assert await inbox.extend(claim)

    async def test_lets_a_lost_lease_change_nothing(self, probed: ProbedAddon) -> None:
        await probed.install()
        await probed.say()
        inbox = probed.parts.inbox
        [lost] = await inbox.claim_due(10)
        await probed.let_time_pass()
        [held] = await inbox.claim_due(10)
        assert not await inbox.extend(lost)
        assert not await inbox.settle(lost)
        assert not await inbox.bury(lost, "no")
        assert not await inbox.retry(lost, delay=0, error="no")
        [entry] = await probed.entries("hipchat.probe")
        assert (entry.status, entry.lease_id, entry.attempts) == (Status.RUNNING, held.lease_id, 2)
