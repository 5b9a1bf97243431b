"""The rooms of a host that the add-on is installed in: what they send as whole requests, and when it is answered."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tools.chaos.host import NO_CONTENT, Host
from tools.failure import StepError
from tools.servers import free_port
from tools.web import expect

LOOK_EVERY = 0.002
PATIENCE = 60.0
"""Seconds without a single answer after which somebody has to look."""


@dataclass
class Rooms:
    """One host, whose messages are numbered through whoever gets them."""

    host: Host
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def install(self, port: int) -> str:
        """Install the add-on that serves at a port in every room; return where it wants to hear of `/builds`.

        Returns once it has said hello everywhere: no event is to wait for that, or for an access token.
        """
        before = self._notifications()
        hook = await asyncio.to_thread(self.put_in, port)
        await until(lambda: self._notifications() - before, self.host.rooms)
        return hook

    def put_in(self, port: int) -> str:
        """Install it and wait for nothing."""
        descriptor = expect(200, "GET", f"http://127.0.0.1:{port}/hipchat/capabilities.json").json()["capabilities"]
        for room in range(1, self.host.rooms + 1):
            expect(NO_CONTENT, "POST", descriptor["installable"]["callbackUrl"], body=self.host.install(room))
        [hook] = [one["url"] for one in descriptor["webhook"] if "/builds" in one.get("pattern", "")]
        return str(urlsplit(hook).path)

    def _notifications(self) -> int:
        return sum(count for asked, count in self.host.requests.items() if asked.endswith("/notification"))

    def events(self, hook: str, count: int) -> list[bytes]:
        """Write that many messages of all rooms in turn, each signed with a token of its own."""
        return [_posted(hook, *self.host.message(next(self._numbers))) for _ in range(count)]

    def reserve(self, count: int) -> int:
        """Set numbers of messages aside that somebody else writes; return the first."""
        first = next(self._numbers)
        self._numbers = itertools.count(first + count)
        return first

    def answered(self) -> int:
        """Count the messages that were answered so far."""
        return len(self.host.handled)


async def until(count: Callable[[], int], wanted: int) -> None:
    """Wait until there are as many; raise StepError when nothing happens any more."""
    seen, since = count(), time.monotonic()
    while seen < wanted:
        await asyncio.sleep(LOOK_EVERY)
        if count() != seen:
            seen, since = count(), time.monotonic()
        elif time.monotonic() - since > PATIENCE:
            raise StepError(f"the add-on answered {seen} of {wanted} messages, and no more", hint="read its log")


@asynccontextmanager
async def serving(rooms: int) -> AsyncIterator[Rooms]:
    """Serve a host with that many rooms."""
    host = Host(free_port(0), rooms)
    async with await asyncio.start_server(host.serve, "127.0.0.1", host.port):
        try:
            yield Rooms(host)
        finally:
            for connection in list(host.connections):
                connection.close()
            await asyncio.sleep(LOOK_EVERY * 10)  # those who serve them notice


def _posted(path: str, document: dict[str, Any], token: str) -> bytes:
    body = json.dumps(document).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: JWT {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
