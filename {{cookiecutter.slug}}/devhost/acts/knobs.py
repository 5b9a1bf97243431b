"""The numbers and choices that belong to a fault, read the same way from a form, from JSON and from a test."""

import math
from dataclasses import dataclass
from typing import Any

from devhost.errors import bad_request

Value = float | int | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One number, or one of some `choices`; a number with choices offers them and takes others, too."""

    name: str
    label: str
    value: Value = None
    low: float = 0
    high: float = 3600
    whole: bool = False
    # Without a value is a value: for ever, everywhere.
    optional: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    # What is chosen is a word, and no other word will do.
    words: bool = False
    # A number that a person on the page need not think of.
    hidden: bool = False

    @property
    def shown(self) -> str:
        """The value with which the page begins."""
        return "" if self.value is None else str(self.value)

    def read(self, raw: object) -> Value:
        """Return the value that was given. Raises HostError 400 with what is allowed."""
        if self.optional and raw in (None, ""):
            return None
        if self.words:
            return self._word(raw)
        number = _number(raw)
        if number is None or not self.low <= number <= self.high or (self.whole and number != int(number)):
            kind = "whole number" if self.whole else "number"
            raise bad_request(f"{self.label}: a {kind} from {self.low:g} to {self.high:g} is needed", field=self.name)
        return int(number) if number == int(number) else number

    def _word(self, raw: object) -> str:
        known = dict(self.choices)
        if not isinstance(raw, str) or (known and raw not in known):
            raise bad_request(f"{self.label}: {raw!r} is none of {', '.join(known)}", field=self.name)
        return raw


def _number(raw: object) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        number = float(raw)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def read_knobs(knobs: tuple[Knob, ...], given: dict[str, Any]) -> dict[str, Value]:
    """Read every knob; those that are not given have their own value. Raises HostError 400."""
    return {knob.name: knob.read(given.get(knob.name, knob.value)) for knob in knobs}
