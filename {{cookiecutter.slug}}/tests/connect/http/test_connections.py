"""Connections that no HTTP client would make, to a real server.

What breaks HTTP itself is refused by the server, in its own words; what passes has our shape.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.types import ASGIApp

from tests.connect.http.attacking import has_one_shape
from tests.support.running import RunningAddon

pytestmark = pytest.mark.one_database

RAW: dict[str, bytes] = {
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a line of noise": b"hello\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "a NUL in the method": b"G\x00T / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a NUL in the target": b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a NUL in a header": b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    "a blank in a header's name": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    "a length in words": b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
    "a negative length": b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "a length and chunks": (
        b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "an unknown transfer encoding": b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
    "a chunk of no size": b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a length over the limit": b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
    "chunks over the limit": (
        b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"x" * 65_536 + b"\r\n") * 17 + b"0\r\n\r\n"
    ),
    "two hosts": b"GET /health/live HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "a path above the root": b"GET /static/../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "an encoded path above the root": b"GET /static/%2e%2e/%2e%2e/main.py HTTP/1.1\r\nHost: x\r\n\r\n",
    "an address of another host": b"GET http://attacker.example/hipchat/settings HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target of bytes": b"GET /hipchat/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method of its own": b"STEAL / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a token of bytes": b"GET /hipchat/settings?signed_request=\xff%00 HTTP/1.1\r\nHost: x\r\n\r\n",
}


ALIVE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@contextlib.asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[int]:
    """Serve an application with uvicorn on a free loopback port and give the port."""
    config = uvicorn.Config(app, log_config=None, lifespan="off", http="httptools", ws="none")
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        serving = asyncio.create_task(server.serve([listening]))
        async with asyncio.timeout(30):
            for _ in range(3_000):
                if server.started:
                    break
                await asyncio.sleep(0.01)
        yield port
        server.should_exit = True
        await serving


async def speak(port: int, said: bytes) -> bytes:
    """Send bytes over a connection and return everything that comes back until it is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = b""
    # The server may close on what it refuses while there is more of it on the way.
    with contextlib.suppress(ConnectionError):
        writer.write(said)
        await writer.drain()
        while piece := await reader.read(65_536):
            heard += piece
    writer.close()
    return heard


class TestConnections:
    """What breaks HTTP itself is refused by the server, in its own words; what passes has our shape."""

    async def test_that_break_the_protocol_or_its_limits(self, showcase: RunningAddon) -> None:
        wrong = {}
        async with served(showcase.app) as port, asyncio.timeout(120):
            for name, said in RAW.items():
                heard = await speak(port, said.replace(b"Host: x\r\n", b"Host: localhost\r\nConnection: close\r\n"))
                head, _, body = heard.partition(b"\r\n\r\n")
                in_our_shape = b"application/json" in head and has_one_shape(body)
                by_the_server = head.startswith(b"HTTP/1.1 400") and body == b"Invalid HTTP request received."
                if not head.startswith(b"HTTP/1.1 4") or not (in_our_shape or by_the_server):
                    wrong[name] = heard[:200]
            alive = await speak(port, ALIVE)
        assert wrong == {}
        assert alive.startswith(b"HTTP/1.1 200")

    async def test_client_that_leaves_in_the_middle_does_no_harm(
        self, showcase: RunningAddon, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with served(showcase.app) as port, asyncio.timeout(60):
            for _ in range(3):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(
                    b"POST /hipchat/installed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    b"Content-Length: 100\r\n\r\n{"
                )
                await writer.drain()
                writer.transport.abort()
            alive = await speak(port, ALIVE)
        assert alive.startswith(b"HTTP/1.1 200")
        assert "Traceback" not in caplog.text
        assert "unhandled" not in caplog.text
