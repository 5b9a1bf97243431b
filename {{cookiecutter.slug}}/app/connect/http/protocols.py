"""uvicorn's connections with limits: what a client sends and how long it takes is bounded before anything reads it."""

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.connect.errors import ErrorBody, ErrorDetail
from app.connect.http.crowd import Crowd

HEAD = 64 * 1024
HEADERS = 200
PIPELINE = 100
"""Requests that may wait on one connection for the answer to the one before."""
KNOWN: dict[type[asyncio.Protocol], Callable[..., asyncio.Protocol]] = {}
"""Each protocol of uvicorn, and ours in its place."""
SLOWEST = 16 * 1024
"""Bytes a second at which a body has to come to keep its place, when there are as many connections as may be."""
PIECE = 32 * 1024
"""Bytes that are parsed at once: so much can come of a head before it is measured."""
SENTENCES = {
    408: ("Request Timeout", "timeout", "The request did not come in time. Send it again in one go."),
    431: (
        "Request Header Fields Too Large",
        "head_too_large",
        "The headers are too large. Send less in them.",
    ),
    503: ("Service Unavailable", "busy", "There are too many connections. Try again in a moment."),
}


class Stage(Enum):
    """What a connection waits for, while it is not being served."""

    IDLE = "the beginning of a request"
    HEAD = "the rest of its head"
    BODY = "the rest of its body"


IDLE, IN_HEAD, BODY = Stage


class _Limited(asyncio.Protocol):
    """What our connections have in common, over one of uvicorn's classes, whose names these are."""

    transport: Any
    loop: Any
    flow: Any
    cycle: Any
    headers: Any
    ws_protocol_class: Any
    _take: Any
    """Parses a piece of what came; each class has its own."""

    def __init__(self, *given: Any, crowd: Crowd, **named: Any) -> None:
        super().__init__(*given, **named)
        # There is no WebSocket here, and one would leave all this behind.
        self.ws_protocol_class = None
        self._crowd = crowd
        self._stage = IDLE
        self._since = self._heard = 0.0
        self._come = 0
        self._stuck: float | None = None
        self._closing: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection in, or answer that there are too many."""
        super().connection_made(transport)
        self._since = self._heard = now = self.loop.time()
        if not self._crowd.enter(self, now):
            self._refuse(503)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count one less."""
        self._crowd.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, in pieces."""
        if len(data) <= PIECE:
            self._take(data)
            return
        for start in range(0, len(data), PIECE):
            if self.transport.is_closing():
                return
            self._take(data[start : start + PIECE])

    def pause_writing(self) -> None:
        """Note since when the client reads nothing."""
        self._stuck = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Note that the client reads."""
        self._stuck = None
        super().resume_writing()

    def end_overdue(self, now: float) -> None:
        """End the connection if it has waited for its client for too long."""
        limits = self._crowd.limits
        if self.transport.is_closing():
            self._closing = self._closing or now
        # What is not read any more cannot be closed either: it is thrown away.
        for since in (self._stuck, self._closing):
            if since is not None and now - since > limits.body / 2:
                self.transport.abort()
                return
        if self._stuck is not None or self.waits_since() is None:
            self._since = self._heard = now
        elif self._closing is not None:
            return
        elif self._stage is BODY:
            if now - self._since > limits.body or now - self._heard > limits.body / 2:
                self._refuse(408)
        elif now - self._since > limits.head:
            self._refuse(408)

    def waits_since(self) -> float | None:
        """Return since when the client has kept us waiting; None while the add-on is at work.

        Whoever sends a byte now and then waits as well: a head comes in one go, and a body at some pace.
        """
        if self._closing is not None or self.transport.is_closing():
            return self._closing
        if self._stuck is not None:
            return self._stuck
        if self._stage is BODY:
            is_ours = self.flow.read_paused or self.cycle.waiting_for_100_continue
        else:
            is_ours = self.cycle is not None and not self.cycle.response_complete
        if is_ours:
            return None
        if self._stage is BODY:
            return min(self._heard, self._since + self._come / SLOWEST)
        return self._since if self._stage is IN_HEAD else self._heard

    def give_way(self) -> None:
        """End the connection in favour of another."""
        if self._closing is not None or self._stuck is not None:
            # What is not read cannot be closed in order.
            self.transport.abort()
        else:
            self._refuse(503)

    def _refuse(self, status: int) -> None:
        """Answer where an answer is waited for and none is under way, and close."""
        cycle = self.cycle
        is_silent = self._stage is IDLE and status != 503  # noqa: PLR2004 - one that asks nothing is just closed
        if cycle is not None:
            before = self._stage is not BODY and not cycle.response_complete
            is_silent = is_silent or before or (cycle.response_started and self._stage is BODY)
            # As when the client leaves: whoever reads the body is told.
            cycle.disconnected = not cycle.response_complete
            cycle.message_event.set()
        if not is_silent and not getattr(self, "pipeline", ()):
            self.transport.write(_answer(status))
        self.transport.close()

    def _enter_stage(self, stage: Stage) -> None:
        self._stage = stage
        self._since = self._heard
        self._come = 0


class LimitedH11(_Limited, H11Protocol):
    """uvicorn's connection in pure Python, whose parser measures heads itself once it is told by what."""

    def __init__(self, config: Any, *given: Any, **named: Any) -> None:
        config.h11_max_incomplete_event_size = config.h11_max_incomplete_event_size or HEAD
        super().__init__(config, *given, **named)

    def on_response_complete(self) -> None:
        """Look where the client is: the next request may have been there already."""
        super().on_response_complete()
        self._find_stage()

    def send_400_response(self, msg: str) -> None:
        """Say what is wrong where it is the size of the head."""
        if len(self.conn.trailing_data[0]) > HEAD:
            self._stage = IN_HEAD
            self._refuse(431)
        else:
            super().send_400_response(msg)

    def _take(self, piece: bytes) -> None:
        self._heard = self.loop.time()
        self._come += len(piece)
        H11Protocol.data_received(self, piece)
        self._find_stage()
        if self.headers is not None and len(self.headers) > HEADERS and not self.transport.is_closing():
            # This parser has the request under way before anything can be counted.
            self._stage = BODY
            self._refuse(431)

    def _find_stage(self) -> None:
        stage = IDLE
        if self.conn.their_state is h11.SEND_BODY:
            stage = BODY
        elif self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            stage = IN_HEAD
        if stage is not self._stage:
            self._enter_stage(stage)


KNOWN[H11Protocol] = LimitedH11

try:
    from httptools import HttpParserError
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
except ImportError:
    # Windows and PyPy do without it.
    pass
else:

    class LimitedHttpTools(_Limited, HttpToolsProtocol):
        """uvicorn's fast connection; its parser has no limits, so what it is fed is counted here."""

        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self._quiet = 0
            self._is_too_large = False

        def on_headers_complete(self) -> None:
            """Measure a head that is there whole."""
            if len(self.headers) > HEADERS or len(self.pipeline) >= PIPELINE or self._head_is_too_large():
                self._is_too_large = True
                raise HttpParserError("over the limits")
            # These are on the way of every request: they call what they extend by its name, which is the fastest way.
            self._quiet = 0
            self._stage = BODY
            self._since = self._heard
            self._come = 0
            HttpToolsProtocol.on_headers_complete(self)

        def on_body(self, body: bytes) -> None:
            """Note that a body makes progress."""
            self._quiet = 0
            HttpToolsProtocol.on_body(self, body)

        def on_message_complete(self) -> None:
            """Note that a request is there whole."""
            self._quiet = 0
            self._stage = IDLE
            self._since = self._heard
            HttpToolsProtocol.on_message_complete(self)

        def send_400_response(self, msg: str) -> None:
            """Say what is wrong where it is the size of the head."""
            if self._is_too_large:
                self._refuse(431)
            else:
                super().send_400_response(msg)

        def data_received(self, data: bytes) -> None:
            """Parse what came, and measure what is not complete."""
            if len(data) > PIECE:
                super().data_received(data)
                return
            self._heard = self.loop.time()
            if self._stage is IDLE:
                self._stage = IN_HEAD
                self._since = self._heard
            # What came since anything was complete: of a head, or of what stands around a body and is not one.
            self._quiet += len(data)
            self._come += len(data)
            HttpToolsProtocol.data_received(self, data)
            if self._quiet > HEAD or (self.headers is not None and len(self.headers) > HEADERS):
                self._refuse(431)

        def _take(self, piece: bytes) -> None:
            self.data_received(piece)

        def _head_is_too_large(self) -> bool:
            if self._quiet <= HEAD:
                return False
            return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > HEAD

    KNOWN[HttpToolsProtocol] = LimitedHttpTools


def _answer(status: int) -> bytes:
    phrase, code, message = SENTENCES[status]
    body = ErrorBody(error=ErrorDetail(code=code, message=message)).model_dump_json(exclude_none=True)
    later = "retry-after: 1\r\n" if status == 503 else ""  # noqa: PLR2004
    return (
        f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        f"{later}connection: close\r\n\r\n{body}"
    ).encode()
