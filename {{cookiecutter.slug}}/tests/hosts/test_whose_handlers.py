"""What one host's router declares runs for the tenants of that host alone."""

import pytest
from starlette.types import Receive, Scope, Send

from app.connect.errors import ConnectError
from app.connect.tenancy.tenant import NOBODY
from tests.hosts.both import Both
from tests.hosts.echo.case import HOST


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
        assert two.ran == [("hipchat", "installed"), ("hipchat", "uninstalled")]

    async def test_of_a_job_cannot_be_asked_for_by_the_other(self, two: Both) -> None:
        first, second = await two.twins()
        two.ran.clear()
        async with two.application.contexts.open(await two.tenant("echo", second), NOBODY) as context:
            with pytest.raises(ConnectError) as refused:
                await context.enqueue("of-hipchat")
        assert str(refused.value) == "The job 'of-hipchat' is hipchat's, and this tenant is on echo."
        async with two.application.contexts.open(await two.tenant("hipchat", first), NOBODY) as context:
            await context.enqueue("of-hipchat")
        await two.application.worker.drain()
        assert two.ran == [("hipchat", "of-hipchat")]


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
