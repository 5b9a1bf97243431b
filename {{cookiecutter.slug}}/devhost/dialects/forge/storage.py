"""What an installation keeps in the storage of Forge: values, secrets and entities, which nobody else sees."""

from dataclasses import dataclass, field
from typing import Any, Literal

from devhost.dialects.forge.storage_limits import StorageError, check_key, check_value, seconds_of

Space = Literal["plain", "secret", "entity"]
# The kind of a key, its entity ("" for the others), and the key.
Place = tuple[Space, str, str]


@dataclass(slots=True, kw_only=True)
class Kept:
    """A value with its times, in milliseconds."""

    value: Any
    created: int
    updated: int
    expires: float | None = None

    def public(self, key: str, fields: Any = ()) -> dict[str, Any]:
        """Write it with the fields that are asked for."""
        wanted = fields if isinstance(fields, list) else ()
        found: dict[str, Any] = {"key": key, "value": self.value}
        times = {"CREATED_AT": self.created, "UPDATED_AT": self.updated, "EXPIRE_TIME": self.expires}
        names = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "EXPIRE_TIME": "expireTime"}
        return found | {names[one]: times[one] for one in wanted if one in names}


@dataclass(slots=True)
class Storage:
    """All keys of one installation."""

    kept: dict[Place, Kept] = field(default_factory=dict)

    def find(self, place: Place, now: float) -> Kept | None:
        """Return what is kept there; nothing when its time is over."""
        found = self.kept.get(place)
        if found is not None and found.expires is not None and found.expires <= now * 1000:
            del self.kept[place]
            return None
        return found

    def read(self, place: Place, now: float) -> Kept:
        """Return what is kept there. Raises StorageError."""
        check_key(place[2])
        found = self.find(place, now)
        if found is None:
            raise StorageError("KEY_NOT_FOUND", f"There is no key {place[2]}", 404)
        return found

    def write(self, place: Place, value: Any, options: Any, now: float) -> dict[str, Any] | None:
        """Keep a value, and return what the options ask for. Raises StorageError."""
        check_key(place[2])
        check_value(value)
        wanted = options if isinstance(options, dict) else {}
        policy, answer = wanted.get("keyPolicy", "OVERRIDE"), wanted.get("returnValue")
        if policy not in ("OVERRIDE", "FAIL_IF_EXISTS"):
            raise StorageError("INVALID_REQUEST", "keyPolicy: OVERRIDE or FAIL_IF_EXISTS")
        if answer is not None and (answer not in ("PREVIOUS", "LATEST") or wanted.get("keyPolicy") != "OVERRIDE"):
            raise StorageError("INVALID_REQUEST", "returnValue: PREVIOUS or LATEST, with keyPolicy OVERRIDE")
        before = self.find(place, now)
        if before is not None and policy == "FAIL_IF_EXISTS":
            raise StorageError("KEY_CONFLICT", f"The key {place[2]} is there", 409)
        ttl = wanted.get("ttl")
        at = int(now * 1000)
        made = Kept(
            value=value,
            created=before.created if before else at,
            updated=at,
            expires=None if ttl is None else at + seconds_of(ttl) * 1000,
        )
        self.kept[place] = made
        shown = before if answer == "PREVIOUS" else made if answer == "LATEST" else None
        return shown.public(place[2], wanted.get("returnMetadataFields")) if shown else None

    def erase(self, place: Place) -> None:
        """Delete a key, whether or not it is there. Raises StorageError."""
        check_key(place[2])
        self.kept.pop(place, None)

    def listed(self, space: Space, entity: str, now: float) -> list[tuple[str, Kept]]:
        """List the keys of a kind with what they hold, in their order."""
        places = sorted(one for one in self.kept if one[:2] == (space, entity))
        found = ((place[2], self.find(place, now)) for place in places)
        return [(key, kept) for key, kept in found if kept is not None]
