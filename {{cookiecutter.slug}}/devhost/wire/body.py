"""Reads request and answer bodies strictly: what is returned can always be written out again."""

import json
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, ValidationError

from devhost.errors import bad_request
from devhost.world.jsonvalue import Json

BODY_LIMIT = 2 * 1024 * 1024
FORM = "application/x-www-form-urlencoded"

Model = TypeVar("Model", bound=BaseModel)


def strict_json(raw: bytes) -> Json:
    """Parse JSON that can be written again: no NaN, no infinity, no lone surrogate. Raises ValueError."""
    try:
        value = json.loads(raw.decode("utf-8"))
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def content_type(request: Request) -> str:
    """Return the media type without its parameters, lower case; empty when there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_bytes(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """Read the body up to a limit in bytes."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise bad_request(f"The body is larger than {limit} bytes")
        parts.append(part)
    return b"".join(parts)


def read_form(raw: bytes) -> dict[str, str]:
    """Parse a form body. Raises ValueError."""
    pairs = parse_qsl(raw.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=100)
    return dict(pairs)


async def read_object(request: Request, *, form: bool = False, empty: bool = False) -> dict[str, Any]:
    """Read a JSON object; a form too when `form`, and no body at all when `empty`."""
    raw = await read_bytes(request)
    kind = content_type(request)
    if empty and not raw:
        return {}
    if form and kind == FORM:
        try:
            return dict(read_form(raw))
        except ValueError as error:
            raise bad_request("The body is not a form") from error
    if kind != "application/json" and not kind.endswith("+json"):
        raise bad_request(f"Invalid content type: {kind or None}")
    try:
        value = strict_json(raw)
    except ValueError as error:
        raise bad_request("The body is not JSON") from error
    if not isinstance(value, dict):
        raise bad_request("The body is not a JSON object")
    return value


def field_path(parts: tuple[int | str, ...], data: Json) -> str:
    """Write the place of a fault as `a.b[0].c`, without the names which a union adds to it."""
    path = ""
    here = data
    last = len(parts) - 1
    for position, part in enumerate(parts):
        inside = (isinstance(here, dict) and part in here) or (
            isinstance(here, list) and isinstance(part, int) and 0 <= part < len(here)
        )
        if inside:
            here = here[part]
        elif position != last or not isinstance(here, dict) or not isinstance(part, str) or "-" in part:
            continue
        path += f"[{part}]" if isinstance(part, int) else f"{'.' if path else ''}{part}"
    return path


def explain(error: ValidationError, data: Json) -> list[tuple[str, str, str]]:
    """List what is wrong with `data` as path, message and kind."""
    return [(field_path(one["loc"], data), one["msg"], one["type"]) for one in error.errors()]


def check(model: type[Model], data: Json) -> Model:
    """Check a body against its model; the first fault is the answer, in the host's words and shape."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        path, message, kind = explain(error, data)[0]
        raise bad_request(
            f"{path or 'body'}: {message}",
            field=path,
            validation=kind,
            value=_short(error.errors()[0].get("input")),
        ) from error


def _short(value: Json) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = type(value).__name__
    return text[:200]
