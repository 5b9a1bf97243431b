"""A load generator for loopback: a few keep-alive connections that send prepared requests one after the other."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

CONNECTIONS = 16
TAKEN = (b"HTTP/1.1 200 ", b"HTTP/1.1 204 ")


@dataclass(frozen=True)
class Slice:
    """What one slice of load did."""

    requests: int
    seconds: float

    @property
    def per_second(self) -> float:
        """The throughput."""
        return self.requests / self.seconds


class UnexpectedAnswerError(Exception):
    """The server answered neither 200 nor 204."""


class _Connection(asyncio.Protocol):
    """Sends a request, waits for the whole answer, sends the next."""

    def __init__(self, requests: Iterator[bytes], until: float) -> None:
        self._requests = requests
        self._until = until
        self._buffer = b""
        self.answered = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        """Count an answer once it is there as a whole."""
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if len(body) < int(length or 0):
            return
        if not head.startswith(TAKEN):
            self._end(UnexpectedAnswerError(self._buffer[:500].decode(errors="replace")))
            return
        self._buffer = b""
        self.answered += 1
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, whoever closed."""
        self._end(exc)

    def _next(self) -> None:
        request = next(self._requests, None) if time.perf_counter() < self._until else None
        if request is None:
            self._end(None)
        else:
            self._transport.write(request)  # type: ignore[attr-defined]

    def _end(self, error: Exception | None) -> None:
        if not self.done.done():
            if error is None:
                self.done.set_result(None)
            else:
                self.done.set_exception(error)
        self._transport.close()


async def run(port: int, requests: Iterator[bytes], *, seconds: float) -> Slice:
    """Send `requests` to a server on loopback for some seconds, or until there are none left."""
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    connections = []
    for _ in range(CONNECTIONS):
        _, connection = await loop.create_connection(
            lambda: _Connection(requests, started + seconds), "127.0.0.1", port
        )
        connections.append(connection)
    await asyncio.gather(*(connection.done for connection in connections))
    return Slice(sum(connection.answered for connection in connections), time.perf_counter() - started)
