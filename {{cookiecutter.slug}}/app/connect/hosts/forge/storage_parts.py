"""`[forge.storage]`: entities that Forge's own storage indexes, and what kind of data the app keeps there."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from app.connect.hosts.forge.section_parts import Table

NAME = re.compile(r"(?![_.-])(?!.*\.{2})[a-z0-9:\-_.]{3,60}(?<!\.)")


def _entity_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError("is no name of an entity; use 3 to 60 of a-z, 0-9, ':', '-', '_' and '.', a letter first")
    return name


class Index(Table):
    """What a query may be ordered and narrowed by."""

    range: tuple[str, ...] = Field(min_length=1)
    partition: tuple[str, ...] | None = Field(None, min_length=1)


def _index(given: Any) -> Any:
    return {"range": [given]} if isinstance(given, str) else given


class Entity(Table):
    """Things of one kind: their attributes, and the indexes over them by name."""

    attributes: Mapping[
        Annotated[str, StringConstraints(pattern=r"^[a-zA-Z][a-zA-Z0-9_]*$")],
        Literal["string", "boolean", "float", "integer", "any"],
    ] = Field(min_length=1)
    indexes: Mapping[str, Annotated[Index, BeforeValidator(_index)]] = Field(default_factory=dict)
    """`by-state = "state"` is one attribute; a table has a range and perhaps a partition."""

    @model_validator(mode="after")
    def check_indexes(self) -> "Entity":
        """Refuse an index over what is no attribute."""
        for name, index in self.indexes.items():
            unknown = [one for one in (*index.range, *(index.partition or ())) if one not in self.attributes]
            if unknown:
                raise ValueError(f"the index {name} is over {unknown[0]}, which is no attribute; add it, or rename it")
        return self


class Storage(Table):
    """What the app keeps in Forge's own storage."""

    classifications: tuple[Literal["ugc", "pii", "other"], ...] | None = Field(None, min_length=1)
    entities: Mapping[Annotated[str, AfterValidator(_entity_name)], Entity] = Field(default_factory=dict)

    def manifest(self) -> dict[str, Any]:
        """Return `app.storage`."""
        entities = [
            {
                "name": name,
                "attributes": {attribute: {"type": kind} for attribute, kind in entity.attributes.items()},
                **({"indexes": [_written(*index) for index in entity.indexes.items()]} if entity.indexes else {}),
            }
            for name, entity in self.entities.items()
        ]
        return {
            **({"classifications": list(self.classifications)} if self.classifications else {}),
            **({"entities": entities} if entities else {}),
        }


def _written(name: str, index: Index) -> dict[str, Any]:
    return {"name": name, **index.written()}
