"""What Forge storage takes, checked before anything is sent: keys, sizes, depths and numbers (reference 8). Pure."""

import json
import re
from collections.abc import Sequence
from typing import Any

from app.connect.hosts.atlassian.client.errors import LimitExceeded

KEY = re.compile(r"(?!\s+$)[a-zA-Z0-9:._\s\-#]{1,500}")
LARGEST_VALUE = 240 * 1024
LARGEST_BATCH = 4 * 1024 * 1024
MOST_AT_ONCE = 25
MOST_LISTED = 100
DEEPEST = 31
"""Levels; of the two figures that are documented the smaller one."""


def check_key(key: str) -> str:
    """Return a key that is taken; `LimitExceeded` otherwise."""
    if not KEY.fullmatch(key):
        raise LimitExceeded("key", "1 to 500 letters, digits, spaces and : . _ - #, and not spaces alone")
    return key


def check_value(value: Any) -> Any:
    """Return a value that is taken: JSON of at most 240 KiB and 31 levels."""
    try:
        size = len(json.dumps(value, allow_nan=False, ensure_ascii=False).encode())
    except (TypeError, ValueError, RecursionError):
        raise LimitExceeded("value", "what JSON can hold") from None
    if size > LARGEST_VALUE:
        raise LimitExceeded("value", f"{LARGEST_VALUE} bytes of JSON at most; it has {size}")
    if _depth(value) > DEEPEST:
        raise LimitExceeded("value", f"{DEEPEST} levels at most")
    return value


def check_batch(items: Sequence[Any], what: str) -> None:
    """Check the number of items and their size together."""
    if not 1 <= len(items) <= MOST_AT_ONCE:
        raise LimitExceeded(what, f"1 to {MOST_AT_ONCE} at once; there are {len(items)}")
    if len(json.dumps(list(items), ensure_ascii=False).encode()) > LARGEST_BATCH:
        raise LimitExceeded(what, f"{LARGEST_BATCH} bytes of JSON together at most")


def check_limit(limit: int) -> int:
    """Return how many a query lists at once."""
    if not 1 <= limit <= MOST_LISTED:
        raise LimitExceeded("limit", f"1 to {MOST_LISTED}")
    return limit


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
    return deepest if isinstance(value, dict | list) else 0
