"""The parts of a transaction: what is set, deleted or only looked at. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from app.connect.hosts.atlassian.client.errors import LimitExceeded
from app.connect.hosts.forge.client.limits import check_key, check_value

Unit = Literal["SECONDS", "MINUTES", "HOURS", "DAYS"]


@dataclass(frozen=True, slots=True)
class Ttl:
    """How long a value is kept."""

    value: int
    unit: Unit = "SECONDS"

    def written(self) -> dict[str, Any]:
        """Return it as the host reads it."""
        if self.value < 1:
            raise LimitExceeded("ttl", "1 or more")
        return {"value": self.value, "unit": self.unit}


@dataclass(frozen=True, slots=True)
class Set:
    """Keep a value, under conditions on the entity that is there."""

    member: ClassVar[str] = "set"
    key: str
    value: Any
    entity: str | None = None
    conditions: Mapping[str, Any] | None = None
    ttl: Ttl | None = None
    keep_existing: bool = False

    def written(self) -> dict[str, Any]:
        """Return it as the host reads it; `LimitExceeded` for what it does not take."""
        options: dict[str, Any] = {}
        if self.ttl is not None:
            options["ttl"] = self.ttl.written()
        if self.keep_existing:
            options["keyPolicy"] = "FAIL_IF_EXISTS"
        made = {"key": check_key(self.key), "value": check_value(self.value)}
        return made | _further(self.entity, self.conditions) | ({"options": options} if options else {})


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a value, under conditions on the entity that is there."""

    member: ClassVar[str] = "delete"
    key: str
    entity: str | None = None
    conditions: Mapping[str, Any] | None = None

    def written(self) -> dict[str, Any]:
        """Return it as the host reads it."""
        return {"key": check_key(self.key)} | _further(self.entity, self.conditions)


@dataclass(frozen=True, slots=True)
class Check:
    """Look at an entity: the transaction is carried out where the conditions hold."""

    member: ClassVar[str] = "check"
    key: str
    entity: str
    conditions: Mapping[str, Any]

    def written(self) -> dict[str, Any]:
        """Return it as the host reads it."""
        return {"key": check_key(self.key)} | _further(self.entity, self.conditions)


def _further(entity: str | None, conditions: Mapping[str, Any] | None) -> dict[str, Any]:
    named = {} if entity is None else {"entityName": entity}
    return named | ({} if conditions is None else {"conditions": dict(conditions)})
