"""Registered webhooks."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from devhost.dialects.hipchat.modules import Webhook


@dataclass(slots=True, kw_only=True, eq=False)
class Registration:
    """A webhook as the host keeps it; `client_id` is None for one registered with a user's token."""

    id: int
    hook: Webhook
    created: datetime
    client_id: str | None = None
    person_id: int | None = None
    # The room to which it is bound; None: every room of its installation.
    room_id: int | None = None
    # From the descriptor, and so replaced by an update.
    declared: bool = False


class Webhooks:
    """All registrations by their number."""

    def __init__(self) -> None:
        self._by_id: dict[int, Registration] = {}
        self._numbers = itertools.count(1)

    def __iter__(self) -> Iterator[Registration]:
        return iter(list(self._by_id.values()))

    def add(
        self,
        hook: Webhook,
        *,
        created: datetime,
        client_id: str | None = None,
        person_id: int | None = None,
        room_id: int | None = None,
        declared: bool = False,
    ) -> Registration:
        """Register a webhook."""
        one = Registration(
            id=next(self._numbers),
            hook=hook,
            created=created,
            client_id=client_id,
            person_id=person_id,
            room_id=room_id,
            declared=declared,
        )
        self._by_id[one.id] = one
        return one

    def get(self, number: int) -> Registration | None:
        """Return a registration by its number."""
        return self._by_id.get(number)

    def remove(self, one: Registration) -> None:
        """Forget a registration."""
        self._by_id.pop(one.id, None)

    def drop_client(self, client_id: str, *, declared_only: bool = False) -> None:
        """Forget all registrations of a client, or those of its descriptor."""
        for one in self:
            if one.client_id == client_id and (one.declared or not declared_only):
                self.remove(one)
