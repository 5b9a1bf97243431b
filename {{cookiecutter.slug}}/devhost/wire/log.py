"""The log of every request between the host and its add-ons, in both directions."""

import itertools
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from devhost.wire.masking import HIDDEN, SECRET_HEADERS, mask
from devhost.world.clock import iso
from devhost.world.feed import Feed

ENTRY_LIMIT = 1000
BODY_KEPT = 16_384
# How the purpose of a request begins that a browser sends itself: the host knows its address and not its answer.
BROWSER = "opened by the browser"
_CUT = re.compile(r"\.\.\. \(\d+ bytes\)$")


@dataclass(slots=True, kw_only=True, eq=False)
class WireEntry:
    """One request and its answer; `direction` is seen from the host."""

    id: int = 0
    at: datetime
    direction: Literal["in", "out"]
    method: str
    path: str
    purpose: str = ""
    client_id: str | None = None
    delivery_id: str | None = None
    status: int | None = None
    latency_ms: float = 0.0
    # The claims of a signed request, or what the token of an API call stands for.
    claims: dict[str, Any] | None = None
    # Whether the receiver accepted who was asking; None when nobody had to prove anything.
    verified: bool | None = None
    reason: str = ""
    request_headers: dict[str, str] = field(default_factory=dict)
    request_body: str = ""
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer_body: str = ""

    def public(self, *, reveal: bool = False) -> dict[str, Any]:
        """Write the entry for people: secrets are masked unless `reveal`."""
        body = asdict(self) | {"at": iso(self.at), "latency_ms": round(self.latency_ms, 1)}
        if reveal:
            return body
        for name in ("path", "request_body", "answer_body", "reason"):
            body[name] = mask(body[name])
        for name in ("request_headers", "answer_headers"):
            body[name] = {
                header: HIDDEN if header.lower() in SECRET_HEADERS else mask(value)
                for header, value in body[name].items()
            }
        return body


class Wire:
    """The newest entries, oldest first."""

    def __init__(self, feed: Feed) -> None:
        self._entries: deque[WireEntry] = deque(maxlen=ENTRY_LIMIT)
        self._numbers = itertools.count(1)
        self._feed = feed

    def __iter__(self) -> Iterator[WireEntry]:
        return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def open(self, entry: WireEntry) -> WireEntry:
        """Give an entry its number and keep it."""
        entry.id = next(self._numbers)
        self._entries.append(entry)
        return entry

    def close(self, entry: WireEntry) -> None:
        """Tell the listeners that an entry has its answer."""
        self._feed.publish("wire", {"id": entry.id, "client_id": entry.client_id})

    def get(self, number: int) -> WireEntry | None:
        """Return an entry by its number."""
        return next((one for one in self._entries if one.id == number), None)

    def clear(self) -> None:
        """Forget all entries."""
        self._entries.clear()


def cut(body: str) -> bool:
    """Say whether a body is only the start of what was sent."""
    return _CUT.search(body) is not None


def kept(raw: bytes) -> str:
    """Return a body as text, cut to what the log keeps."""
    text = raw[:BODY_KEPT].decode("utf-8", "replace")
    return text if len(raw) <= BODY_KEPT else f"{text}... ({len(raw)} bytes)"
