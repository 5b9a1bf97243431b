"""Sends every request of the host to add-ons: time and size limited, logged, and never raising."""

import asyncio
import socket
import ssl
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import httpx

from devhost.settings import HostSettings
from devhost.wire.log import Wire, WireEntry, kept
from devhost.world.clock import Clock

# This machine's own names.
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_REFUSALS = (401, 403)
# A body is handed on decoded and whole, so these no longer say the truth about it.
_DROPPED = {"content-encoding", "content-length", "transfer-encoding"}


@dataclass(slots=True, kw_only=True)
class Answer:
    """What came back: a status and body, or `error` when nothing usable did."""

    status: int | None = None
    body: bytes = b""
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    error: str = ""
    latency_ms: float = 0.0
    # What was asked.
    method: str = "GET"
    url: str = ""

    @property
    def ok(self) -> bool:
        """Whether the add-on answered 2xx."""
        return self.status is not None and self.status // 100 == 2  # noqa: PLR2004

    @property
    def text(self) -> str:
        """The body as text, for people."""
        return kept(self.body)

    def response(self) -> httpx.Response:
        """Return it as the answer of a client. Raises httpx.RequestError when there was none."""
        request = httpx.Request(self.method, self.url)
        if self.status is None:
            raise httpx.RequestError(self.error, request=request)
        headers = [(name, value) for name, value in self.headers.multi_items() if name not in _DROPPED]
        return httpx.Response(self.status, headers=headers, content=self.body, request=request)

    def told(self) -> str:
        """Say in a few words what the answer was."""
        return self.error or f"status {self.status}"


@dataclass(slots=True, kw_only=True)
class Ask:
    """A request to an add-on and what the log shall say about it."""

    method: str
    url: str
    purpose: str
    timeout: float = 10
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    limit: int | None = None
    client_id: str | None = None
    delivery_id: str | None = None
    claims: dict[str, Any] | None = None


class Outbound:
    """The one way out of the host."""

    def __init__(
        self,
        wire: Wire,
        clock: Clock,
        settings: HostSettings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._wire = wire
        self._clock = clock
        self._settings = settings
        # Redirects are facts for the person who develops the add-on, and proxies have no business here.
        self._client = httpx.AsyncClient(
            transport=transport,
            follow_redirects=False,
            trust_env=False,
            timeout=None,  # noqa: S113 - every request is limited as a whole, see _ask
        )
        self._client.headers["user-agent"] = "devhost"

    async def send(self, ask: Ask) -> Answer:
        """Send a request and return what happened; failures are answers too."""
        entry = self._opened(ask)
        start = time.perf_counter()
        answer = await self._ask(ask)
        answer.method, answer.url = ask.method, ask.url
        answer.latency_ms = (time.perf_counter() - start) * 1000
        self._close(entry, answer)
        return answer

    def note(self, ask: Ask) -> None:
        """Write down a request that somebody else sends, whose answer nobody sees."""
        self._wire.close(self._opened(ask))

    def _opened(self, ask: Ask) -> WireEntry:
        return self._wire.open(
            WireEntry(
                at=self._clock.date(),
                direction="out",
                method=ask.method,
                path=ask.url,
                purpose=ask.purpose,
                client_id=ask.client_id,
                delivery_id=ask.delivery_id,
                claims=ask.claims,
                request_headers=dict(ask.headers),
                request_body=kept(ask.body or b""),
            )
        )

    async def _ask(self, ask: Ask) -> Answer:
        limit = ask.limit or self._settings.answer_limit
        try:
            request = self._client.build_request(ask.method, ask.url, content=ask.body, headers=ask.headers)
        except (httpx.InvalidURL, ValueError) as error:
            return Answer(error=f"the URL cannot be used: {error}")
        try:
            async with (
                asyncio.timeout(ask.timeout),
                aclosing(await self._client.send(request, stream=True)) as response,
            ):
                body = bytearray()
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > limit:
                        large = f"the answer is larger than {limit} bytes"
                        return Answer(status=response.status_code, headers=response.headers, error=large)
                return Answer(status=response.status_code, body=bytes(body), headers=response.headers)
        except Exception as error:  # noqa: BLE001 - an add-on that runs in this process may raise anything
            return Answer(error=_failure(ask, error))

    def _close(self, entry: WireEntry, answer: Answer) -> None:
        entry.status = answer.status
        entry.latency_ms = answer.latency_ms
        entry.answer_body = answer.text
        entry.answer_headers = dict(answer.headers)
        entry.reason = answer.error
        if entry.claims is not None and answer.status is not None:
            entry.verified = answer.status not in _REFUSALS
            if not entry.verified:
                entry.reason = f"refused by the add-on with status {answer.status}"
        self._wire.close(entry)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _failure(ask: Ask, error: Exception) -> str:
    """Say in words why nothing usable came back."""
    match error:
        case TimeoutError():
            return f"no answer within {ask.timeout:g} s"
        case httpx.UnsupportedProtocol():
            return f"the URL cannot be used: {error}"
        case UnicodeError() if not isinstance(error, UnicodeDecodeError):
            # A host name that no name server can be asked for.
            return f"the URL cannot be used: {error}"
        case httpx.ConnectError():
            return _unreached(httpx.URL(ask.url), error)
        case httpx.HTTPError():
            return f"no answer: {type(error).__name__} {error}".strip()
        case _:
            return f"the add-on raised {type(error).__name__}: {error}"


def _unreached(url: httpx.URL, error: httpx.ConnectError) -> str:
    """Say why nobody could be connected to, and what to do when the add-on on this machine does not run."""
    reasons: list[BaseException] = [error]
    while (before := reasons[-1].__cause__ or reasons[-1].__context__) is not None:
        reasons.append(before)
    if any(isinstance(one, ssl.SSLError) for one in reasons):
        return f"no answer: TLS with {url.netloc.decode('ascii')} fails: {error}"
    if any(isinstance(one, socket.gaierror) for one in reasons):
        return f"no answer: there is no machine named {url.host}"
    port = url.port or (443 if url.scheme == "https" else 80)
    if url.host in LOOPBACK:
        return f"Nothing listens on :{port}. `make run` starts the add-on"
    return f"Nothing listens on {url.host}:{port}. Is the add-on running there?"
