"""Opens connections to checked addresses only: a name is resolved once, and what was checked is called."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable

from httpcore import (
    SOCKET_OPTION,
    AnyIOBackend,
    AsyncNetworkBackend,
    AsyncNetworkStream,
    ConnectError,
    ConnectTimeout,
)

from app.connect.network.addresses import check_addresses

Resolve = Callable[[str, int], Awaitable[list[str]]]


async def resolve_name(host: str, port: int) -> list[str]:
    """Return every address of `host` in the order the machine prefers; `OSError` when there is none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


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
                        return await self._inner.connect_tcp(address, port, share, local_address, socket_options)
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
