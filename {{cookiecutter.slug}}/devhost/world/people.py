"""The people of the group and how the API writes them."""

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


def new_version() -> str:
    """Make an etag-like version of 8 characters."""
    return "".join(random.choices(string.ascii_uppercase + string.digits, k=8))  # noqa: S311 - not a secret


@dataclass(slots=True, kw_only=True, eq=False)
class Person:
    """One user of the group."""

    id: int
    name: str
    mention_name: str
    email: str
    created: datetime
    title: str = ""
    roles: list[str] = field(default_factory=lambda: ["user"])
    is_group_admin: bool = False
    is_guest: bool = False
    is_deleted: bool = False
    timezone: str = "UTC"
    # What the person wrote of being there; empty for nothing.
    show: str = ""
    status: str = ""
    photo: bytes | None = None
    version: str = field(default_factory=new_version)


# Whoever asks names somebody by id, mention or email, or has the person.
Who = int | str | Person


class People:
    """All users, found by id, mention name or email."""

    def __init__(self) -> None:
        self._by_id: dict[int, Person] = {}

    def __iter__(self) -> Iterator[Person]:
        return iter(list(self._by_id.values()))

    def add(
        self,
        *,
        name: str,
        mention_name: str,
        email: str,
        created: datetime,
        roles: list[str] | None = None,
        is_group_admin: bool = False,
        is_guest: bool = False,
    ) -> Person:
        """Add a user with the next numeric id."""
        person = Person(
            id=max(self._by_id, default=0) + 1,
            name=name,
            mention_name=mention_name,
            email=email,
            created=created,
            roles=roles or ["user"],
            is_group_admin=is_group_admin,
            is_guest=is_guest,
        )
        self._by_id[person.id] = person
        return person

    def find(self, ref: int | str) -> Person | None:
        """Find a user by id, `@mention`, mention name or email; deleted users are not found."""
        text = str(ref)
        if text.isascii() and text.isdigit() and len(text) < 20:  # noqa: PLR2004 - longer than any id
            found = self._by_id.get(int(text))
            return found if found and not found.is_deleted else None
        wanted = text.removeprefix("@").casefold()
        for person in self._by_id.values():
            if person.is_deleted:
                continue
            if wanted in (person.mention_name.casefold(), person.email.casefold()):
                return person
        return None

    def get(self, number: int) -> Person | None:
        """Return the user with this id, deleted or not."""
        return self._by_id.get(number)

    def mentioned(self, text: str) -> list[Person]:
        """List the people whose `@mention` is in a text, each once."""
        words = {word.strip("@.,:;!?()").casefold() for word in text.split() if word.startswith("@")}
        return [person for person in self if not person.is_deleted and person.mention_name.casefold() in words]


def stub(person: Person, base_url: str) -> dict[str, Any]:
    """Write a user as other objects hold it."""
    return {
        "id": person.id,
        "name": person.name,
        "mention_name": person.mention_name,
        "version": person.version,
        "links": {"self": f"{base_url}/v2/user/{person.id}"},
    }
