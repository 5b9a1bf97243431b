"""What Atlassian publishes of the manifest: types of modules, events with their scopes, and scopes.

Taken from @forge/manifest 13.7.0; `strangers/` of the template compares with the package.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent


class ModuleType(NamedTuple):
    """One type of module: where it may name an endpoint (`resolver.endpoint`), and which sets of fields suffice."""

    endpoints: Sequence[str]
    required: Sequence[Sequence[str]]


class EventScopes(NamedTuple):
    """What an event needs: all of the classic scopes, or all of the granular ones (none: there are no such)."""

    classic: frozenset[str]
    granular: frozenset[str]

    def missing(self, held: frozenset[str]) -> frozenset[str]:
        """Return the classic scopes that are missing; none where the granular ones are there."""
        has_granular = bool(self.granular) and self.granular <= held
        return frozenset() if has_granular else self.classic - held


def _read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@cache
def module_types() -> Mapping[str, ModuleType]:
    """Map the names of the types of native modules to what is known of them."""
    return {name: ModuleType(one["endpoints"], one["required"]) for name, one in _read("modules").items()}


@cache
def events() -> Mapping[str, EventScopes]:
    """Map the names of product events to the scopes they need; others exist, but nobody wrote down theirs."""
    return {
        name: EventScopes(frozenset(one["scopes"]), frozenset(one["granular"])) for name, one in _read("events").items()
    }


@cache
def scopes() -> frozenset[str]:
    """Return the names of all scopes."""
    return frozenset(_read("scopes"))
