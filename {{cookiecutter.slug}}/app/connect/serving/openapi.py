"""The OpenAPI document: what the signed dependencies mean, and the routes that are described but not served."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from app.connect.errors import ErrorBody
from app.connect.serving.checks import access_of, proof_of
from app.connect.serving.form_routes import BY_PAGE
from app.connect.serving.module_routes import ASKS, SIGNED


def _key(description: str, *, name: str = "Authorization", place: str = "header") -> dict[str, str]:
    return {"type": "apiKey", "in": place, "name": name, "description": description}


def _http(scheme: str, description: str) -> dict[str, str]:
    return {"type": "http", "scheme": scheme, "description": description}


SCHEMES = {
    "SignedRequest": _key("The host's token in the address", name="signed_request", place="query"),
    "JwtHeader": _key("`JWT <token>`: the host's token, or the page token of the same module"),
    "PageToken": _key("`JWT <token>`: the page token of a framed page, good for what that page may do"),
    "AnyApiToken": _http("bearer", "An API token, whatever it may do"),
    "ApiToken": _http("bearer", "An API token; the names are accesses"),
    "Password": _http("basic", "`TENANT_ID/NAME` of a user, and the password"),
    "OtherBackend": _key("Or what else a backend of `GET /api/backends` reads"),
}
SAID = {
    "SignedRequest": "a token of the host in the address",
    "JwtHeader": "a token of the host, or of the page",
    "PageToken": "a page token",
    "ApiToken": "an API token that may do everything",
    "AnyApiToken": "any API token",
    "Password": "a password",
    "OtherBackend": "another backend",
}
"""What `addon access` says of each scheme."""
BY_API: dict[str, Any] = {"security": [{"ApiToken": []}]}


def security_of(call: Callable[..., Any]) -> dict[str, Any]:
    """Return what the document says of who may call a route of the add-on."""
    match proof_of(call):
        case "signed":
            return SIGNED
        case "page":
            return BY_PAGE
        case "api":
            asks = access_of(call)
            return BY_API if asks is None else {"security": [{"ApiToken": [asks]}]}
    return {}


def add_openapi(app: FastAPI, described: Sequence[BaseRoute]) -> None:
    """Make the document of the application and of the described routes, once somebody asks for it."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title, version="1", description=app.description, routes=[*app.routes, *described]
            )
            for operations in schema["paths"].values():
                if "head" in operations:
                    _empty_answers(operations["head"])
            components = schema.setdefault("components", {})
            used = _used(schema)
            components["securitySchemes"] = {name: SCHEMES[name] for name in SCHEMES if name in used}
            errors = ErrorBody.model_json_schema(ref_template="#/components/schemas/{model}")
            components.setdefault("schemas", {}).update(errors.pop("$defs"), ErrorBody=errors)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _used(schema: Mapping[str, Any]) -> set[str]:
    operations = [operation for operations in schema["paths"].values() for operation in operations.values()]
    return {scheme for one in operations for way in one.get("security", ()) for scheme in way}


def _empty_answers(head: dict[str, Any]) -> None:
    """Say that its answers have no body, of errors neither: a client that is made from the document would read one."""
    head["responses"] = {
        status: {name: said for name, said in answer.items() if name != "content"}
        for status, answer in head["responses"].items()
    }


def asked_by_routes(document: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return method, path and what is asked for of every route in the document."""
    return [
        (
            method.upper(),
            path,
            operation.get(ASKS) or " or ".join(map(_asked, operation.get("security", ()))) or "nothing",
        )
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


def _asked(requirement: Mapping[str, list[str]]) -> str:
    [(scheme, accesses)] = requirement.items()
    if scheme != "ApiToken":
        return SAID[scheme]
    return " and ".join(accesses) or SAID[scheme]
