"""Stands before the API: logs every request, breaks what shall be broken and writes the limit headers."""

import asyncio
import time
from typing import Any, Literal, Protocol
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from devhost.errors import DroppedConnection, error_answer
from devhost.wire.log import BODY_KEPT, Wire, WireEntry, kept
from devhost.world.broken import AnswerFault
from devhost.world.state import World

UNAUTHORIZED = 401
FORBIDDEN = 403


class Api(Protocol):
    """What the gate must know of a dialect's API."""

    @property
    def start(self) -> str | tuple[str, ...]:
        """How its paths begin, or each of its kinds of paths."""

    def purpose(self, call: str) -> str:
        """Return what the log calls a request, by its method and path; `api` where the pages' host knows more."""

    def untouched(self) -> dict[str, str]:
        """Return the limit headers of a call that counts for nobody."""

    def limited(self, kind: Literal["rate", "flood"], reset: float) -> dict[str, str]:
        """Return the headers of a refused call, which may come again at `reset` (Unix seconds)."""


class Gate:
    """ASGI middleware around the API paths; pages and control pass untouched."""

    def __init__(self, app: ASGIApp, *, world: World, wire: Wire, api: Api) -> None:
        self._app = app
        self._world = world
        self._wire = wire
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith(self._api.start):
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        state["limits"] = {}
        entry = self._opened(scope)
        call = _Call(scope, receive, send, entry, self._api.untouched())
        start = time.perf_counter()
        try:
            await self._serve(call)
        except DroppedConnection as dropped:
            entry.reason = str(dropped)
            raise
        finally:
            entry.latency_ms = (time.perf_counter() - start) * 1000
            entry.request_body = kept(bytes(call.request_body))
            entry.answer_body = kept(bytes(call.answer_body))
            _judge(entry, state)
            self._wire.close(entry)

    def _opened(self, scope: Scope) -> WireEntry:
        query = scope.get("query_string", b"").decode("ascii", "replace")
        path = quote(scope["path"], safe="/@:~!$&'()*+,;=-._")
        entry = WireEntry(
            at=self._world.clock.date(),
            direction="in",
            method=scope["method"],
            path=f"{path}?{query}" if query else path,
            purpose=self._api.purpose(f"{scope['method']} {path}"),
            request_headers=dict(Headers(scope=scope)),
        )
        return self._wire.open(entry)

    async def _serve(self, call: "_Call") -> None:
        fault = self._world.broken.next_for(call.scope["path"])
        if fault is not None and fault.times is not None:
            # One time less: the banner counts down, and a fault that is used up is over.
            self._world.feed.publish("fault", {"kind": fault.kind})
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            fault = None
        if fault is None:
            await self._app(call.scope, call.receive, call.send)
            return
        call.entry.reason = f"broken on purpose: {fault.kind}"
        if fault.kind == "down":
            await call.read()
            await call.drop()
        elif fault.kind == "drop":
            call.fault = fault
            await self._app(call.scope, call.receive, call.send)
            await call.drop()
        elif fault.kind == "truncate":
            call.fault = fault
            await self._app(call.scope, call.receive, call.send)
            await call.truncate()
        else:
            await call.read()
            await self._refuse(call, fault)

    async def _refuse(self, call: "_Call", fault: AnswerFault) -> None:
        if fault.kind in ("rate", "flood"):
            answer = error_answer(429, "Too many requests: broken on purpose")
            reset = self._world.clock.now() + fault.seconds
            call.scope["state"]["limits"] |= self._api.limited(fault.kind, reset)
        else:
            answer = error_answer(fault.status, "Broken on purpose")
        await answer(call.scope, call.receive, call.send)


class _Call:
    """One request on its way: what was read, what is written, and the fault in between."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, entry: WireEntry, untouched: dict[str, str]) -> None:
        self.scope = scope
        self.entry = entry
        self.fault: AnswerFault | None = None
        self.request_body = bytearray()
        self.answer_body = bytearray()
        self._receive = receive
        self._send = send
        self._untouched = untouched
        self._start: Message | None = None
        self._kept_back = bytearray()

    async def receive(self) -> Message:
        """Pass a part of the request on."""
        message = await self._receive()
        if message["type"] == "http.request" and len(self.request_body) <= BODY_KEPT:
            self.request_body += message.get("body", b"")
        return message

    async def read(self) -> None:
        """Read the request's body to its end for the log: a fault answers, and nobody else asks for it."""
        while (await self.receive()).get("more_body", False):
            pass

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on; a faulty answer is kept back whole."""
        if message["type"] == "http.response.start":
            self.entry.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in (self._untouched | self.scope["state"]["limits"]).items():
                headers[name] = value
            self.entry.answer_headers = dict(headers)
            self._start = message
        elif len(self.answer_body) <= BODY_KEPT:
            self.answer_body += message.get("body", b"")
        if self.fault is None:
            await self._send(message)
        elif message["type"] == "http.response.body":
            self._kept_back += message.get("body", b"")

    async def drop(self) -> None:
        """Break the connection: over HTTP the answer ends too early, over ASGI the caller gets the error."""
        self.entry.status = None
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1024")]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        raise DroppedConnection("the host dropped the connection on purpose")

    async def truncate(self) -> None:
        """Send the first half of the answer as if it were all."""
        if self._start is None:
            return
        half = bytes(self._kept_back[: len(self._kept_back) // 2])
        headers = MutableHeaders(scope=self._start)
        if self._kept_back:
            headers["content-length"] = str(len(half))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": half})


def _judge(entry: WireEntry, state: dict[str, Any]) -> None:
    claims = state.get("session")
    if claims is not None:
        entry.claims = claims
        entry.client_id = claims.get("client_id")
        entry.verified = True
    refusal = state.get("refusal")
    if refusal is not None and not entry.reason:
        entry.reason = refusal
    if entry.status in (UNAUTHORIZED, FORBIDDEN):
        entry.verified = False
