"""Finds keys and entities: conditions, pages, and the operations of a transaction (reference 8)."""

import base64
from collections.abc import Callable
from typing import Any

from devhost.dialects.forge.storage import Kept, Storage
from devhost.dialects.forge.storage_limits import MOST, StorageError, check_limit, check_list

Test = Callable[[Any, list[Any]], bool]


def _ordered(compare: Callable[[Any, Any], bool]) -> Test:
    def test(held: Any, values: list[Any]) -> bool:
        try:
            return held is not None and compare(held, values[0])
        except TypeError:
            return False

    return test


_TESTS: dict[str, Test] = {
    "EQUAL_TO": lambda held, values: held == values[0],
    "NOT_EQUAL_TO": lambda held, values: held != values[0],
    "BEGINS_WITH": lambda held, values: isinstance(held, str) and held.startswith(str(values[0])),
    "CONTAINS": lambda held, values: isinstance(held, str | list) and values[0] in held,
    "NOT_CONTAINS": lambda held, values: isinstance(held, str | list) and values[0] not in held,
    "EXISTS": lambda held, _: held is not None,
    "NOT_EXISTS": lambda held, _: held is None,
    "GREATER_THAN": _ordered(lambda held, value: bool(held > value)),
    "GREATER_THAN_EQUAL_TO": _ordered(lambda held, value: bool(held >= value)),
    "LESS_THAN": _ordered(lambda held, value: bool(held < value)),
    "LESS_THAN_EQUAL_TO": _ordered(lambda held, value: bool(held <= value)),
    "BETWEEN": lambda held, values: (
        _TESTS["GREATER_THAN_EQUAL_TO"](held, values[:1]) and _TESTS["LESS_THAN_EQUAL_TO"](held, values[1:2])
    ),
}


def holds(condition: Any, held: Any) -> bool:
    """Say whether a condition `{condition, values}` holds. Raises StorageError."""
    given = condition if isinstance(condition, dict) else {}
    name, values = given.get("condition"), given.get("values")
    if name not in _TESTS or not isinstance(values, list) or not values or (name == "BETWEEN" and len(values) != 2):  # noqa: PLR2004
        raise StorageError("QUERY_WHERE_INVALID", f"condition: one of {', '.join(_TESTS)}, with values")
    return _TESTS[name](held, values)


def matches(filters: Any, kept: Kept | None) -> bool:
    """Say whether `{and: [...]}` or `{or: [...]}` holds for an entity. Raises StorageError."""
    if not filters:
        return True
    value = kept.value if kept is not None and isinstance(kept.value, dict) else {}
    for word, combine in (("and", all), ("or", any)):
        listed = filters.get(word) if isinstance(filters, dict) else None
        if isinstance(listed, list):
            # Every condition is looked at, so that a wrong one is found wherever it stands.
            return combine([holds(one, value.get(one.get("property"))) for one in listed if isinstance(one, dict)])
    raise StorageError("QUERY_WHERE_INVALID", "filters: {and: [...]} or {or: [...]}")


def keys(storage: Storage, asked: dict[str, Any], now: float) -> dict[str, Any]:
    """Find keys by the one condition on them; secrets are never found."""
    where = asked.get("where") or []
    if not isinstance(where, list) or len(where) > 1 or any(one.get("property") != "key" for one in where):
        raise StorageError("QUERY_WHERE_INVALID", "where: one condition on the property key")
    if where and where[0].get("condition") != "BEGINS_WITH":
        raise StorageError("QUERY_WHERE_INVALID", "where: BEGINS_WITH")
    found = [(key, kept) for key, kept in storage.listed("plain", "", now) if not where or holds(where[0], key)]
    return _page(found, asked, "after")


def entities(storage: Storage, asked: dict[str, Any], indexes: dict[str, dict[str, Any]], now: float) -> dict[str, Any]:
    """Find entities by an index; `indexes` are those of the manifest by their names."""
    index = indexes.get(str(asked.get("indexName")))
    if index is None:
        raise StorageError("INVALID_INDEX", f"indexName: one of {', '.join(indexes) or 'no index'}")
    ranged = index["range"]
    partition = asked.get("partition") or []
    if len(partition) != len(index["partition"]):
        raise StorageError("QUERY_WHERE_INVALID", f"partition: a value for each of {', '.join(index['partition'])}")
    found = []
    for key, kept in storage.listed("entity", str(asked.get("entityName")), now):
        value = kept.value if isinstance(kept.value, dict) else {}
        is_there = all(value.get(name) == given for name, given in zip(index["partition"], partition, strict=True))
        in_range = not asked.get("range") or holds(asked["range"], value.get(ranged))
        if is_there and in_range and matches(asked.get("filters"), kept):
            found.append((key, kept))
    if ranged:
        found.sort(key=lambda one: (str(type(one[1].value.get(ranged))), one[1].value.get(ranged) or 0))
    if asked.get("sort") == "DESC":
        found.reverse()
    return _page(found, asked, "cursor")


def _page(found: list[tuple[str, Kept]], asked: dict[str, Any], cursor: str) -> dict[str, Any]:
    limit = check_limit(asked.get("limit"))
    first = _position(asked.get(cursor))
    options = asked.get("options")
    fields = options.get("metadataFields") if isinstance(options, dict) else ()
    answer: dict[str, Any] = {"data": [kept.public(key, fields) for key, kept in found[first : first + limit]]}
    if first + limit < len(found):
        answer["cursor"] = base64.urlsafe_b64encode(str(first + limit).encode()).decode()
    return answer


def _position(cursor: Any) -> int:
    if cursor is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(str(cursor)))
    except ValueError as error:
        raise StorageError("INVALID_CURSOR", "The cursor is of no answer") from error


def transact(storage: Storage, asked: dict[str, Any], now: float) -> None:
    """Do all of a transaction or nothing. Raises StorageError."""
    parts = {name: asked.get(name) or [] for name in ("set", "delete", "check")}
    listed = check_list([one for each in parts.values() for one in each])
    places = [_place(one) for one in listed]
    if len(set(places)) < len(places):
        raise StorageError("INVALID_REQUEST", f"Each key once, and {MOST} operations at most")
    for one, place in zip(listed, places, strict=True):
        if one.get("conditions") and not matches(one["conditions"], storage.find(place, now)):
            raise StorageError("CONDITION_CHECK_FAILED", f"A condition on {place[2]} does not hold", 409)
    before = dict(storage.kept)
    try:
        for one in parts["set"]:
            storage.write(_place(one), one.get("value"), one.get("options"), now)
        for one in parts["delete"]:
            storage.erase(_place(one))
    except StorageError:
        storage.kept = before
        raise


def _place(one: dict[str, Any]) -> Any:
    entity = str(one.get("entityName") or "")
    return ("entity" if entity else "plain", entity, one.get("key"))
