"""Reads JSON documents that strangers wrote, within limits of depth and form."""

import json
import math
import re
from typing import NoReturn

MAXIMUM_DEPTH = 64
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
"""An escape of half a character; two of them in order are a whole one."""


class NotJson(ValueError):
    """Bytes that are not a JSON document this add-on reads."""


def read_json(body: bytes) -> object:
    """Parse `body` as UTF-8 JSON.

    `NotJson` when it is malformed, says a member twice, holds a number that is not finite, or is over 64 levels deep.
    Half a surrogate pair, as a text holds that was cut in the middle of an emoji, is read as U+FFFD: no database and no
    encoding takes it. In the name of a member it is refused.
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
            return _whole(document) if _SURROGATE.search(body) else document
    raise NotJson(f"more than {MAXIMUM_DEPTH} levels deep")


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _whole(value: object) -> object:
    """Replace every half of a surrogate pair."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    if isinstance(value, dict):
        if any(_whole(name) != name for name in value):
            raise NotJson("a document with half a character in the name of a member")
        return {name: _whole(inner) for name, inner in value.items()}
    return value


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
