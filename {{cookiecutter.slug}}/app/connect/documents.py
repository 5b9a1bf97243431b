"""Reads JSON documents that strangers wrote, within limits of depth and form."""

import json
from typing import NoReturn

MAXIMUM_DEPTH = 64


class NotJson(ValueError):
    """Bytes that are not a JSON document this add-on reads."""


def read_json(body: bytes) -> object:
    """Parse `body` as UTF-8 JSON; `NotJson` when malformed, not finite, or more than 64 levels deep."""
    try:
        document: object = json.loads(body.decode("utf-8"), parse_constant=_refuse)
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


def _refuse(_: str) -> NoReturn:
    raise ValueError
