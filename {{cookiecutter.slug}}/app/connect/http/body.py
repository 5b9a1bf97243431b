"""Reads the bodies that hosts and pages post: JSON or a form within limits, or one clear 4xx."""

import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Self
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute

from app.connect.errors import BadRequest, ConnectError
from app.connect.http.strict_json import NotJson, read_json

MAX_FIELDS = 200
AROUND = "__connect_around__"
"""Where an endpoint keeps what opens that within which it runs; the request's scope holds it as `WITHIN`."""
WITHIN = "connect.within"
_ENCODED = re.compile(rb"(?:[^%\x80-\xff]|%[0-9A-Fa-f]{2})*")
"""ASCII in which every percent sign begins an encoded byte."""


class NotJsonType(ConnectError):
    """A body that does not say it is JSON."""

    status = 415
    code = "not_json"
    sentence = "Send the body as application/json."


class NotFormType(ConnectError):
    """A body that does not say it is a form as browsers encode it."""

    status = 415
    code = "not_form"
    sentence = "Send the form as application/x-www-form-urlencoded."


async def json_body(request: Request) -> object:
    """Return the parsed JSON body; `NotJsonType` or `BadRequest` when it is none."""
    if _content_type(request) != "application/json":
        raise NotJsonType
    try:
        return read_json(await request.body())
    except NotJson as error:
        raise BadRequest(f"The body is {error}.") from None


async def form_body(request: Request) -> list[tuple[str, str]]:
    """Return the fields of a form in order, a name once or more; `NotFormType` or `BadRequest` when it is none.

    Stricter than what frameworks read: a body that is cut, of another type or wrongly encoded must not pass for a form
    whose fields were all left out, because that would put every setting back.
    """
    if _content_type(request) != "application/x-www-form-urlencoded":
        raise NotFormType
    body = await request.body()
    if not _ENCODED.fullmatch(body):
        raise BadRequest("The form is not encoded as a form.")
    try:
        return parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise BadRequest(f"The form cannot be read. Send at most {MAX_FIELDS} fields in UTF-8.") from None


class _StrictRequest(Request):
    async def json(self) -> Any:
        """Parse the body by the rules of `read_json`; FastAPI answers its `ValueError` with 400."""
        return read_json(await self.body())


class StrictRoute(APIRoute):
    """A FastAPI route that reads JSON as strictly as the routes of the plumbing do."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        self._given = given
        super().__init__(path, endpoint, **given)

    def of(self, app: FastAPI, *, tag: str, responses: Mapping[int | str, Any], extra: Mapping[str, Any]) -> Self:
        """Return this route as one of an application's own, which can be overridden there; it is described by more.

        It is what including its router comes to. But an included router asks its routes twice about each request, each
        time at twice the cost of a route of the application: that was a fifth of a request with an API token.
        """
        given = self._given
        more = {
            "tags": [tag, *(given.get("tags") or [])],
            "responses": {**responses, **(given.get("responses") or {})},
            "openapi_extra": {**(given.get("openapi_extra") or {}), **extra},
            "dependency_overrides_provider": app,
        }
        return type(self)(self.path, self.endpoint, **given | more)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Read the body first, so that one over the limit is answered as such."""
        handle = super().get_route_handler()
        around = getattr(self.endpoint, AROUND, None)
        takes_body = self.body_field is not None

        async def strict(request: Request) -> Response:
            checked = _StrictRequest(request.scope, request.receive)
            if takes_body:
                await checked.body()
            if around is None:
                return await handle(checked)
            # Until the response is made, and no longer: what cannot be answered is undone, what is answered was kept.
            async with await around(checked) as checked.scope[WITHIN]:
                return await handle(checked)

        return strict


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
