"""Turns every exception into the one JSON error shape; what happened goes to the log, what to do goes to the caller."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, InterfaceError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.connect.errors import (
    Busy,
    ConnectError,
    ErrorBody,
    ErrorDetail,
    FieldError,
    FormRefused,
    NotAuthenticated,
    Unstorable,
)
from app.connect.logging import request_id

log = logging.getLogger(__name__)

ERROR_CONTENT = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}
ERROR_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"content": ERROR_CONTENT, "description": "Refused; says why"},
    "5XX": {"content": ERROR_CONTENT, "description": "Failed here, at the host or in the database; says what to do"},
}
"""Every `ConnectError` status, for the OpenAPI document of every route. By reference: a model named here would be
compiled once for each route, which took a quarter of the time to start."""


NOT_KEPT = {"cache-control": "no-cache, no-store"}
"""A refusal holds for one request; the checks that hosts make of add-ons ask for both words."""


def add_error_answers(app: FastAPI) -> None:
    """Install the handlers."""
    app.add_exception_handler(ConnectError, _known)
    app.add_exception_handler(FormRefused, _form)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DataError, _unstorable)
    app.add_exception_handler(StatementError, _unstorable)


class Answered:
    """What is served without its owner's stack, with the owner's answers to errors.

    Starlette's own middleware comes in when there is one.
    """

    def __init__(self, app: ASGIApp, owner: FastAPI) -> None:
        self._app = app
        self._owner = owner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - raised again where it is answered
            failed = error

            async def fail(*_: Any) -> None:
                raise failed

            # What is for everything else is answered outside of this, as Starlette does it.
            handlers = {
                kind: one for kind, one in self._owner.exception_handlers.items() if kind not in (500, Exception)
            }
            await ExceptionMiddleware(fail, handlers=handlers)(scope, receive, send)


def _body(
    status: int,
    code: str,
    message: str,
    fields: Sequence[FieldError] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    detail = ErrorDetail(
        code=code, message=message, request_id=request_id.get(), fields=list(fields) if fields else None
    )
    return JSONResponse(
        ErrorBody(error=detail).model_dump(exclude_none=True), status_code=status, headers=NOT_KEPT | (headers or {})
    )


async def _known(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ConnectError)  # noqa: S101 - registered for this class
    headers = None
    if isinstance(error, NotAuthenticated):
        log.info("not authenticated: %s", error.reason)
        headers = {"WWW-Authenticate": error.scheme}
    elif isinstance(error, Busy):
        # Whoever brings this about must not fill the log as well.
        log.warning("put off: %s", error.code)
        headers = {"Retry-After": str(error.retry_after)}
    elif error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request failed", exc_info=error)
    return _body(error.status, error.code, str(error), headers=headers)


async def _form(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, FormRefused)  # noqa: S101 - registered for this class
    return _body(422, "invalid", "Mend the marked fields and save again.", error.fields)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    """Name the fields, never their values: they may be secrets, and they were sent by a stranger."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    fields = [
        FieldError(path=".".join(str(part) for part in problem["loc"]), message=problem["msg"])
        for problem in error.errors()
    ]
    return _body(422, "invalid", "The request does not fit. Mend the named fields.", fields)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    phrase = HTTPStatus(error.status_code).phrase
    messages = {404: "There is nothing here. Check the address.", 405: "This address does not take that method."}
    message = messages.get(error.status_code, f"{phrase}. Check the request.")
    return _body(error.status_code, phrase.lower().replace(" ", "_"), message, headers=dict(error.headers or {}))


async def _unstorable(request: Request, error: Exception) -> JSONResponse:
    """Blame the sender for a value that no column can hold (NUL, a lone surrogate), ourselves for the rest."""
    if isinstance(error, OperationalError | InterfaceError | NoConnection):
        log.error("the database does not answer", exc_info=error)
        return _body(503, "database_unavailable", "The database does not answer now. Try again in a moment.")
    cause = error.__cause__ or getattr(error, "orig", None)
    if isinstance(error, DataError) or isinstance(cause, UnicodeError | OverflowError):
        return _body(Unstorable.status, Unstorable.code, Unstorable.sentence)
    log.error("database statement failed at %s", request.scope["path"], exc_info=error)
    return _body(500, ConnectError.code, ConnectError.sentence)
