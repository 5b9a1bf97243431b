"""An inline handler answers in the response, whatever the worker does beside it."""

from tests.support.running import RunningAddon


class TestInlineHandler:
    async def test_runs_in_the_request_although_a_worker_looks_for_entries(self, showcase: RunningAddon) -> None:
        await showcase.install()
        statuses = []
        for number in range(25):
            # Somebody rings all the time, as other events would.
            showcase.parts.inbox.ring()
            deliveries = await showcase.devhost.host.say(1, f"/ask {number}")
            statuses += [one.status for one in deliveries if one.url.endswith("/asked")]
        assert statuses == [200] * 25
