"""Jobs: kept with the transaction that asks for them, due when it says, replaced and taken back by their key."""

import asyncio
from datetime import UTC, datetime, timedelta

from app.connect import Context
from app.connect.tenancy.tenant import NOBODY
from app.connect.work.rows import Status
from tests.connect.conftest import Start
from tests.connect.probe import Act, ProbedAddon
from tests.connect.work.acts import fail, leave_row, rows_written


class TestEnqueue:
    async def test_runs_the_job_once_the_transaction_is_committed(self, probed: ProbedAddon) -> None:
        async def enqueue(ctx: Context) -> None:
            await ctx.enqueue("probe-job", "later")

        await probed.install()
        probed.probe.acts["message"] = enqueue
        await probed.say()
        await probed.settle()
        assert probed.probe.names == ["installed", "message", "job"]
        assert probed.probe.texts[-1] == "later"

    async def test_is_undone_with_the_transaction(self, probed: ProbedAddon) -> None:
        async def enqueue_and_fail(ctx: Context) -> None:
            leave_row(ctx, "undone")
            await ctx.enqueue("probe-job", "never")
            await ctx.db.flush()
            raise RuntimeError("after the flush")

        await probed.install()
        probed.probe.acts["message"] = enqueue_and_fail
        await probed.say()
        await probed.settle()
        assert await probed.entries("probe-job") == []
        assert await rows_written(probed) == []

    async def test_of_a_failed_request_is_undone_too(self, probed: ProbedAddon) -> None:
        async def enqueue_and_fail(ctx: Context) -> None:
            await ctx.enqueue("probe-job", "never")
            await ctx.db.flush()
            raise RuntimeError("after the flush")

        tenant = await probed.tenant(await probed.install())
        token = await probed.parts.serving.api_tokens.create(tenant, NOBODY)
        probed.probe.acts["api"] = enqueue_and_fail
        answer = await probed.http.post("/probe/api", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 500
        assert await probed.entries("probe-job") == []

    async def test_keeps_who_caused_it_and_where(self, probed: ProbedAddon) -> None:
        seen: list[tuple[str | None, str | None]] = []

        async def look(ctx: Context) -> None:
            seen.append((ctx.caller.user_id, ctx.caller.place))

        async def look_and_enqueue(ctx: Context) -> None:
            await look(ctx)
            await ctx.enqueue("probe-job", "later")

        await probed.install(room_id=None)
        probed.probe.acts = {"message": look_and_enqueue, "job": look}
        await probed.devhost.host.say(probed.devhost.releases, "/probe", user=probed.devhost.developer)
        await probed.settle()
        assert seen == [("2", "2"), ("2", "2")]

    async def test_waits_for_its_delay(self, probed: ProbedAddon) -> None:
        async def enqueue(ctx: Context) -> None:
            await ctx.enqueue("probe-job", "later", delay=3600)

        await probed.install()
        probed.probe.acts["message"] = enqueue
        await probed.say()
        await probed.settle()
        assert "job" not in probed.probe.names
        await probed.let_time_pass()
        await probed.settle()
        assert probed.probe.names[-1] == "job"

    async def test_waits_until_its_moment(self, probed: ProbedAddon) -> None:
        moment = datetime.now(UTC) + timedelta(hours=5)

        async def enqueue(ctx: Context) -> None:
            await ctx.enqueue("probe-job", "at five", at=moment)

        await probed.install()
        probed.probe.acts["message"] = enqueue
        await probed.say()
        await probed.pass_time(hours=4, minutes=59)
        assert "job" not in probed.probe.names
        await probed.pass_time(minutes=1, seconds=1)
        assert probed.probe.texts[-1] == "at five"

    async def test_counts_its_delay_from_the_clock_of_the_test_kit(self, probed: ProbedAddon) -> None:
        async def enqueue(ctx: Context) -> None:
            await ctx.enqueue("probe-job", "in an hour", delay=3600)

        await probed.install()
        await probed.pass_time(hours=48)
        probed.probe.acts["message"] = enqueue
        await probed.say()
        await probed.settle()
        await probed.pass_time(minutes=59)
        assert "job" not in probed.probe.names
        await probed.pass_time(minutes=2)
        assert probed.probe.texts[-1] == "in an hour"


def enqueue_each(*payloads: str, delay: float = 0.0, key: str = "one") -> Act:
    """Make an act that asks for the same job several times under one key."""

    async def act(ctx: Context) -> None:
        for payload in payloads:
            await ctx.enqueue("probe-job", payload, delay=delay, key=key)

    return act


async def handle(process: ProbedAddon, act: Act) -> None:
    """Let the probe's message handler do something once."""
    process.probe.acts["message"] = act
    await process.say()
    await process.settle()
    del process.probe.acts["message"]


def jobs_run(process: ProbedAddon) -> list[str]:
    return [run.payload for run in process.probe.runs if run.handler == "job"]


class TestKey:
    async def test_replaces_what_waits(self, probed: ProbedAddon) -> None:
        await probed.install()
        await handle(probed, enqueue_each("first", delay=3600))
        await handle(probed, enqueue_each("second", delay=7200))
        assert len(await probed.entries("probe-job")) == 1
        await probed.pass_time(hours=1, minutes=1)
        assert jobs_run(probed) == []
        await probed.pass_time(hours=1)
        assert jobs_run(probed) == ["second"]

    async def test_replaces_within_one_transaction(self, probed: ProbedAddon) -> None:
        await probed.install()
        await handle(probed, enqueue_each("first", "second", "third"))
        assert jobs_run(probed) == ["third"]

    async def test_replaces_nothing_when_the_transaction_fails(self, probed: ProbedAddon) -> None:
        async def replace_and_fail(ctx: Context) -> None:
            await enqueue_each("second")(ctx)
            await ctx.db.flush()
            await fail(ctx)

        await probed.install()
        await handle(probed, enqueue_each("first", delay=3600))
        await handle(probed, replace_and_fail)
        await probed.pass_time(hours=1, minutes=1)
        assert jobs_run(probed)[0] == "first"

    async def test_replaces_what_is_being_retried(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.probe.acts["job"] = fail
        await handle(probed, enqueue_each("first"))
        del probed.probe.acts["job"]
        await handle(probed, enqueue_each("second"))
        await probed.let_time_pass()
        await probed.settle()
        assert jobs_run(probed) == ["first", "second"]

    async def test_replaces_what_fails_after_its_successor_was_written(self, probed: ProbedAddon, start: Start) -> None:
        """The older entry runs while another process asks for the newer, so nothing waits that could be deleted."""
        running, go_on = asyncio.Event(), asyncio.Event()

        async def wait_and_fail(_: Context) -> None:
            running.set()
            await go_on.wait()
            raise ConnectionError("the host is away")

        await probed.install()
        probed.probe.acts |= {"message": enqueue_each("first"), "job": wait_and_fail}
        await probed.say()
        slow = asyncio.create_task(probed.parts.worker.drain())
        await running.wait()
        other = start()
        await handle(other, enqueue_each("second", delay=3600))
        go_on.set()
        await slow
        del probed.probe.acts["job"]
        await probed.pass_time(minutes=10)
        assert jobs_run(probed) == ["first"]
        await probed.pass_time(hours=1)
        assert jobs_run(probed) == ["first", "second"]
        assert {entry.status for entry in await probed.entries("probe-job")} == {Status.DONE}

    async def test_lets_other_keys_and_other_tenants_alone(self, probed: ProbedAddon) -> None:
        await probed.install(room_id=1)
        await probed.install(room_id=2)
        await handle(probed, enqueue_each("one", delay=60, key="one"))
        await handle(probed, enqueue_each("two", delay=60, key="two"))
        probed.probe.acts["message"] = enqueue_each("elsewhere", delay=60, key="one")
        await probed.devhost.host.say(probed.devhost.releases, "/probe")
        await probed.settle()
        await probed.pass_time(minutes=2)
        assert sorted(jobs_run(probed)) == ["elsewhere", "one", "two"]

    async def test_without_one_every_entry_runs(self, probed: ProbedAddon) -> None:
        async def enqueue_twice(ctx: Context) -> None:
            await ctx.enqueue("probe-job", "same")
            await ctx.enqueue("probe-job", "same")

        await probed.install()
        await handle(probed, enqueue_twice)
        assert jobs_run(probed) == ["same", "same"]


class TestCancel:
    async def test_takes_back_what_waits_and_says_whether_it_did(self, probed: ProbedAddon) -> None:
        said: list[bool] = []

        async def cancel(ctx: Context) -> None:
            said.append(await ctx.cancel("probe-job", key="one"))
            said.append(await ctx.cancel("probe-job", key="one"))

        await probed.install()
        await handle(probed, enqueue_each("never", delay=60))
        await handle(probed, cancel)
        await probed.pass_time(minutes=2)
        assert said == [True, False]
        assert jobs_run(probed) == []

    async def test_is_undone_with_its_transaction(self, probed: ProbedAddon) -> None:
        async def cancel_and_fail(ctx: Context) -> None:
            await ctx.cancel("probe-job", key="one")
            await fail(ctx)

        await probed.install()
        await handle(probed, enqueue_each("still", delay=60))
        await handle(probed, cancel_and_fail)
        await probed.pass_time(minutes=2)
        assert "still" in jobs_run(probed)

    async def test_of_an_unknown_job_names_the_line_to_add(self, probed: ProbedAddon) -> None:
        async def cancel(ctx: Context) -> None:
            await ctx.cancel("no-such-job", key="one")

        await probed.install()
        await handle(probed, cancel)
        [entry] = await probed.entries("hipchat.probe")
        assert entry.status == Status.DEAD
        assert entry.last_error == (
            "UnknownJob: There is no job 'no-such-job' (declared: probe-job). Add @router.job(\"no-such-job\")."
        )
