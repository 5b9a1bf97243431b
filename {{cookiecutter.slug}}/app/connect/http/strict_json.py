"""Reads JSON documents that strangers wrote, within limits of depth and form."""

import json
import math
from typing import NoReturn

MAXIMUM_DEPTH = 64


class NotJson(ValueError):
    """Bytes that are not a JSON document this add-on reads."""


def read_json(body: bytes) -> object:
    """Parse `body` as UTF-8 JSON.

    `NotJson` when it is malformed, says a member twice, holds a number that is not finite, or is over 64 levels deep.
    """
    try:
        document: object = json.loads(
            body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_once
        )
    except (ValueError, RecursionError):
        raise NotJson("not a JSON document") from None
    level: list[object] = [document]
    for _ in range(MAXIMUM_DEPTH + 1):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return document
    raise NotJson(f"more than {MAXIMUM_DEPTH} levels deep")


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _once(members: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object: of two members of one name, readers choose differently, and so could a guard and a handler."""
    made = dict(members)
    if len(made) != len(members):
        raise ValueError
    return made


def _finite(text: str) -> float:
    """Read a number; `1e400` is JSON, but it is no number that can be stored or sent on."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _refuse(_: str) -> NoReturn:
    raise ValueError
