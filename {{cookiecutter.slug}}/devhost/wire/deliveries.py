"""The events that are sent to add-ons, with every attempt."""

import uuid
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from devhost.world.clock import iso

DELIVERY_LIMIT = 1000


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One sending of a delivery and the answer."""

    at: datetime
    status: int | None
    body: str
    error: str
    latency_ms: float


@dataclass(slots=True, kw_only=True, eq=False)
class Delivery:
    """One event for one webhook, with every attempt; `note` says what became of a 200 answer."""

    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    event: str
    url: str
    webhook_id: int
    client_id: str | None
    room_id: int
    body: dict[str, Any]
    sender_id: int | None
    timezone: str = "UTC"
    signed: bool = True
    # A reply to a reply fires no events, so that two add-ons cannot talk for ever.
    is_reply: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    note: str = ""

    @property
    def status(self) -> int | None:
        """The status of the newest answer; None while there is none."""
        return self.attempts[-1].status if self.attempts else None

    @property
    def ok(self) -> bool:
        """Whether the newest answer was 2xx."""
        return self.status is not None and self.status // 100 == 2  # noqa: PLR2004

    def public(self) -> dict[str, Any]:
        """Write it for control and pages."""
        attempts = [asdict(one) | {"at": iso(one.at)} for one in self.attempts]
        return {
            "id": self.id,
            "event": self.event,
            "url": self.url,
            "webhook_id": self.webhook_id,
            "client_id": self.client_id,
            "room_id": self.room_id,
            "body": self.body,
            "status": self.status,
            "attempts": attempts,
            "note": self.note,
        }


class Deliveries:
    """The newest deliveries, and those that are held back."""

    def __init__(self) -> None:
        self._by_id: OrderedDict[str, Delivery] = OrderedDict()
        self.held: list[Delivery] = []

    def __iter__(self) -> Iterator[Delivery]:
        return iter(list(self._by_id.values()))

    def add(self, delivery: Delivery) -> None:
        """Keep a delivery; the oldest falls out at the limit."""
        self._by_id[delivery.id] = delivery
        while len(self._by_id) > DELIVERY_LIMIT:
            self._by_id.popitem(last=False)

    def get(self, delivery_id: str) -> Delivery | None:
        """Return a delivery by its id."""
        return self._by_id.get(delivery_id)
