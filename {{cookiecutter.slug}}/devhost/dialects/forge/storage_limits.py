"""The limits of the storage: keys, sizes, depth, lists (reference 8)."""

import json
import re
from typing import Any

KEY = re.compile(r"(?!\s+$)[a-zA-Z0-9:._\s\-#]+")
LONGEST_KEY = 500
LARGEST = 240 * 1024
DEEPEST = 31
MOST = 25
LARGEST_BATCH = 4 * 1024 * 1024
LONGEST_PAGE = 100
UNITS = {"SECONDS": 1, "MINUTES": 60, "HOURS": 3600, "DAYS": 86_400}


class StorageError(Exception):
    """A refusal of the storage: its status, code and message."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def public(self) -> dict[str, str]:
        """Write it as an answer holds it."""
        return {"code": self.code, "message": self.message}


def check_key(key: Any) -> str:
    """Return a key that may be used. Raises StorageError."""
    if not isinstance(key, str):
        raise StorageError("INVALID_KEY", "key: a text is needed")
    if not key:
        raise StorageError("KEY_TOO_SHORT", "A key has 1 character at least")
    if len(key) > LONGEST_KEY:
        raise StorageError("KEY_TOO_LONG", f"A key has {LONGEST_KEY} characters at most")
    if not KEY.fullmatch(key):
        raise StorageError("INVALID_KEY", f"A key matches ^{KEY.pattern}$")
    return key


def check_value(value: Any) -> Any:
    """Return a value that may be kept. Raises StorageError."""
    if value is None:
        raise StorageError("INVALID_VALUE", "value: null is not kept; delete the key")
    if _depth(value) > DEEPEST:
        raise StorageError("MAX_DEPTH", f"A value is {DEEPEST} levels deep at most")
    if size_of(value) > LARGEST:
        raise StorageError("MAX_SIZE", f"A value has {LARGEST} bytes at most")
    return value


def check_list(listed: Any) -> list[dict[str, Any]]:
    """Return the members of a batch. Raises StorageError."""
    if not isinstance(listed, list) or not listed or not all(isinstance(one, dict) for one in listed):
        raise StorageError("INVALID_REQUEST", "A list of objects is needed")
    if len(listed) > MOST:
        raise StorageError("LIST_QUERY_LIMIT_EXCEEDED", f"{MOST} keys at most")
    if size_of(listed) > LARGEST_BATCH:
        raise StorageError("MAX_SIZE", f"A batch has {LARGEST_BATCH} bytes at most")
    return listed


def check_limit(limit: Any) -> int:
    """Return how many are asked for, 10 where nothing is said. Raises StorageError."""
    if limit is None:
        return 10
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= LONGEST_PAGE:
        raise StorageError("LIST_QUERY_LIMIT_EXCEEDED", f"limit: 1 to {LONGEST_PAGE}")
    return limit


def seconds_of(ttl: Any) -> float:
    """Return a time to live in seconds. Raises StorageError."""
    found = ttl if isinstance(ttl, dict) else {}
    value, unit = found.get("value"), found.get("unit")
    if isinstance(value, bool) or not isinstance(value, int) or value < 1 or unit not in UNITS:
        raise StorageError("INVALID_TTL", f"ttl: a value and a unit of {', '.join(UNITS)} are needed")
    return float(value * UNITS[unit])


def size_of(value: Any) -> int:
    """Return the size of a value in bytes, as JSON."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8"))


def _depth(value: Any) -> int:
    """Return how deep a value is, without going deeper than a value may be."""
    level, deep = [value], 0
    while level and deep <= DEEPEST:
        nested = [one for one in level if isinstance(one, dict | list)]
        level = [inner for one in nested for inner in (one.values() if isinstance(one, dict) else one)]
        deep += 1 if nested else 0
    return deep
