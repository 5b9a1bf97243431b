"""What the host says when nothing usable comes back from an add-on."""

import socket
import ssl

import httpx
import pytest

from devhost.settings import HostSettings
from devhost.wire.log import Wire
from devhost.wire.outbound import Answer, Ask, Outbound
from devhost.world.clock import Clock
from devhost.world.feed import Feed


async def asked(url: str, transport: httpx.AsyncBaseTransport | None = None) -> Answer:
    outbound = Outbound(Wire(Feed()), Clock(), HostSettings(), transport=transport)
    try:
        return await outbound.send(Ask(method="GET", url=url, purpose="test"))
    finally:
        await outbound.aclose()


def raising(error: Exception) -> httpx.MockTransport:
    def handle(_request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(handle)


def after(cause: Exception) -> Exception:
    """Return the error that a client raises after another one."""
    error = httpx.ConnectError("All connection attempts failed")
    error.__cause__ = cause
    return error


class TestNobodyListens:
    async def test_closed_port_of_this_machine_names_port_and_command(self) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        answer = await asked(f"http://127.0.0.1:{port}/hook")
        assert answer.error == f"Nothing listens on :{port}. `make run` starts the add-on"

    @pytest.mark.parametrize(
        ("url", "error", "told"),
        [
            ("http://build.example/x", after(OSError()), "Nothing listens on build.example:80. Is the add-on"),
            ("https://localhost/x", after(OSError()), "Nothing listens on :443. `make run`"),
            (
                "http://no.example/",
                after(socket.gaierror()),
                "no answer: there is no machine named no.example",
            ),
            ("https://old.example:1/", after(ssl.SSLError()), "no answer: TLS with old.example:1 fails: "),
        ],
    )
    async def test_reason_is_told_in_words(self, url: str, error: Exception, told: str) -> None:
        assert (await asked(url, raising(error))).error.startswith(told)


class TestOtherFailures:
    @pytest.mark.parametrize("url", ["ftp://127.0.0.1", "http://127.0.0.1/\0", "http://127.0.0.1:x", "nonsense"])
    async def test_address_that_cannot_be_used_is_called_so(self, url: str) -> None:
        assert (await asked(url)).error.startswith("the URL cannot be used: ")

    async def test_add_on_of_this_process_that_fails_is_not_taken_for_a_wrong_address(self) -> None:
        answer = await asked("http://127.0.0.1:8000/", raising(ValueError("Expecting value")))
        assert answer.error == "the add-on raised ValueError: Expecting value"
