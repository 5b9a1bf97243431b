"""What can go wrong, read from the one table beside this file: the page, the JSON control and the test kit use it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devhost.acts.knobs import Knob
from devhost.world.broken import Forgery


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something to break; the table says what its members mean."""

    key: str
    title: str
    sentence: str
    button: str = "Break it"
    knobs: tuple[Knob, ...] = ()
    banner: str = ""
    state: str = ""
    aimed: bool = False

    @property
    def lasting(self) -> bool:
        """Whether it stays until it is mended."""
        return bool(self.banner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What stands together on a page, under one title."""

    title: str
    faults: tuple[Fault, ...]
    folded: bool = False


def _knob(entry: dict[str, Any]) -> Knob:
    choices = tuple((value, told) for value, told in entry.get("choices", ()))
    return Knob(**entry | {"choices": choices})


def _fault(entry: dict[str, Any]) -> Fault:
    return Fault(**entry | {"knobs": tuple(_KNOBS[name] for name in entry.get("knobs", ()))})


_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_KNOBS = {name: _knob(entry) for name, entry in _TABLE["knob"].items()}

GROUPS = tuple(
    Group(
        title=group["title"],
        faults=tuple(_fault(entry) for entry in group["fault"]),
        folded=group.get("folded", False),
    )
    for group in _TABLE["group"]
)
FAULTS = {one.key: one for group in GROUPS for one in group.faults}
# What is wrong with a token, in words.
FORGERIES = {Forgery(name): told for name, told in _KNOBS["forgery"].choices}
LEGITIMATE = frozenset({Forgery.PRN, Forgery.INTEGER_SUB})
