"""Answers of a hostile host where its capabilities document should be: bytes on a socket, and how they come."""

import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from tests.connect.network.servers import answer

KIBIBYTE = 1024
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def good(origin: str) -> dict[str, Any]:
    """Return a document that is taken; its token address gives a token to nobody."""
    return {
        "links": {"self": f"{origin}/v2/capabilities", "homepage": origin},
        "capabilities": {
            "oauth2Provider": {"tokenUrl": f"{origin}/v2/oauth/token"},
            "hipchatApiProvider": {"url": f"{origin}/v2/"},
        },
    }


def document(*path: str, value: Any) -> Callable[[str], bytes]:
    """Change one member of the good document; `HOST` in the value stands for the origin."""

    def make(origin: str) -> bytes:
        made = good(origin)
        inner = made
        for name in path[:-1]:
            inner = inner[name]
        inner[path[-1]] = value.replace("HOST", origin) if isinstance(value, str) else value
        return answer(json.dumps(made).encode())

    return make


@dataclass(frozen=True)
class Hostile:
    """What comes, in pieces with a pause after each; then the end, or silence."""

    make: Callable[[str], bytes]
    """Of the host's origin."""
    piece: int = 64 * KIBIBYTE
    pause: float = 0.0
    closes: bool = True


def said(raw: bytes, **how: Any) -> Hostile:
    return Hostile(lambda _: raw, **how)


def claimed(*path: str, value: Any) -> Hostile:
    return Hostile(document(*path, value=value))


BIG = b"x" * KIBIBYTE
TOKEN = ("capabilities", "oauth2Provider", "tokenUrl")
# Each of these takes as long as the add-on lets it.
SLOW: dict[str, Hostile] = {
    "silence": said(b"", closes=False),
    "half a head": said(b"HTTP/1.1 200 OK\r\nContent-", closes=False),
    "a head that drips": said(OK + b"X: y\r\n" * 10_000, piece=8, pause=0.02),
    "a body that stops": said(OK + b"Content-Length: 100\r\n\r\n{", closes=False),
    "a body that drips": said(OK + b"Content-Length: 60000\r\n\r\n{" + b" " * 59_999, piece=8, pause=0.02),
    "chunks that drip": said(CHUNKED + b"1\r\n \r\n" * 10_000, piece=6, pause=0.02),
}
QUICK: dict[str, Hostile] = {
    "the end": said(b""),
    "another protocol": said(b"SSH-2.0-server\r\n"),
    "an endless head": said(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000),
    "a header without end": said(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 4096 * KIBIBYTE),
    "endless answers before the answer": said(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100_000),
    "an endless body": said(OK + b"\r\n" + BIG * 4096),
    "endless chunks": said(CHUNKED + (b"400\r\n" + BIG + b"\r\n") * 4096),
    "an endless extension of a chunk": said(CHUNKED + b"1;" + BIG * 4096),
    "a gigabyte that is announced": said(OK + b"Content-Length: 1073741824\r\n\r\n" + BIG * 4096),
    "a length below zero": said(OK + b"Content-Length: -1\r\n\r\n{}"),
    "two lengths": said(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
    "a chunk of no size": said(CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n"),
    "a chunk beyond 64 bits": said(CHUNKED + b"FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n"),
    "a byte over the limit": said(answer(b"{" + b" " * (64 * KIBIBYTE - 1) + b"}")),
    "a bomb": said(answer(gzip.compress(b" " * 16 * KIBIBYTE * KIBIBYTE), "Content-Encoding: gzip")),
    "a bomb that says nothing of it": said(answer(gzip.compress(b" " * 1024 * KIBIBYTE))),
    "a place elsewhere": said(answer(b"", "Location: http://169.254.169.254/", status="302 Found")),
    "an error": said(answer(b"{}", status="500 Internal Server Error")),
    "a page": said(answer(b"<html>", kind="text/html")),
    "half a document": said(answer(b'{"links": {')),
    "a list": said(answer(b"[]")),
    "lists in lists": said(answer(b"[" * 60_000)),
    "30,000 numbers": said(answer(b'{"a": [' + b"0," * 30_000 + b"0]}")),
    "a member twice": said(answer(b'{"links": {}, "links": {}}')),
    "a number of 60,000 digits": said(answer(b'{"a": ' + b"9" * 60_000 + b"}")),
    "a number that is none": said(answer(b'{"a": NaN}')),
    "bytes that are not UTF-8": said(answer(b'{"a": "\xff"}')),
    "no capabilities": claimed("capabilities", value=[]),
    "another self": claimed("links", "self", value="https://elsewhere.example/v2/capabilities"),
    "a token address elsewhere": claimed(*TOKEN, value="https://attacker.example/token"),
    "a token address of the machine": claimed(*TOKEN, value="http://169.254.169.254/latest/meta-data"),
    "a token address that looks like the host's": claimed(*TOKEN, value="HOST@attacker.example/"),
    "a token address of no port": claimed(*TOKEN, value="HOST0000/"),
    "a token address without a host": claimed(*TOKEN, value="file:///etc/passwd"),
    "calls elsewhere": claimed("capabilities", "hipchatApiProvider", "url", value="https://attacker.example/"),
    "a home elsewhere": claimed("links", "homepage", value="https://attacker.example/"),
}


class HostileHost:
    """Listens on this machine and answers every request with one of these."""

    def __init__(self, hostile: Hostile) -> None:
        self._hostile = hostile
        self._open: dict[asyncio.StreamWriter, asyncio.Future[None]] = {}
        self.requests: list[bytes] = []
        self.origin = ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        how = self._hostile
        self._open[writer] = ended = asyncio.get_running_loop().create_future()
        # Whoever is done with us closes, wherever we are.
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            raw = memoryview(how.make(self.origin))
            for start in range(0, len(raw), how.piece):
                writer.write(raw[start : start + how.piece])
                await writer.drain()
                await asyncio.sleep(how.pause)
            if not how.closes:
                await reader.read()
        writer.close()
        ended.set_result(None)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["HostileHost"]:
        """Listen until the block ends."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for writer in self._open:
                writer.close()
            await asyncio.gather(*self._open.values())
