"""Sentences for people: what a validation error means and what to type instead, never the value itself."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from app.connect.declare.shapes import Shape

REQUIRED = "is required"
MOST_NAMED = 8  # choices; more of them make no sentence
LONGEST_SUBJECT = 40  # characters of a label

SAYINGS: Mapping[str, str] = {
    "missing": REQUIRED,
    "string_type": "must be text",
    "string_too_short": "is too short: at least {min_length} {character}",
    "string_too_long": "is too long: at most {max_length} {character}",
    "int_parsing_size": "has too many digits",
    "finite_number": "must be a number that is not infinite",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "too_short": "needs at least {min_length} {entry}",
    "too_long": "takes at most {max_length} {entry}",
    "url_scheme": "must begin with {expected_schemes}",
    "url_too_long": "is too long: at most {max_length} {character}",
}
LATEST_AND_EARLIEST: Mapping[str, str] = {
    "greater_than": "must be after {gt}",
    "greater_than_equal": "must not be before {ge}",
    "less_than": "must be before {lt}",
    "less_than_equal": "must not be after {le}",
    "date_past": "must be in the past",
    "date_future": "must be in the future",
}
FORMATS: Mapping[str, str] = {
    "integer": "must be a whole number",
    "number": "must be a number",
    "boolean": "must be yes or no",
    "date": "must be a date such as 2026-01-31",
    "time": "must be a time of day such as 09:30",
    "email": "must be an e-mail address such as name@example.com",
    "uri": "must be a web address such as https://example.com",
    "zoneinfo": "must be a timezone such as Europe/Berlin",
    "uuid": "must be an id such as 123e4567-e89b-12d3-a456-426614174000",
    "ipv4": "must be an address such as 192.0.2.1",
}
NOT_WRITTEN_SO = "is not written in the form that is asked for"
OWN_TYPES = frozenset(get_args(ErrorType))
"""Errors that Pydantic words itself; the others carry the words of whoever wrote the type."""


def about(shape: Shape, predicate: str, *, entry: int | None = None) -> str:
    """Make a sentence about a field, or about one entry of its list."""
    if entry is not None:
        return f"Entry {entry} {predicate}."
    # Neither "Who is it for? is required" nor "Names is required" is a sentence.
    is_subject = len(shape.label) <= LONGEST_SUBJECT and (shape.label[-1:].isalnum() or shape.label.endswith(")"))
    return f"{shape.label if is_subject and not shape.many else 'This'} {predicate}."


def say(error: ErrorDetails, shape: Shape | None) -> str:
    """Say what one validation error asks for; without a shape it is about the whole form."""
    own = _words_of_author(error)
    if own or shape is None:
        return _as_sentence(own or "These values do not go together. Check them and send the form again")
    place = error["loc"][1] if len(error["loc"]) > 1 else None
    return about(shape, _predicate(error, shape), entry=place + 1 if shape.many and isinstance(place, int) else None)


def say_choices(shape: Shape) -> str:
    """Say what may be chosen."""
    if len(shape.choices) > MOST_NAMED:
        return "must be one of the offered choices"
    *others, last = shape.choices
    return f"must be {', '.join(others)} or {last}" if others else f"must be {last}"


def _predicate(error: ErrorDetails, shape: Shape) -> str:
    kind = error["type"]
    facts: dict[str, Any] = dict(error.get("ctx", {}))
    if kind in {"enum", "literal_error"}:
        return say_choices(shape)
    sayings = {**SAYINGS, **LATEST_AND_EARLIEST} if shape.format in {"date", "time"} else SAYINGS
    if kind not in sayings:
        return FORMATS.get(shape.format, NOT_WRITTEN_SO)
    if kind == "url_scheme":
        facts["expected_schemes"] = facts["expected_schemes"].replace("'", "")
    count = facts.get("min_length", facts.get("max_length"))
    facts["character"] = "character" if count == 1 else "characters"
    facts["entry"] = "entry" if count == 1 else "entries"
    return sayings[kind].format_map(facts)


def _words_of_author(error: ErrorDetails) -> str:
    """Return what a validator of the add-on or of a type says; Pydantic's own words are for programmers."""
    raised = error.get("ctx", {}).get("error")
    if error["type"] in {"value_error", "assertion_error"}:
        return str(raised) if isinstance(raised, Exception) else ""
    return "" if error["type"] in OWN_TYPES or error["type"].startswith("zoneinfo") else error["msg"]


def _as_sentence(words: str) -> str:
    text = words.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"
