"""Opens connections to checked addresses only: a name is resolved once, and what was checked is called."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any

from httpcore import (
    SOCKET_OPTION,
    AnyIOBackend,
    AsyncNetworkBackend,
    AsyncNetworkStream,
    ConnectError,
    ConnectTimeout,
    ReadError,
    WriteError,
)
from httpcore._utils import is_socket_readable

from app.connect.network.addresses import check_addresses

HEADS = 64 * 1024
"""Bytes that may come before the answer itself: a host may send as many 1xx answers ahead of it as it likes."""
TOGETHER = 16 * 1024
"""Bytes of a request that wait for each other at most; the last ones go when the answer is asked for."""
_left: ContextVar[list[int] | None] = ContextVar("_left", default=None)

Resolve = Callable[[str, int], Awaitable[list[str]]]


async def resolve_name(host: str, port: int) -> list[str]:
    """Return every address of `host` in the order the machine prefers; `OSError` when there is none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


@contextlib.contextmanager
def heads_counted() -> Iterator[None]:
    """Count what connections of this task read inside the block; over `HEADS` the next read fails."""
    token = _left.set([HEADS])
    try:
        yield
    finally:
        _left.reset(token)


class _CountedStream(AsyncNetworkStream):
    """A connection, with what it reads counted where somebody counts, and what it writes put together.

    A request comes as its head and its body; each would cost both sides as much as the two together.
    """

    def __init__(self, inner: AsyncNetworkStream) -> None:
        self._inner = inner
        self._unsent = b""
        self._socket: Any = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        # A host may have answered and closed before it read all that it was sent.
        with contextlib.suppress(WriteError):
            await self._send(timeout)
        left = _left.get()
        if left is not None and left[0] <= 0:
            raise ReadError("too much comes before the answer")
        data = await self._inner.read(max_bytes, timeout)
        if left is not None:
            left[0] -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        self._unsent += buffer
        if len(self._unsent) > TOGETHER:
            await self._send(timeout)

    async def _send(self, timeout: float | None) -> None:  # noqa: ASYNC109 - as above
        if self._unsent:
            unsent, self._unsent = self._unsent, b""
            await self._inner.write(unsent, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> AsyncNetworkStream:
        return _CountedStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        if info != "is_readable":
            return self._inner.get_extra_info(info)
        # The pool asks this of every connection with each request, and what is below would find the socket anew.
        if self._socket is None:
            self._socket = self._inner.get_extra_info("socket")
        return is_socket_readable(self._socket)


class CheckedBackend(AsyncNetworkBackend):
    """Connect by address after the check; the layers above keep the name for TLS and the Host header."""

    def __init__(self, *, production: bool, resolve: Resolve) -> None:
        self._production = production
        self._resolve = resolve
        self._inner = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Try the addresses of `host` one after another, all within one timeout."""
        try:
            async with asyncio.timeout(timeout):
                addresses = check_addresses(await self._resolve(host, port), production=self._production)
                # A share each, so that one address which never answers leaves time for the next.
                share = timeout and timeout / len(addresses)
                failure: ConnectError | ConnectTimeout = ConnectError("the name has no address")
                for address in addresses:
                    try:
                        stream = await self._inner.connect_tcp(address, port, share, local_address, socket_options)
                        return _CountedStream(stream)
                    except (ConnectError, ConnectTimeout) as error:
                        failure = error
                raise failure
        except TimeoutError:
            raise ConnectTimeout("no connection in time") from None
        except (OSError, UnicodeError):
            raise ConnectError("the name has no address") from None

    async def sleep(self, seconds: float) -> None:
        """Wait as the pool asks between its tries."""
        await asyncio.sleep(seconds)
