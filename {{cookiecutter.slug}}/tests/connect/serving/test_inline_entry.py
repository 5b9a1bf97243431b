"""The entry of an inline event belongs to its request: no worker can take it first."""

import pytest

from app.connect.tenancy.entries import owner_of
from app.connect.work.rows import Kind, new_row
from tests.connect.probe import ProbedAddon
from tests.support.running import RunningAddon

pytestmark = pytest.mark.both_databases


class TestInlineEntry:
    async def test_answers_in_the_response_while_a_worker_looks_for_entries(self, showcase: RunningAddon) -> None:
        await showcase.install()
        statuses = []
        for number in range(10):
            showcase.parts.inbox.ring()
            deliveries = await showcase.devhost.host.say(1, f"/ask {number}")
            statuses += [one.status for one in deliveries if one.url.endswith("/asked")]
        assert statuses == [200] * 10

    async def test_has_its_entry_before_any_worker_can_see_it(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        inbox = probed.parts.inbox
        row = new_row(Kind.EVENT, "hipchat.probe-inline", owner_of(await probed.tenant(installation)))
        claim = await inbox.accept_claimed(row)
        assert claim is not None
        assert await inbox.claim_due(10) == []
        assert await inbox.accept_claimed(row) is None
        await probed.let_time_pass()
        assert [one.id for one in await inbox.claim_due(10)] == [claim.id]
