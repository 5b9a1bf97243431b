"""The local engine: runs everything at least once, and what a handler writes together with its end."""

import asyncio
import time

import pytest
from sqlalchemy import select

from app.connect import Context
from app.connect.access.api_tokens import ApiToken
from app.connect.cli import main
from app.connect.settings import Settings
from app.connect.tenancy.tables import TenantState
from app.connect.work.inbox import Envelope, Kind, Status, new_row
from app.connect.work.worker import ATTEMPTS, FIRST_BACKOFF
from tests.conftest import KEY
from tests.connect.conftest import Start
from tests.connect.probe import ProbedAddon


async def fail(_: Context) -> None:
    raise RuntimeError("password=hunter2 is wrong")


def write_row(mark: str) -> ApiToken:
    """Make a row that belongs to a tenant, for a handler to add."""
    return ApiToken(digest=mark, created_at=0.0)


async def rows_written(process: ProbedAddon) -> list[str]:
    async with process.connect.db.session() as session:
        return list(await session.scalars(select(ApiToken.digest).order_by(ApiToken.digest)))


async def use_up_attempts(process: ProbedAddon) -> None:
    """Let time pass until an entry that fails is tried no more."""
    for _ in range(ATTEMPTS):
        await process.let_time_pass()
        await process.settle()


class TestFailingHandler:
    async def test_is_tried_again_later(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.probe.acts["message"] = fail
        await probed.say()
        await probed.settle()
        [entry] = await probed.entries("probe")
        assert probed.probe.names == ["installed", "message"]
        assert (entry.status, entry.attempts, entry.lease_id) == (Status.NEW, 1, None)
        del probed.probe.acts["message"]
        await probed.let_time_pass()
        await probed.settle()
        [entry] = await probed.entries("probe")
        assert probed.probe.texts == ["/probe", "/probe"]
        assert entry.status == Status.DONE

    async def test_waits_longer_each_time(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.probe.acts["message"] = fail
        await probed.say()
        for attempt in range(1, ATTEMPTS):
            await probed.let_time_pass()
            before = time.time()
            await probed.settle()
            [entry] = await probed.entries("probe")
            longest = FIRST_BACKOFF * 2 ** (attempt - 1)
            assert before + longest / 2 <= entry.due_at <= time.time() + longest

    async def test_is_dead_after_the_last_attempt_and_kept_whole(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.probe.acts["message"] = fail
        await probed.say()
        await use_up_attempts(probed)
        [entry] = await probed.entries("probe")
        assert probed.probe.names.count("message") == ATTEMPTS
        assert entry.status == Status.DEAD
        assert Envelope.load(entry.body).payload["text"] == "/probe"
        await use_up_attempts(probed)
        assert probed.probe.names.count("message") == ATTEMPTS

    async def test_leaves_its_error_in_the_entry_without_secrets(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.probe.acts["message"] = fail
        await probed.say()
        await probed.settle()
        [entry] = await probed.entries("probe")
        assert entry.last_error == "RuntimeError: password=[removed] is wrong"

    async def test_does_not_hold_up_others(self, probed: ProbedAddon) -> None:
        async def fail_once(ctx: Context) -> None:
            if len(probed.probe.texts) == 1:
                await fail(ctx)

        await probed.install()
        probed.probe.acts["message"] = fail_once
        await probed.say("/probe one")
        await probed.settle()
        await probed.say("/probe two")
        await probed.settle()
        one, two = await probed.entries("probe")
        assert (one.status, two.status) == (Status.NEW, Status.DONE)

    async def test_whose_declaration_is_gone_is_kept(self, probed: ProbedAddon) -> None:
        tenant = await probed.tenant(await probed.install())
        row = new_row(Kind.JOB, "job-of-an-older-version", Envelope("one"), generation=tenant.generation)
        await probed.connect.accept(tenant, row)
        await use_up_attempts(probed)
        [entry] = await probed.entries("job-of-an-older-version")
        assert entry.status == Status.DEAD


class TestDeadEntry:
    @pytest.fixture(autouse=True)
    def _environment(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
        monkeypatch.setenv("SECRET_KEYS", KEY)

    async def test_runs_again_after_replay(self, probed: ProbedAddon, capsys: pytest.CaptureFixture[str]) -> None:
        await probed.install()
        probed.probe.acts["message"] = fail
        await probed.say("/probe one")
        await use_up_attempts(probed)
        [entry] = await probed.entries("probe")
        assert await asyncio.to_thread(main, ["dead"]) == 0
        assert f"{entry.id}\tevent\tprobe\ttenant {entry.tenant_id}" in capsys.readouterr().out
        del probed.probe.acts["message"]
        assert await asyncio.to_thread(main, ["replay", str(entry.id)]) == 0
        await probed.settle()
        [entry] = await probed.entries("probe")
        assert entry.status == Status.DONE
        assert probed.probe.texts == ["/probe one"] * (ATTEMPTS + 1)
        assert await asyncio.to_thread(main, ["dead"]) == 0
        assert "Nothing is dead." in capsys.readouterr().out

    async def test_has_all_its_attempts_again(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.probe.acts["message"] = fail
        await probed.say()
        await use_up_attempts(probed)
        [entry] = await probed.entries("probe")
        await asyncio.to_thread(main, ["replay", str(entry.id)])
        await probed.settle()
        [entry] = await probed.entries("probe")
        assert (entry.status, entry.attempts) == (Status.NEW, 1)

    async def test_is_the_only_kind_that_replay_takes(
        self, probed: ProbedAddon, capsys: pytest.CaptureFixture[str]
    ) -> None:
        await probed.install()
        await probed.say()
        await probed.settle()
        [entry] = await probed.entries("probe")
        assert await asyncio.to_thread(main, ["replay", str(entry.id)]) == 1
        assert "Run `addon dead`" in capsys.readouterr().err
        await probed.settle()
        assert probed.probe.names.count("message") == 1


class TestTransaction:
    async def test_keeps_the_rows_and_the_end_together(self, probed: ProbedAddon) -> None:
        async def write(ctx: Context) -> None:
            ctx.db.add(write_row("kept"))

        await probed.install()
        probed.probe.acts["message"] = write
        await probed.say()
        await probed.settle()
        [entry] = await probed.entries("probe")
        assert (await rows_written(probed), entry.status) == (["kept"], Status.DONE)

    async def test_undoes_the_rows_of_a_handler_that_fails(self, probed: ProbedAddon) -> None:
        async def write_and_fail(ctx: Context) -> None:
            ctx.db.add(write_row("undone"))
            await ctx.db.flush()
            await fail(ctx)

        await probed.install()
        probed.probe.acts["message"] = write_and_fail
        await probed.say()
        await probed.settle()
        [entry] = await probed.entries("probe")
        assert (await rows_written(probed), entry.status) == ([], Status.NEW)

    async def test_does_not_end_the_entry_when_the_rows_cannot_be_kept(self, probed: ProbedAddon) -> None:
        async def write_twice(ctx: Context) -> None:
            ctx.db.add_all([write_row("twice"), write_row("twice")])

        await probed.install()
        probed.probe.acts["message"] = write_twice
        await probed.say()
        await probed.settle()
        [entry] = await probed.entries("probe")
        assert (await rows_written(probed), entry.status) == ([], Status.NEW)


class TestLease:
    async def test_that_ran_out_lets_another_process_take_over(self, probed: ProbedAddon, start: Start) -> None:
        await probed.install()
        await probed.say("/probe one")
        # The first process claims the entry and is never heard of again.
        [_] = await probed.connect.worker.inbox.claim_due(1)
        other = start()
        await other.settle()
        assert other.probe.texts == []
        await probed.let_time_pass()
        await other.settle()
        [entry] = await probed.entries("probe")
        assert other.probe.texts == ["/probe one"]
        assert (entry.status, entry.attempts) == (Status.DONE, 2)

    async def test_that_was_lost_takes_the_handlers_rows_with_it(self, probed: ProbedAddon, start: Start) -> None:
        running, go_on = asyncio.Event(), asyncio.Event()

        async def wait(ctx: Context) -> None:
            ctx.db.add(write_row("late"))
            running.set()
            await go_on.wait()

        async def write(ctx: Context) -> None:
            ctx.db.add(write_row("in time"))

        await probed.install()
        probed.probe.acts["message"] = wait
        other = start()
        other.probe.acts["message"] = write
        await probed.say()
        slow = asyncio.create_task(probed.connect.worker.drain())
        await running.wait()
        await probed.let_time_pass()
        await other.settle()
        go_on.set()
        await slow
        [entry] = await probed.entries("probe")
        assert await rows_written(probed) == ["in time"]
        assert (entry.status, entry.attempts) == (Status.DONE, 2)

    async def test_of_a_process_that_dies_of_it_each_time_ends_dead(self, probed: ProbedAddon) -> None:
        await probed.install()
        await probed.say()
        for _ in range(ATTEMPTS):
            [_] = await probed.connect.worker.inbox.claim_due(1)
            await probed.let_time_pass()
        await probed.settle()
        [entry] = await probed.entries("probe")
        assert entry.status == Status.DEAD
        assert "message" not in probed.probe.names

    async def test_is_shared_by_two_workers_without_a_double(self, probed: ProbedAddon, start: Start) -> None:
        tenant = await probed.tenant(await probed.install())
        other = start()
        numbers = [f"{number:02}" for number in range(30)]
        for number in numbers:
            row = new_row(Kind.JOB, "probe-job", Envelope(number), generation=tenant.generation)
            await probed.connect.accept(tenant, row)
        await asyncio.gather(probed.connect.worker.drain(), other.connect.worker.drain())
        assert sorted(probed.probe.texts + other.probe.texts) == numbers


class TestRunning:
    async def test_takes_up_an_event_when_it_comes(self, probed: ProbedAddon) -> None:
        ran = asyncio.Event()

        async def tell(_: Context) -> None:
            ran.set()

        await probed.install()
        probed.probe.acts["message"] = tell
        async with probed.app.router.lifespan_context(probed.app), asyncio.timeout(30):
            await probed.say()
            await ran.wait()

    async def test_takes_up_what_nobody_woke_it_for(self, probed: ProbedAddon, start: Start) -> None:
        ran = asyncio.Event()

        async def tell(_: Context) -> None:
            ran.set()

        await probed.install()
        other = start()
        other.probe.acts["message"] = tell
        async with other.app.router.lifespan_context(other.app), asyncio.timeout(30):
            await probed.say()
            await ran.wait()


class TestStopping:
    async def test_gives_back_what_does_not_end(self, probed: ProbedAddon, start: Start) -> None:
        running = asyncio.Event()

        async def wait(ctx: Context) -> None:
            ctx.db.add(write_row("half"))
            running.set()
            await asyncio.Event().wait()

        await probed.install()
        probed.probe.acts["message"] = wait
        await probed.say("/probe one")
        worker = probed.connect.worker
        working = asyncio.create_task(worker.run())
        await running.wait()
        await worker.stop(patience=0.0)
        await working
        [entry] = await probed.entries("probe")
        assert (entry.status, entry.attempts, entry.lease_id) == (Status.NEW, 0, None)
        assert await rows_written(probed) == []
        other = start()
        await other.settle()
        assert other.probe.texts == ["/probe one"]

    async def test_lets_end_what_is_about_to(self, probed: ProbedAddon) -> None:
        running, go_on = asyncio.Event(), asyncio.Event()

        async def wait(_: Context) -> None:
            running.set()
            await go_on.wait()

        await probed.install()
        probed.probe.acts["message"] = wait
        await probed.say()
        worker = probed.connect.worker
        working = asyncio.create_task(worker.run())
        await running.wait()
        stopping = asyncio.create_task(worker.stop())
        await asyncio.sleep(0)
        go_on.set()
        await stopping
        await working
        [entry] = await probed.entries("probe")
        assert entry.status == Status.DONE

    async def test_leaves_nothing_claimed_whenever_it_comes(self, start: Start, probed: ProbedAddon) -> None:
        tenant = await probed.tenant(await probed.install())
        for step in range(12):
            row = new_row(Kind.JOB, "probe-job", Envelope(str(step)), generation=tenant.generation)
            await probed.connect.accept(tenant, row)
            worker = start().connect.worker
            working = asyncio.create_task(worker.run())
            await asyncio.sleep(step / 1000)
            await worker.stop(patience=0.0)
            await working
            assert Status.RUNNING not in {entry.status for entry in await probed.entries("probe-job")}

    async def test_claims_nothing_more(self, probed: ProbedAddon) -> None:
        await probed.install()
        worker = probed.connect.worker
        working = asyncio.create_task(worker.run())
        await worker.stop()
        await working
        await probed.say()
        [entry] = await probed.entries("probe")
        assert entry.status == Status.NEW


class TestTenantOfAnEntry:
    async def test_that_was_installed_anew_makes_it_stale(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.say()
        assert await probed.reinstall(installation) == 204
        await probed.settle()
        [entry] = await probed.entries("probe")
        assert entry.status == Status.DONE
        assert probed.probe.names == ["installed", "installed"]

    async def test_that_is_suspended_keeps_it_waiting(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.say()
        await probed.set_state(installation, TenantState.SUSPENDED)
        await use_up_attempts(probed)
        [entry] = await probed.entries("probe")
        assert "message" not in probed.probe.names
        assert (entry.status, entry.attempts) == (Status.NEW, 0)
        await probed.set_state(installation, TenantState.INSTALLED)
        await probed.let_time_pass()
        await probed.settle()
        assert probed.probe.names[-1] == "message"

    async def test_that_is_uninstalled_makes_it_stale(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.say()
        await probed.set_state(installation, TenantState.UNINSTALLED)
        await probed.settle()
        [entry] = await probed.entries("probe")
        assert entry.status == Status.DONE
        assert probed.probe.names == ["installed"]


class TestInlineHandler:
    async def test_answers_with_a_notification(self, probed: ProbedAddon) -> None:
        await probed.install()
        delivery = await probed.say("/inline-probe")
        [attempt] = delivery.attempts
        assert attempt.status == 200
        assert '"message":"The probe answers."' in attempt.body
        [entry] = await probed.entries("probe-inline")
        assert entry.status == Status.DONE

    async def test_answers_once(self, probed: ProbedAddon) -> None:
        await probed.install()
        delivery = await probed.say("/inline-probe")
        await probed.devhost.host.redeliver(delivery.id)
        assert [attempt.status for attempt in delivery.attempts] == [200, 204]
        assert probed.probe.names.count("inline") == 1

    async def test_that_fails_runs_later_and_posts_its_answer(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.probe.acts["inline"] = fail
        delivery = await probed.say("/inline-probe")
        assert delivery.status == 204
        del probed.probe.acts["inline"]
        await probed.let_time_pass()
        await probed.settle()
        assert probed.devhost.said(probed.devhost.lobby)[-1] == "The probe answers."
        [entry] = await probed.entries("probe-inline")
        assert entry.status == Status.DONE
