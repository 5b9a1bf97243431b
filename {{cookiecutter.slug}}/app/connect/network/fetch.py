"""The guarded HTTP client for every call out of the process, and the only module that imports httpx.

HostError 502
├── AddressRefused      the URL or what its name stands for is not called; nothing was sent
├── HostUnavailable     no connection, no whole answer in time, or the host says that it is down
└── ResponseInvalid     an answer that is too large, compressed, or not the document asked for
"""

import asyncio
import os
import ssl
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from contextvars import ContextVar
from functools import cache
from importlib.util import find_spec
from typing import Any, cast

import httpx
from httpcore import AsyncConnectionPool

from app.connect.errors import HostError
from app.connect.http.strict_json import NotJson, read_json
from app.connect.network.addresses import AddressRefused, check_url
from app.connect.network.dialing import CheckedBackend, Resolve, heads_counted, resolve_name

# httpcore asks several times a request which library runs its tasks, and what is not there is looked for on the disk.
if find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]

Auth = httpx.Auth
BasicAuth = httpx.BasicAuth
Request = httpx.Request
Response = httpx.Response
Transport = httpx.AsyncBaseTransport

KIBIBYTE = 1024
DOCUMENT_LIMIT = 64 * KIBIBYTE
RESPONSE_LIMIT = 1024 * KIBIBYTE
TIMEOUT = 10.0
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "connect-addon"}


class HostUnavailable(HostError):
    """The host was not reached, did not answer in time, or says that it is down."""

    code = "host_unavailable"
    sentence = "The host cannot be reached now. Try again in a moment."


class ResponseInvalid(HostError):
    """The host's answer is not one that this add-on reads."""

    code = "host_response_invalid"
    sentence = "The host's answer cannot be read. Check that the address is the host's API."


before_sending: ContextVar[Callable[[], Awaitable[object]] | None] = ContextVar("before_sending", default=None)
"""What gives back what must not be held while a host is waited for, such as a connection of the database."""


class Outbound:
    """One client for the process: https to public addresses, in bounded time and size.

    It follows no redirect and knows no proxy and no cookie: tenants share hosts, and one set for one must not travel
    with the calls of another. In development http and loopback pass too.
    `timeout` is in seconds: once for a connection and for each piece of an answer, twice for a head or body
    that drips. At most so many `connections` are open at once. `transport` stands in for the network, under the
    same rules on URLs, times and sizes.
    """

    def __init__(
        self,
        *,
        production: bool,
        timeout: float = TIMEOUT,
        transport: Transport | None = None,
        resolve: Resolve = resolve_name,
        connections: int = 100,
    ) -> None:
        self._production = production
        self._transport = transport
        self._companions: list[Outbound] = []
        self._inner = transport or _CheckedTransport(production=production, resolve=resolve, connections=connections)
        self._patience = 2 * timeout
        self._is_closed = False
        self._extensions = {"timeout": httpx.Timeout(timeout).as_dict()}

    def beside(self) -> "Outbound":
        """Make a client for a server on this machine that the platform names; http and loopback pass in production.

        Its addresses must come from configuration and never from a request. It is closed with this one.
        """
        made = Outbound(production=False, transport=self._transport)
        self._companions.append(made)
        return made

    async def send(
        self,
        method: str,
        url: str,
        *,
        auth: Auth | None = None,
        params: Mapping[str, str] | None = None,
        json: object = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        limit: int = RESPONSE_LIMIT,
    ) -> Response:
        """Send one request and return its answer, whatever the status, read whole.

        `limit` is in bytes. Raises `AddressRefused`, `HostUnavailable`, `ResponseInvalid` and errors of
        `auth`.
        """
        check_url(url, production=self._production)
        if self._is_closed:
            raise RuntimeError("The client is closed.")
        give_back = before_sending.get()
        if give_back is not None:
            await give_back()
        try:
            request = Request(
                method,
                httpx.URL(url),
                params=params,
                headers={**HEADERS, **headers} if headers else HEADERS,
                json=json,
                data=form,
                extensions=self._extensions,
            )
        except (httpx.InvalidURL, UnicodeError):
            raise AddressRefused("The address is not a URL. Write scheme, host and path.") from None
        try:
            return await self._exchange(request, auth, limit=limit)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise HostUnavailable from error

    async def _exchange(self, request: Request, auth: Auth | None, *, limit: int) -> Response:
        """Send a request, and those that its auth makes of it: httpx's client does as much, and costs as much again."""
        if auth is None:
            return await self._answer(request, limit=limit)
        async with aclosing(auth.async_auth_flow(request)) as flow:
            asked = await anext(flow)
            while True:
                response = await self._answer(asked, limit=limit)
                try:
                    asked = await flow.asend(response)
                except StopAsyncIteration:
                    return response

    async def _answer(self, request: Request, *, limit: int) -> Response:
        """Hold one request to the rules on URLs, and its answer to time and size."""
        check_url(str(request.url), production=self._production)
        try:
            async with asyncio.timeout(self._patience):
                with heads_counted():
                    response = await self._inner.handle_async_request(request)
        except TimeoutError:
            raise HostUnavailable from None
        stream = cast("httpx.AsyncByteStream", response.stream)
        try:
            # Nothing unpacks: a small answer could become a huge one.
            if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
                raise ResponseInvalid("The host's answer is compressed although that was not asked for.")
            content = await _read(stream, limit=limit, until=time.monotonic() + self._patience)
        finally:
            await stream.aclose()
        return Response(
            response.status_code,
            headers=response.headers,
            content=content,
            request=request,
            extensions=response.extensions,
        )

    async def get_json(self, url: str, *, limit: int = DOCUMENT_LIMIT) -> dict[str, Any]:
        """Fetch one JSON object without credentials.

        `limit` is in bytes. Raises what `send` raises; `ResponseInvalid` for all but a 200 with an object.
        """
        response = await self.send("GET", url, limit=limit)
        if response.status_code != httpx.codes.OK:
            raise ResponseInvalid(f"The host answered {response.status_code} where 200 was expected.")
        return json_object(response)

    async def aclose(self) -> None:
        """Close every connection."""
        self._is_closed = True
        for one in self._companions:
            await one.aclose()
        await self._inner.aclose()


def json_object(response: Response) -> dict[str, Any]:
    """Read the JSON object an answer holds; `ResponseInvalid` when it says or holds anything else."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise ResponseInvalid("The host's answer is not marked as JSON. Check the address of its API.")
    try:
        document = read_json(response.content)
    except NotJson as error:
        raise ResponseInvalid(f"The host's answer is {error}.") from None
    if not isinstance(document, dict):
        raise ResponseInvalid("The host's answer is JSON, but not an object.")
    return document


@cache
def _ssl_context(*_: str | None) -> ssl.SSLContext:
    """Make the rules for https, once for each place of authorities: reading them takes long."""
    return httpx.create_ssl_context()


class _CheckedTransport(httpx.AsyncHTTPTransport):
    """The network, through connections to checked addresses."""

    def __init__(self, *, production: bool, resolve: Resolve, connections: int) -> None:
        context = _ssl_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        super().__init__(verify=context)
        self._pool = AsyncConnectionPool(
            ssl_context=context,
            max_connections=connections,
            max_keepalive_connections=min(20, connections),
            keepalive_expiry=5.0,
            network_backend=CheckedBackend(production=production, resolve=resolve),
        )


async def _read(stream: httpx.AsyncByteStream, *, limit: int, until: float) -> bytes:
    """Read the body of an answer, up to a number of bytes and a moment."""
    chunks, received = [], 0
    async for chunk in stream:
        received += len(chunk)
        if received > limit:
            raise ResponseInvalid(f"The host's answer is larger than {limit} bytes.")
        if time.monotonic() > until:
            raise HostUnavailable
        chunks.append(chunk)
    return b"".join(chunks)
