"""The OpenAPI document: what the signed dependencies mean, and the routes that are described but not served."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from app.connect.http.answers import ERROR_RESPONSES
from app.connect.serving.form_routes import BY_PAGE
from app.connect.serving.module_routes import SIGNED

SCHEMES = {
    "SignedRequest": {
        "type": "apiKey",
        "in": "query",
        "name": "signed_request",
        "description": "The host's token in the address",
    },
    "JwtHeader": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`JWT <token>`: the host's token, or the page token of the same module",
    },
    "PageToken": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`JWT <token>`: the page token of a framed page, good for what that page may do",
    },
    "ApiToken": {"type": "http", "scheme": "bearer", "description": "An API token from the tenant's settings page"},
}
SECURITY: dict[str, dict[str, Any]] = {
    "signed": SIGNED,
    "page": BY_PAGE,
    "api": {"security": [{"ApiToken": []}]},
}


def add_openapi(app: FastAPI, described: Sequence[BaseRoute]) -> None:
    """Make the document of the application and of the described routes, once somebody asks for it."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title, version="1", description=app.description, routes=[*app.routes, *described]
            )
            schema.setdefault("components", {})["securitySchemes"] = SCHEMES
            _write_errors_as_json(schema)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _write_errors_as_json(schema: dict[str, Any]) -> None:
    """Say what errors are: FastAPI describes them in the media type of the route's own answer, such as `text/csv`."""
    for operations in schema["paths"].values():
        for operation in operations.values():
            for status in ERROR_RESPONSES.keys() & operation["responses"].keys():
                content = operation["responses"][status]["content"]
                operation["responses"][status]["content"] = {"application/json": next(iter(content.values()))}
