"""The OpenAPI document against the application: what it promises is what comes back, for thousands of odd requests.

schemathesis makes the requests. The application runs in a thread of its own with its lifespan, on a database in which
a tenant was installed by another process. Its host says who administers and is away for everything else, so an answer
that says so is no defect: a 500 is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.connect.application import Application
from app.connect.errors import ErrorBody
from app.connect.pages.page_tokens import Visit
from app.connect.settings import Settings
from app.connect.tenancy.tenant import Caller
from devhost.testing import Devhost, Routes
from tests.connect.showcase import DOCUMENT, make_routers
from tests.support.chat import DESCRIPTOR
from tests.support.running import ADDON

HOST = "http://127.0.0.1:9000"
ADMIN = Caller("1", "UTC", "1")
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
BREAKS_ON_PURPOSE = "/showcase/broken"
HOST_IS_AWAY = {502, 503, 504}
FUZZ = settings(
    max_examples=20,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
)

pytestmark = pytest.mark.both_databases


@dataclass(frozen=True)
class Proof:
    """What an attacker holds who is a tenant."""

    signed: str
    settings_page: str
    list_page: str
    api_token: str

    def of(self, operation: schemathesis.APIOperation[Any, Any, Any, Any]) -> dict[str, Any]:
        """Return what to send along so that an operation lets the request in."""
        schemes = {name for choice in operation.definition.raw.get("security", []) for name in choice}
        if schemes & {"ApiToken", "AnyApiToken"}:
            return {"headers": {"Authorization": f"Bearer {self.api_token}"}}
        if "SignedRequest" in schemes:
            return {"headers": {"Authorization": f"JWT {self.signed}"}, "params": {"signed_request": self.signed}}
        if "PageToken" in schemes:
            is_of_list = operation.path in {"/hipchat/form/vote", "/showcase/list"}
            return {"headers": {"Authorization": f"JWT {self.list_page if is_of_list else self.settings_page}"}}
        return {}


@pytest.fixture
async def proof(settings: Settings, devhost: Devhost) -> Proof:
    """Install a tenant by a process that does nothing else."""
    application = Application(settings, make_routers(), transport=devhost.transport, document=DOCUMENT)
    devhost.serve(ADDON, application.app)
    installation = await devhost.host.install(DESCRIPTOR, room_id=1)
    await application.worker.drain()
    entry = await application.directory.find("hipchat", installation.client_id)
    assert entry is not None
    api_token = await application.serving.api_tokens.create(entry.tenant, ADMIN)
    settings_page = application.page_tokens.issue(entry.tenant, ADMIN, Visit.begin("settings", None))
    list_page = application.page_tokens.issue(entry.tenant, ADMIN, Visit.begin("panel", "list"))
    url = devhost.host.signed_url(installation.client_id, "configurable", room_id=1)
    await application.close()
    return Proof(url.partition("signed_request=")[2].partition("&")[0], settings_page, list_page, api_token)


def sparse_host() -> Starlette:
    """Make a host that gives tokens and knows its administrator; the rest of it is away."""

    async def token(_: Request) -> JSONResponse:
        scope = "send_notification view_group view_room"
        return JSONResponse(
            {
                "access_token": "a",
                "expires_in": 3600,
                "scope": scope,
                "group_id": 1,
                "group_name": "G",
                "token_type": "b",
            }
        )

    async def person(_: Request) -> JSONResponse:
        return JSONResponse({"id": 1, "name": "Admin", "mention_name": "admin", "is_group_admin": True})

    async def away(_: Request) -> JSONResponse:
        return JSONResponse({"error": {"code": 503, "message": "away", "type": "away"}}, status_code=503)

    return Starlette(
        routes=[
            Route("/v2/oauth/token", token, methods=["POST"]),
            Route("/v2/user/{id}", person),
            Route("/{path:path}", away, methods=["GET", "POST", "PUT", "DELETE"]),
        ]
    )


@pytest.fixture
def schema(settings: Settings, proof: Proof) -> Iterator[Any]:
    """Start the application and read its document."""
    transport = Routes()
    transport.add(HOST, sparse_host())
    application = Application(settings, make_routers(), transport=transport, document=DOCUMENT)
    # In development only this machine's names are answered to.
    schema = schemathesis.openapi.from_asgi("/openapi.json", application.app, headers={"Host": "localhost"})
    schema.config.update(base_url=ADDON)
    yield schema
    shutdown_lifespans()


def complaint(answer: Any) -> str | None:
    """Say what no document allows: a failure of ours, or a refusal in another shape than that of every error."""
    if answer.status_code >= 500 and answer.status_code not in HOST_IS_AWAY:
        return "failed"
    if answer.request.method == "HEAD":
        return "has a body" if answer.content else None
    if answer.status_code >= 400:
        try:
            ErrorBody.model_validate_json(answer.content)
        except ValidationError:
            return "not the shape of errors"
    return None


def check(operation: Any, mode: schemathesis.GenerationMode, proof: Proof) -> set[int]:
    """Send requests to one operation, about half as a tenant and half as a stranger; return the statuses."""
    seen = set()

    @FUZZ
    @given(case=operation.as_strategy(generation_mode=mode), is_tenant=st.booleans())
    def every(case: Any, *, is_tenant: bool) -> None:
        answer = case.call(**(proof.of(operation) if is_tenant else {}))
        seen.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)
        assert complaint(answer) is None, f"{complaint(answer)}: {answer.status_code} {answer.text[:300]}"

    every()
    return seen


# The worker in the other thread rolls dice for its pauses, and Hypothesis takes that for a strategy's doing.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
class TestEveryOperation:
    def test_answers_what_is_documented_as_documented(self, schema: Any, proof: Proof) -> None:
        operations = [
            operation for found in schema.get_all_operations() if (operation := found.ok()).path != BREAKS_ON_PURPOSE
        ]
        seen = {
            f"{operation.method.upper()} {operation.path}": check(
                operation, schemathesis.GenerationMode.POSITIVE, proof
            )
            for operation in operations
        }
        for name in ("GET /hipchat/panel/list", "GET /hipchat/settings", "POST /hipchat/page-token"):
            assert 200 in seen[name], name

    def test_answers_bodies_that_are_not_as_documented(self, schema: Any, proof: Proof) -> None:
        operations = [operation for found in schema.get_all_operations() if (operation := found.ok()).body]
        assert BREAKS_ON_PURPOSE not in {operation.path for operation in operations}
        for operation in operations:
            check(operation, schemathesis.GenerationMode.NEGATIVE, proof)
        assert operations
