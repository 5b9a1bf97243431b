"""What one host's router declares runs for the tenants of that host alone."""

import pytest
from starlette.types import Receive, Scope, Send

from app.conformance import Sent
from app.connect.errors import ConnectError
from app.connect.tenancy.entries import DOUBTS
from app.connect.tenancy.tenant import NOBODY
from tests.hosts.echo.case import HOST
from tests.hosts.together.both import Both, Words


class TestHandlersOfOneHost:
    async def test_of_a_schedule_do_not_run_for_tenants_of_the_other(self, two: Both) -> None:
        await two.twins()
        two.ran.clear()
        two.clock.ahead += 1_000_000 * 3600
        await two.application.worker.drain()
        assert sorted(two.ran) == [("echo", "everywhere"), ("hipchat", "at-hipchat"), ("hipchat", "everywhere")]

    async def test_of_coming_and_going_do_not_run_for_tenants_of_the_other(self, two: Both) -> None:
        first, second = await two.twins()
        assert two.ran == [("hipchat", "installed")]
        assert (await two.send(two.echo.uninstall(second))).status == 204
        await two.application.worker.drain()
        assert two.ran == [("hipchat", "installed")]
        two.hipchat.forget(first)
        assert (await two.send(two.hipchat.hint(first))).status == 204
        await two.application.worker.drain()
        for seconds in (*DOUBTS, 31 * 24 * 3600):
            assert two.ran == [("hipchat", "installed")]
            two.clock.ahead += seconds
            await two.application.worker.drain()
        assert two.ran == [("hipchat", "installed"), ("hipchat", "uninstalled")]

    async def test_of_a_job_cannot_be_asked_for_by_the_other(self, two: Both) -> None:
        first, second = await two.twins()
        two.ran.clear()
        async with two.application.contexts.open(await two.tenant("echo", second), NOBODY) as context:
            with pytest.raises(ConnectError) as refused:
                await context.enqueue("of-hipchat")
        assert str(refused.value) == (
            "The job 'of-hipchat' is of hipchat, and this tenant is on echo. "
            'Add @echo.job("of-hipchat"), or @router.job("of-hipchat") for every host.'
        )
        async with two.application.contexts.open(await two.tenant("hipchat", first), NOBODY) as context:
            await context.enqueue("of-hipchat")
        await two.application.worker.drain()
        assert two.ran == [("hipchat", "of-hipchat")]

    async def test_of_a_job_run_where_they_are_and_the_portable_one_elsewhere(self, two: Both) -> None:
        """Each takes what its own annotation says."""
        first, second = await two.twins()
        two.ran.clear()
        for host, guest, payload in (("hipchat", first, "one"), ("echo", second, 1)):
            async with two.application.contexts.open(await two.tenant(host, guest), NOBODY) as context:
                await context.enqueue("everywhere-its-own", payload)
        await two.application.worker.drain()
        assert sorted(two.ran) == [("echo", "portable 2"), ("hipchat", "own ONE")]

    async def test_of_a_job_refuse_what_that_of_another_host_takes(self, two: Both) -> None:
        _, second = await two.twins()
        async with two.application.contexts.open(await two.tenant("echo", second), NOBODY) as context:
            with pytest.raises(ConnectError, match="The payload does not fit the job 'everywhere-its-own'"):
                await context.enqueue("everywhere-its-own", "one")

    async def test_of_a_job_that_is_gone_at_one_host_are_named_with_what_to_do(
        self, two: Both, caplog: pytest.LogCaptureFixture
    ) -> None:
        _, second = await two.twins()
        two.ran.clear()
        async with two.application.contexts.open(await two.tenant("echo", second), NOBODY) as context:
            await context.enqueue("everywhere-its-own", 1)
        jobs = two.application.addon.jobs
        assert isinstance(jobs, dict)
        del jobs[None, "everywhere-its-own"]
        await two.application.worker.drain()
        assert two.ran == []
        assert "The job handler 'everywhere-its-own' is gone from the code" in caplog.text


class TestSettingsOfOneHost:
    async def test_are_read_as_its_own_by_whoever_asks_for_what_all_have(self, two: Both) -> None:
        first, second = await two.twins()
        for host, guest, fields in (("hipchat", first, {"word", "color"}), ("echo", second, {"word"})):
            async with two.application.contexts.open(await two.tenant(host, guest), NOBODY) as context:
                assert set((await context.settings(Words)).model_dump()) == fields

    async def test_are_not_those_of_the_other(self, two: Both) -> None:
        _, second = await two.twins()
        declared = two.application.addon.settings_of("hipchat")
        assert declared is not None
        async with two.application.contexts.open(await two.tenant("echo", second), NOBODY) as context:
            with pytest.raises(ConnectError, match="HipChatChoices is not the tenant's settings"):
                await context.settings(declared.model)

    async def test_have_a_page_of_their_own(self, two: Both) -> None:
        first, second = await two.twins()
        for case, guest, is_there in ((two.hipchat, first, True), (two.echo, second, False)):
            page = await two.enter(case, guest, Sent("GET", f"/{case.name}/settings"))
            assert page.status == 200
            assert (b'name="color"' in page.body) is is_there


class TestDoubt:
    async def test_ends_nothing_that_was_installed_while_the_host_was_asked(self, two: Both) -> None:
        _, second = await two.twins()

        async def slow_product(scope: Scope, receive: Receive, send: Send) -> None:
            """Install anew before the question about the installation before is answered."""
            if scope["path"].startswith("/api/installations/"):
                assert (await two.send(two.echo.renew(second))).status == 204
            await two.echo.product(scope, receive, send)

        two.network.add(HOST, slow_product)
        two.echo.forget(second)
        assert (await two.send(two.echo.hint(second))).status == 204
        await two.application.worker.drain()
        tenant = await two.tenant("echo", second)
        assert (tenant.is_installed, tenant.generation) == (True, 2)
