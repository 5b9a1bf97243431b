"""Patterns of message handlers: what finds them in a text takes time that grows with the text's length, and no faster.

Python's own engine tries every way to split a text: `^(a+)+$` took it seconds for 26 letters. Here the engine inside
Pydantic (the `regex` crate) finds them; it tries all ways at once, and so has no look-around and no backreferences.
"""

import re
import warnings
from itertools import pairwise

from pydantic_core import SchemaError, SchemaValidator, core_schema

from app.connect.errors import ConfigurationError

LONGEST_TEXT = 10_000
"""Characters of a message (reference 9.1); what a host sends beyond them is not searched."""
LONGEST = 1_000
LARGEST = 1_000
"""How much a pattern may be when every counted repetition is written out: time is this times the length of the text."""
SET, LETTERS = 4, 16
"""What a set of characters counts for, and one of all letters, digits or blanks: they are many ranges of bytes."""

_PARTS = re.compile(r"\\[pP]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?:?)?|\{\d*,?\d*\}|[*+?]|.", re.DOTALL)
_OF_THE_WORLD = re.compile(r"\\[wWdDsS]")
_NOTHING = {"*", "+", "?", "|", "^", "$", ")"}
_SPELLED = (
    r"Some things are spelled otherwise: {0,3} for {,3}, \{ for a brace itself, $ for \Z, "
    "(?:...) for (?>...) and (?a:...)."
)
TOO_LARGE = "it is too large with its repetitions written out. Use smaller numbers in braces, and count in the handler."
_WAYS_OUT = {
    "look-around": "Match what is there with the pattern, and look at what is around it in the handler.",
    "backreferences": "Match the text once with the pattern, and compare its parts in the handler.",
}


class Pattern:
    """A pattern in Python's syntax: `text` as its author wrote it, which is what the host is sent."""

    def __init__(self, text: str) -> None:
        """Raise `ValueError` with the reason and a way out for what cannot be matched in bounded time."""
        if len(text) > LONGEST:
            raise ValueError(f"it is over {LONGEST} characters. Shorten it.")
        _check_for_python(text)
        if _size(text) > LARGEST:
            raise ValueError(TOO_LARGE)
        try:
            schema = core_schema.str_schema(pattern=text, regex_engine="rust-regex")
            self._fits = SchemaValidator(schema).isinstance_python
        except SchemaError as error:
            raise ValueError(_reason(text, str(error))) from None
        self.text = text

    def finds(self, text: str) -> bool:
        """Search a message as `re.search` does; what is over the host's limit is not looked at."""
        text = text[:LONGEST_TEXT]
        # For Python, and so for the host, `$` stands before a last line break, too.
        return self._fits(text) or (text.endswith("\n") and self._fits(text[:-1]))


def read_pattern(declared: str, text: str) -> Pattern:
    """Return the pattern; `ConfigurationError` names the handler, what is wrong and what to write."""
    try:
        return Pattern(text)
    except ValueError as error:
        raise ConfigurationError(f"{declared}: the pattern {text!r} cannot be used: {error}") from None


def _check_for_python(text: str) -> None:
    """Refuse what Python does not read, or reads otherwise than the engine: the host and the author mean Python's."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            re.compile(text)
    except re.error as error:
        raise ValueError(f"{error}. Mend it.") from None
    except FutureWarning as warning:
        raise ValueError(
            f"{str(warning).partition(' at ')[0].lower()}. Put a backslash before [, &, - and ~."
        ) from None
    parts = _PARTS.findall(text)
    repeated = {"*", "+", "?", *(part for part in parts if part[0] == "{" and len(part) > 2)}  # noqa: PLR2004
    if any(first in repeated and second == "+" for first, second in pairwise(parts)):
        raise ValueError("a + after a repetition is not matched here. Leave it out: nothing is ever tried twice.")


def _size(text: str) -> int:
    """Count the characters and sets of a pattern with its counted repetitions written out."""
    around: list[int] = []
    total = last = 0
    for part in _PARTS.findall(text):
        if part[0] == "(":
            around.append(total + last)
            total = last = 0
        elif part == ")" and around:
            total, last = around.pop(), total + last
        elif part[0] == "{" and len(part) > 1:
            last *= max([1, *(int(number[:6]) for number in part[1:-1].split(",") if number)])
        elif part not in _NOTHING:
            total, last = total + last, _weight(part)
    return sum(around) + total + last


def _weight(part: str) -> int:
    if len(part) == 1:
        return SET if part == "." else 1
    if _OF_THE_WORLD.search(part):
        return LETTERS
    return SET if part[0] == "[" else 1


def _reason(text: str, said: str) -> str:
    if "(?P=" in text:
        said = "backreferences"
    for sign, way_out in _WAYS_OUT.items():
        if sign in said:
            return f"it has {sign}. {way_out}"
    if "size limit" in said:
        return TOO_LARGE
    return f"{said.rpartition('error: ')[2].strip()}. {_SPELLED}"
