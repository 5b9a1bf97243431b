"""The front door, in plain ASGI.

Request id, limits on headers and bodies, security headers, one line a request, and a 500 that tells nothing.
"""

import itertools
import logging
import re
import sys
import time
import uuid
from collections.abc import Sequence

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.connect.errors import BadRequest, BodyTooLarge, ConfigurationError, ConnectError, ErrorBody, ErrorDetail
from app.connect.http.connections import Connections
from app.connect.logging import access_log, request_id, tenant_id

log = logging.getLogger(__name__)

MAX_BODY = 1024 * 1024
MAX_QUERY = 16 * 1024
PROCESS = uuid.uuid4().hex[:16]
_counter = itertools.count()
REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")
SINGLE = frozenset({b"authorization", b"content-length", b"content-type", b"host"})
DEFAULTS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
DEFAULT_POLICY = (b"content-security-policy", b"frame-ancestors 'none'")


class FrontDoor:
    """Wrap the whole application; see the module."""

    def __init__(self, app: ASGIApp, *, connections: Connections | None = None) -> None:
        self._app = app
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan" and self._connections is not None:
                self._connections.put_in_place()
            await self._app(scope, receive, _plainly(send))
            return
        started = time.perf_counter()
        own_id, length, refusal = _inspect(scope)
        request_id.set(own_id)
        tenant_id.set("-")
        status = 0

        async def send_dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"] = [*message["headers"], *DEFAULTS, (b"x-request-id", own_id.encode())]
                if not _has_policy(headers):
                    headers.append(DEFAULT_POLICY)
            await send(message)

        try:
            if refusal is not None:
                await _answer(send_dressed, *refusal)
            else:
                await self._app(scope, receive if length == 0 else _Limited(receive), send_dressed)
        except Exception as error:
            answer = _answer_to(error)
            if not status:
                await _answer(send_dressed, *answer)
            elif not isinstance(error, ClientDisconnect):
                raise
        finally:
            access_log.write(scope["method"], scope.get("raw_path", b""), status, time.perf_counter() - started)


def _has_policy(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    for name, _ in headers:  # noqa: SIM110 - a generator would cost more than all its names
        if name == b"content-security-policy":
            return True
    return False


def _answer_to(error: Exception) -> tuple[int, str, str]:
    """Return status, code and sentence for what came up unhandled, and log what nobody expected."""
    if isinstance(error, ConnectError):
        return error.status, error.code, str(error)
    if isinstance(error, ClientDisconnect):
        # Nobody reads the answer; it is given so that the log says what happened without a traceback.
        return BadRequest.status, BadRequest.code, "The request ended before its body did."
    log.error("unhandled error", exc_info=error)
    return ConnectError.status, ConnectError.code, ConnectError.sentence


def _plainly(send: Send) -> Send:
    """Let a start that fails say what to mend, without a traceback around it."""

    async def send_plain(message: Message) -> None:
        error = sys.exc_info()[1]
        if message["type"] == "lifespan.startup.failed" and isinstance(error, ConfigurationError):
            message = {**message, "message": str(error)}
        await send(message)

    return send_plain


class _Limited:
    """Counts the body as it comes, because a length header can be absent or wrong."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._seen = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > MAX_BODY:
            raise BodyTooLarge
        return message


def _inspect(scope: Scope) -> tuple[str, int | None, tuple[int, str, str] | None]:
    """Return the request id, the announced length, and a refusal where headers or query break the rules."""
    own_id = None
    length: int | None = None if scope["method"] in {"POST", "PUT", "PATCH", "DELETE"} else 0
    seen: set[bytes] = set()
    for name, value in scope["headers"]:
        if name in SINGLE:
            if name in seen:
                return _new_id(), length, (400, "bad_request", f"The header {name.decode()} is there twice.")
            seen.add(name)
            if name == b"content-length":
                length = int(value) if value.isdigit() and len(value) < 16 else MAX_BODY + 1  # noqa: PLR2004
        elif name == b"transfer-encoding":
            length = None
        elif name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            own_id = value.decode()
    own_id = own_id or _new_id()
    if length is not None and length > MAX_BODY:
        return own_id, length, (BodyTooLarge.status, BodyTooLarge.code, BodyTooLarge.sentence)
    if len(scope["query_string"]) > MAX_QUERY:
        return own_id, length, (414, "query_too_long", "The query is too long. Send less in the address.")
    return own_id, length, None


def _new_id() -> str:
    """Return an id that no other process and no earlier start of this one gives out."""
    return f"{PROCESS}{next(_counter):08x}"


async def _answer(send: Send, status: int, code: str, message: str) -> None:
    detail = ErrorDetail(code=code, message=message, request_id=request_id.get())
    body = ErrorBody(error=detail).model_dump_json(exclude_none=True).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-cache, no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
