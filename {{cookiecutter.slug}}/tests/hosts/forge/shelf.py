"""Forge storage in memory, as far as its answers matter here."""

from typing import Any


def answer_of(stored: dict[str, Any], path: str, body: Any) -> tuple[int, Any]:
    """Carry out one call; return status and answer."""
    made = {"set": _set, "query": _query, "batch/get": _get_many, "get": _get, "entity/get": _get}.get(path)
    if made is not None:
        return made(stored, body)
    if path == "transaction":
        stored |= {one["key"]: one["value"] for one in body["set"]}
    if path == "delete":
        stored.pop(body["key"], None)
    return 200, {}


def _get(stored: dict[str, Any], body: Any) -> tuple[int, Any]:
    if body["key"] not in stored:
        return 404, {"code": "KEY_NOT_FOUND", "message": "none"}
    return 200, {"key": body["key"], "value": stored[body["key"]]}


def _set(stored: dict[str, Any], body: Any) -> tuple[int, Any]:
    if body.get("options", {}).get("keyPolicy") == "FAIL_IF_EXISTS" and body["key"] in stored:
        return 409, {"code": "KEY_CONFLICT", "message": "taken"}
    stored[body["key"]] = body["value"]
    return 200, {}


def _query(stored: dict[str, Any], body: Any) -> tuple[int, Any]:
    prefix = body["where"][0]["values"][0] if body.get("where") else ""
    keys = sorted(key for key in stored if key.startswith(prefix))
    start = int(body.get("after") or 0)
    part = keys[start : start + body["limit"]]
    answer: dict[str, Any] = {"data": [{"key": key, "value": stored[key]} for key in part]}
    if start + len(part) < len(keys):
        answer["cursor"] = str(start + len(part))
    return 200, answer


def _get_many(stored: dict[str, Any], body: Any) -> tuple[int, Any]:
    keys = [one["key"] for one in body]
    return 200, {
        "successfulKeys": [{"key": key, "value": stored[key]} for key in keys if key in stored],
        "failedKeys": [{"key": key, "error": {"code": "KEY_NOT_FOUND"}} for key in keys if key not in stored],
    }
