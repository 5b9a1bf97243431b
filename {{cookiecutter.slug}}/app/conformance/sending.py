"""Requests as a server hands them over: no client library mends anything on the way."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Message, Scope

Headers = tuple[tuple[bytes, bytes], ...]
JSON: Headers = ((b"content-type", b"application/json"),)


@dataclass(frozen=True)
class Sent:
    """A request; `target` is path and query, as they stand in the request line."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""

    @classmethod
    def post(cls, target: str, document: object) -> "Sent":
        """Make a request with a JSON body."""
        return cls("POST", target, JSON, json.dumps(document).encode())

    def with_query(self, text: str) -> "Sent":
        """Return it with more in its query."""
        return replace(self, target=f"{self.target}{'&' if '?' in self.target else '?'}{text}")

    def with_header(self, name: str, value: str) -> "Sent":
        """Return it with one more header."""
        return replace(self, headers=(*self.headers, (name.lower().encode(), value.encode("latin-1"))))

    def with_body(self, body: bytes) -> "Sent":
        """Return it with another body."""
        return replace(self, body=body)


@dataclass
class Received:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Read the body as JSON."""
        return json.loads(self.body)

    def error(self) -> Mapping[str, Any]:
        """Return the error without what differs each time, so that two of them can be compared."""
        said: dict[str, Any] = self.json()["error"]
        return {name: value for name, value in said.items() if name != "request_id"}


async def send(app: ASGIApp, sent: Sent, base_url: str) -> Received:
    """Send a request to the application."""
    chunks = [sent.body]
    received = Received()
    path, _, query = sent.target.partition("?")
    place = urlsplit(base_url)

    async def receive() -> Message:
        if not chunks:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunks.pop(0), "more_body": False}

    async def take(message: Message) -> None:
        if message["type"] == "http.response.start":
            received.status = message["status"]
            received.headers = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in message["headers"]
            }
        received.body += message.get("body", b"")

    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": place.scheme,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [(b"host", place.netloc.encode()), *sent.headers],
        "client": ("127.0.0.1", 1),
        "server": (place.hostname, place.port),
    }
    await app(scope, receive, take)
    return received


def all_alike(answers: Sequence[Received]) -> bool:
    """Tell whether nobody can tell these answers apart."""
    return len({(one.status, json.dumps(one.error(), sort_keys=True)) for one in answers}) <= 1
