"""What becomes of a claimed entry: done with the handler's rows, tried again, or dead; or stale with its tenant."""

import time

import pytest
from pydantic import BaseModel, ValidationError

from app.connect import ConnectError, Context, HostError
from app.connect.serving.retries import FIRST_BACKOFF
from app.connect.tenancy.entries import owner_of
from app.connect.tenancy.tenant import TenantState
from app.connect.work.rows import Envelope, Kind, Status, new_row
from tests.connect.probe import ProbedAddon
from tests.connect.work.acts import fail, grow_old, leave_row, raising, rows_written

pytestmark = pytest.mark.both_databases


class TestFailingHandler:
    async def test_is_tried_again_later(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.probe.acts["message"] = fail
        await probed.say()
        await probed.settle()
        [entry] = await probed.entries("hipchat.probe")
        assert probed.probe.names == ["installed", "message"]
        assert (entry.status, entry.attempts, entry.lease_id) == (Status.NEW, 1, None)
        del probed.probe.acts["message"]
        await probed.let_time_pass()
        await probed.settle()
        [entry] = await probed.entries("hipchat.probe")
        assert probed.probe.texts == ["/probe", "/probe"]
        assert entry.status == Status.DONE

    async def test_waits_longer_each_time(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.probe.acts["message"] = fail
        await probed.say()
        for attempt in range(1, 8):
            await probed.let_time_pass()
            before = time.time()
            await probed.settle()
            [entry] = await probed.entries("hipchat.probe")
            longest = FIRST_BACKOFF * 2 ** (attempt - 1)
            assert before + longest / 2 <= entry.due_at <= time.time() + longest

    async def test_is_dead_when_its_time_is_over_and_kept_whole(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.probe.acts["message"] = fail
        await probed.say()
        await grow_old(probed)
        [entry] = await probed.entries("hipchat.probe")
        assert probed.probe.names.count("message") == 2
        assert entry.status == Status.DEAD
        assert Envelope.load(entry.body).payload["text"] == "/probe"
        await grow_old(probed)
        assert probed.probe.names.count("message") == 2

    async def test_leaves_its_error_in_the_entry_without_secrets(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.probe.acts["message"] = fail
        await probed.say()
        await probed.settle()
        [entry] = await probed.entries("hipchat.probe")
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
        one, two = await probed.entries("hipchat.probe")
        assert (one.status, two.status) == (Status.NEW, Status.DONE)

    async def test_whose_declaration_is_gone_is_kept(self, probed: ProbedAddon) -> None:
        tenant = await probed.tenant(await probed.install())
        row = new_row(Kind.JOB, "job-of-an-older-version", owner_of(tenant), envelope=Envelope("one"))
        await probed.parts.inbox.accept(row)
        await grow_old(probed)
        [entry] = await probed.entries("job-of-an-older-version")
        assert entry.status == Status.DEAD
        assert Envelope.load(entry.body).payload == "one"


class Outdated(ConnectError):
    """A fact that another try does not change."""

    is_permanent = True


class Choice(BaseModel):
    """A model for a value that does not fit it."""

    number: int


def validation_error() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Choice.model_validate({"number": "none"})
    return caught.value


class TestMistake:
    @pytest.mark.parametrize(
        "error",
        [
            TypeError("wrong argument"),
            AttributeError("no such member"),
            NameError("no such name"),
            ImportError("no such module"),
            Outdated("mend the code"),
            validation_error(),
        ],
        ids=lambda error: type(error).__name__,
    )
    async def test_that_stays_one_is_buried_at_once(self, probed: ProbedAddon, error: Exception) -> None:
        await probed.install()
        probed.probe.acts["message"] = raising(error)
        await probed.say()
        await probed.settle()
        [entry] = await probed.entries("hipchat.probe")
        assert (entry.status, entry.attempts) == (Status.DEAD, 1)
        assert entry.last_error is not None
        assert entry.last_error.startswith(type(error).__name__)

    @pytest.mark.parametrize(
        "error",
        [RuntimeError("not now"), ConnectionError("reset"), TimeoutError(), HostError(), OSError("disk full")],
        ids=lambda error: type(error).__name__,
    )
    async def test_that_may_be_an_outage_is_tried_again(self, probed: ProbedAddon, error: Exception) -> None:
        await probed.install()
        probed.probe.acts["message"] = raising(error)
        await probed.say()
        await probed.settle()
        [entry] = await probed.entries("hipchat.probe")
        assert (entry.status, entry.attempts) == (Status.NEW, 1)
        del probed.probe.acts["message"]
        await probed.let_time_pass()
        await probed.settle()
        [entry] = await probed.entries("hipchat.probe")
        assert entry.status == Status.DONE

    async def test_in_the_payload_of_a_job_is_buried_at_once(self, probed: ProbedAddon) -> None:
        tenant = await probed.tenant(await probed.install())
        await probed.parts.inbox.accept(
            new_row(Kind.JOB, "probe-job", owner_of(tenant), envelope=Envelope({"of": "an older version"}))
        )
        await probed.settle()
        [entry] = await probed.entries("probe-job")
        assert (entry.status, entry.attempts) == (Status.DEAD, 1)
        assert "job" not in probed.probe.names

    async def test_is_logged_once_with_the_command_to_run(
        self, probed: ProbedAddon, caplog: pytest.LogCaptureFixture
    ) -> None:
        await probed.install()
        probed.probe.acts["message"] = raising(TypeError("wrong argument"))
        await probed.say()
        await grow_old(probed)
        [entry] = await probed.entries("hipchat.probe")
        [line] = [record for record in caplog.records if record.levelname == "ERROR"]
        assert line.getMessage() == f"handler failed for good; mend it, then run: addon inbox replay {entry.id}"
        assert (vars(line)["handler"], vars(line)["error"]) == ("hipchat.probe", "TypeError: wrong argument")
        assert probed.probe.names.count("message") == 1


class TestTransaction:
    async def test_keeps_the_rows_and_the_end_together(self, probed: ProbedAddon) -> None:
        async def write(ctx: Context) -> None:
            leave_row(ctx, "kept")

        await probed.install()
        probed.probe.acts["message"] = write
        await probed.say()
        await probed.settle()
        [entry] = await probed.entries("hipchat.probe")
        assert (await rows_written(probed), entry.status) == (["kept"], Status.DONE)

    async def test_undoes_the_rows_of_a_handler_that_fails(self, probed: ProbedAddon) -> None:
        async def write_and_fail(ctx: Context) -> None:
            leave_row(ctx, "undone")
            await ctx.db.flush()
            await fail(ctx)

        await probed.install()
        probed.probe.acts["message"] = write_and_fail
        await probed.say()
        await probed.settle()
        [entry] = await probed.entries("hipchat.probe")
        assert (await rows_written(probed), entry.status) == ([], Status.NEW)

    async def test_does_not_end_the_entry_when_the_rows_cannot_be_kept(self, probed: ProbedAddon) -> None:
        async def write_twice(ctx: Context) -> None:
            leave_row(ctx, "twice")
            leave_row(ctx, "twice")

        await probed.install()
        probed.probe.acts["message"] = write_twice
        await probed.say()
        await probed.settle()
        [entry] = await probed.entries("hipchat.probe")
        assert (await rows_written(probed), entry.status) == ([], Status.NEW)


class TestTenantOfAnEntry:
    async def test_that_is_suspended_keeps_it_waiting(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.say()
        await probed.set_state(installation, TenantState.SUSPENDED)
        await grow_old(probed)
        [entry] = await probed.entries("hipchat.probe")
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
        [entry] = await probed.entries("hipchat.probe")
        assert entry.status == Status.DONE
        assert probed.probe.names == ["installed"]
