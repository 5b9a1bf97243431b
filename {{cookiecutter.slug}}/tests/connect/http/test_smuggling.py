"""A request inside another: the server and the add-on agree on where one ends, or refuse it."""

import asyncio

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.connect.http.test_connections import ALIVE, served
from tests.support.running import RunningAddon

pytestmark = pytest.mark.one_database

INNER = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
START = b"POST /hipchat/installed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(INNER)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
END = b"0\r\n\r\n"

ATTEMPTS: dict[str, bytes] = {
    "a length, then chunks": START + LENGTH + CHUNKED + b"\r\n" + END + INNER,
    "chunks, then a length": START + CHUNKED + LENGTH + b"\r\n" + END + INNER,
    "two lengths, the first shorter": START + b"Content-Length: 0\r\n" + LENGTH + b"\r\n" + INNER,
    "two lengths, the second shorter": START + LENGTH + b"Content-Length: 0\r\n\r\n" + INNER,
    "a list of lengths": START + b"Content-Length: 0, 45\r\n\r\n" + INNER,
    "a length with a plus": START + b"Content-Length: +0\r\n\r\n" + INNER,
    "a length in hex": START + b"Content-Length: 0x0\r\n\r\n" + INNER,
    "a length with noise": START + b"Content-Length: 0;\r\n\r\n" + INNER,
    "a length with a fraction": START + b"Content-Length: 0.0\r\n\r\n" + INNER,
    "a length of nothing": START + b"Content-Length:\r\n\r\n" + INNER,
    "a length beyond 64 bits": START + b"Content-Length: 18446744073709551616\r\n\r\n" + INNER,
    "a length below zero": START + b"Content-Length: -0\r\n\r\n" + INNER,
    "a blank before the colon": START + b"Content-Length : 0\r\n\r\n" + INNER,
    "a tab before the colon": START + b"Transfer-Encoding\t: chunked\r\n\r\n" + END + INNER,
    "a folded length": START + b"Content-Length:\r\n 0\r\n\r\n" + INNER,
    "folded chunks": START + LENGTH + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + END + INNER,
    "chunks and identity": START + b"Transfer-Encoding: chunked, identity\r\n\r\n" + END + INNER,
    "nearly chunks": START + b"Transfer-Encoding: xchunked\r\n\r\n" + END + INNER,
    "chunks with a control character": START + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + END + INNER,
    "chunks in quotes": START + b'Transfer-Encoding: "chunked"\r\n\r\n' + END + INNER,
    "chunks under a name with a NUL": START + b"Transfer-Encoding\x00: chunked\r\n\r\n" + END + INNER,
    "a chunk below zero": START + CHUNKED + b"\r\n-1\r\n" + INNER,
    "a chunk beyond 64 bits": START + CHUNKED + b"\r\nFFFFFFFFFFFFFFFFF\r\n" + INNER,
    "a chunk with a plus": START + CHUNKED + b"\r\n+0\r\n\r\n" + INNER,
    "a chunk in hex with its mark": START + CHUNKED + b"\r\n0x0\r\n\r\n" + INNER,
    "a chunk longer than it says": START + CHUNKED + b"\r\n1\r\nab\r\n" + END + INNER,
    "a chunk without its end": START + CHUNKED + b"\r\n1\r\na0\r\n\r\n" + INNER,
    "a chunk that ends with a line feed alone": START + CHUNKED + b"\r\n1\na\r\n0\r\n\r\n" + INNER,
    "an extension with a carriage return": START + CHUNKED + b"\r\n0;a\rb\r\n\r\n" + INNER,
    "a length over the inner request": START + LENGTH + b"\r\n" + INNER,
    "chunks around the inner request": START + CHUNKED + b"\r\n%x\r\n" % len(INNER) + INNER + b"\r\n" + END,
    "a GET with the inner request as its body": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + LENGTH + b"\r\n" + INNER,
    "a carriage return in a name": START + b"X\rY: z\r\nContent-Length: 0\r\n\r\n" + INNER,
    "a carriage return in a value": START + b"X: a\rContent-Length: 0\r\n\r\n" + INNER,
    "a NUL in a value": START + b"X: \x00\r\nContent-Length: 0\r\n\r\n" + INNER,
    "a header without a name": START + b": x\r\nContent-Length: 0\r\n\r\n" + INNER,
    "a header before the first": b"GET / HTTP/1.1\r\n X: y\r\nHost: localhost\r\n\r\n" + INNER,
    "two blanks in the first line": b"GET  / HTTP/1.1 x\r\nHost: localhost\r\n\r\n" + INNER,
    "a version that is none": b"GET / HTTP/1.1x\r\nHost: localhost\r\n\r\n" + INNER,
    "an upgrade": b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
    + LENGTH
    + b"\r\n"
    + INNER,
}


class Listening:
    """Remembers which paths came through to the add-on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.paths: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append(scope["path"])
        await self._app(scope, receive, send)


async def speak(port: int, said: bytes) -> bytes:
    """Send bytes and the end of all sending; return what comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = b""
    try:
        writer.write(said)
        writer.write_eof()
        while piece := await reader.read(65_536):
            heard += piece
    except ConnectionError:
        pass
    writer.close()
    return heard


class TestSmuggling:
    def test_there_are_forty_attempts(self) -> None:
        assert len(ATTEMPTS) >= 40

    @pytest.mark.parametrize("attempt", ATTEMPTS)
    async def test_second_request_is_never_answered(self, showcase: RunningAddon, attempt: str) -> None:
        listening = Listening(showcase.app)
        async with served(listening) as port, asyncio.timeout(30):
            heard = await speak(port, ATTEMPTS[attempt])
            alive = await speak(port, ALIVE)
        assert "/smuggled" not in listening.paths
        assert heard.count(b"HTTP/1.1 ") <= 1
        assert not heard.startswith(b"HTTP/1.1 5")
        assert listening.paths[-1] == "/health/live"
        assert alive.count(b"HTTP/1.1 ") <= 1

    async def test_second_request_that_is_sent_as_one_is_answered(self, showcase: RunningAddon) -> None:
        """Else the tests above could not tell."""
        listening = Listening(showcase.app)
        async with served(listening) as port, asyncio.timeout(30):
            await speak(port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" + INNER)
        assert "/smuggled" in listening.paths
