"""Stands before the processes of one add-on, as in production, and loses an answer now and then."""

import itertools
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from app.connect.application import Application


class Balancer:
    """Hands requests to the processes in turn; `loses` answers of one in so many events, which did arrive."""

    def __init__(self) -> None:
        self.processes: list[Application] = []
        self.loses = 0
        self.requests: list[tuple[str, int]] = []
        """Path and status of every answer."""
        self._turns = itertools.count()
        self._events = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        process = self.processes[next(self._turns) % len(self.processes)]
        is_lost = bool(self.loses) and scope["path"] == "/forge/events" and next(self._events) % self.loses == 0
        said: list[int] = []

        async def note(message: Any) -> None:
            if message["type"] == "http.response.start":
                said.append(message["status"])
            if not is_lost:
                await send(message)

        await process.app(scope, receive, note)
        self.requests.append((scope["path"], said[0]))
        if is_lost:
            await JSONResponse({"lost": True}, status_code=502)(scope, receive, send)

    def statuses(self, path: str) -> set[int]:
        """Return what a path was answered."""
        return {status for asked, status in self.requests if asked.startswith(path)}
