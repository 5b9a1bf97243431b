"""The OpenAPI document against the application: what it promises is what comes back, for thousands of odd requests.

schemathesis makes the requests. The application runs in a thread of its own with its lifespan, on a database in which
a tenant was installed by another process.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.connect.settings import Settings
from app.main import create_app
from devhost.testing import Devhost, Routes
from tests.support.running import ADDON, DESCRIPTOR

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
FUZZ = settings(
    max_examples=20,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass(frozen=True)
class Proof:
    """What an attacker holds who is a tenant."""

    signed: str
    api_token: str

    def of(self, operation: schemathesis.APIOperation[Any, Any, Any, Any]) -> dict[str, Any]:
        """Return what to send along so that an operation lets the request in."""
        schemes = {name for choice in operation.definition.raw.get("security", []) for name in choice}
        if "ApiToken" in schemes:
            return {"headers": {"Authorization": f"Bearer {self.api_token}"}}
        if "SignedRequest" in schemes:
            return {"headers": {"Authorization": f"JWT {self.signed}"}, "params": {"signed_request": self.signed}}
        return {}


@pytest.fixture
async def proof(settings: Settings, devhost: Devhost) -> Proof:
    """Install a tenant by a process that does nothing else."""
    app: FastAPI = create_app(settings, transport=devhost.transport)
    devhost.serve(ADDON, app)
    connect = app.state.connect
    installation = await devhost.host.install(DESCRIPTOR, room_id=1)
    await connect.worker.drain()
    entry = await connect.directory.find("hipchat", installation.client_id)
    api_token = await connect.api_tokens.create(entry.tenant, user=None, room_id="1")
    url = devhost.host.signed_url(installation.client_id, "configurable", room_id=1)
    await connect.close()
    return Proof(url.partition("signed_request=")[2].partition("&")[0], api_token)


@pytest.fixture
def schema(settings: Settings, proof: Proof) -> Iterator[Any]:
    """Start the application and read its document; the host is down, so that nothing leaves the machine."""
    yield schemathesis.openapi.from_asgi("/openapi.json", create_app(settings, transport=Routes()))
    shutdown_lifespans()


def check(operation: Any, mode: schemathesis.GenerationMode, proof: Proof) -> None:
    """Send requests to one operation, about half of them as a tenant and half as a stranger."""

    @FUZZ
    @given(case=operation.as_strategy(generation_mode=mode), is_tenant=st.booleans())
    def every(case: Any, *, is_tenant: bool) -> None:
        answer = case.call(**(proof.of(operation) if is_tenant else {}))
        case.validate_response(answer, checks=CHECKS)

    every()


# The worker in the other thread rolls dice for its pauses, and Hypothesis takes that for a strategy's doing.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
class TestEveryOperation:
    def test_answers_what_is_documented_as_documented(self, schema: Any, proof: Proof) -> None:
        operations = [found.ok() for found in schema.get_all_operations()]
        for operation in operations:
            check(operation, schemathesis.GenerationMode.POSITIVE, proof)
        assert operations

    def test_answers_bodies_that_are_not_as_documented(self, schema: Any, proof: Proof) -> None:
        operations = [operation for found in schema.get_all_operations() if (operation := found.ok()).body]
        for operation in operations:
            check(operation, schemathesis.GenerationMode.NEGATIVE, proof)
        assert operations
