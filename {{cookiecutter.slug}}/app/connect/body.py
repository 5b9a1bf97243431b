"""Reads the bodies that hosts post: JSON within limits, or one clear 4xx."""

from fastapi import Request

from app.connect.documents import NotJson, read_json
from app.connect.errors import BadRequest, ConnectError


class NotJsonType(ConnectError):
    """A body that does not say it is JSON."""

    status = 415
    code = "not_json"
    sentence = "Send the body as application/json."


async def json_body(request: Request) -> object:
    """Return the parsed JSON body; `NotJsonType` or `BadRequest` when it is none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise NotJsonType
    try:
        return read_json(await request.body())
    except NotJson as error:
        raise BadRequest(f"The body is {error}.") from None
