"""The host's error answers.

HostError            an answer in the host's one error shape
InstallRefused       an installation or update that did not happen, and why
GlanceRefused        a glance that a client would show as an error, and why
DroppedConnection    the broken connection which a fault asks for
"""

from http import HTTPStatus
from typing import Any

import httpx
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException


class HostError(Exception):
    """An answer in the host's error shape; `extra` members go beside the message."""

    def __init__(self, status: int, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.extra = extra


class InstallRefused(Exception):
    """An installation that did not happen: the add-on's status and body if it answered, and the reason."""

    def __init__(self, reason: str, *, status: int | None = None, body: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.body = body


class GlanceRefused(Exception):
    """A glance answer which a client would not show: the add-on's status and body, and the reason."""

    def __init__(self, reason: str, *, status: int | None = None, body: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.body = body


class DroppedConnection(httpx.ReadError):
    """The host went away in the middle; over ASGI the caller meets the error that a network gives."""


def bad_request(message: str, **extra: Any) -> HostError:
    """Say that the request is wrong."""
    return HostError(400, message, **extra)


def forbidden(message: str) -> HostError:
    """Say that the token is good and may not do this."""
    return HostError(403, message)


def not_found(what: str) -> HostError:
    """Say that there is no such thing."""
    return HostError(404, f"{what} not found")


def error_answer(status: int, message: str, **extra: Any) -> JSONResponse:
    """Answer in the one shape of errors: code, type, message and what a validation adds."""
    try:
        kind = HTTPStatus(status).phrase
    except ValueError:
        kind = "Error"
    body = {"error": {"code": status, "type": kind, "message": message, **extra}}
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(body, status_code=status, headers=headers)


async def _host_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HostError):
        raise error
    request.scope.setdefault("state", {})["refusal"] = error.message
    return error_answer(error.status, error.message, **error.extra)


async def _http_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    answer = error_answer(error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


async def _invalid(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) or "request"
    return error_answer(400, f"{field}: {first['msg']}", field=field, validation=first["type"])


async def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, InstallRefused | GlanceRefused):
        raise error
    return error_answer(422, error.reason, addon_status=error.status, addon_body=error.body[:2000])


def add_error_answers(app: FastAPI) -> None:
    """Make every refusal of the app an answer in the host's shape."""
    app.add_exception_handler(HostError, _host_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(InstallRefused, _refused)
    app.add_exception_handler(GlanceRefused, _refused)
