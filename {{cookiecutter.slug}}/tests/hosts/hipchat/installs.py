"""Installs as HipChat hosts post them: the devhost before the add-on knows it, and a host that a test makes up."""

import json
from typing import Any

from sqlalchemy import select
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.connect.tenancy.directory import secret_owner
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import Tenant
from devhost.dialects.hipchat.install import payload
from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.connect.probe import ProbedAddon
from tests.support.chat import DESCRIPTOR

HOST = "http://127.0.0.1:9000"
OTHER = "http://127.0.0.1:9100"
CAPABILITIES = f"{OTHER}/v2/capabilities"


async def register(devhost: Devhost, *, room_id: int | None = 1) -> Installation:
    """Make credentials that the host knows and the add-on does not yet."""
    consent = await devhost.host.consent(DESCRIPTOR, room_id=room_id)
    world = devhost.host.world
    installation = Installation(
        descriptor_url=DESCRIPTOR, descriptor=consent.descriptor, room_id=room_id, created=world.clock.date()
    )
    world.installations.add(installation)
    return installation


def install_body(devhost: Devhost, installation: Installation, **changes: object) -> dict[str, object]:
    return payload(devhost.host.world, installation) | changes


class OtherHost:
    """A host that says what a test makes it say, and gives a token to whoever asks."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.group_id: object = 1
        self.group_name: object = "Other"
        self.document: dict[str, Any] = {
            "links": {"self": CAPABILITIES, "homepage": OTHER},
            "capabilities": {
                "oauth2Provider": {"tokenUrl": f"{OTHER}/v2/oauth/token"},
                "hipchatApiProvider": {"url": f"{OTHER}/v2/"},
            },
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        token = {"access_token": "any", "expires_in": 3600, "group_id": self.group_id, "group_name": self.group_name}
        answers: dict[str, Any] = {"/v2/capabilities": self.document, "/v2/oauth/token": token}
        body = answers.get(scope["path"])
        status = 404 if body is None else 200
        await Response(json.dumps(body), status, media_type="application/json")(scope, receive, send)


def body_of_other_host(**changes: object) -> dict[str, object]:
    return {
        "oauthId": "client-of-the-other-host",
        "oauthSecret": "s" * 40,
        "capabilitiesUrl": CAPABILITIES,
        "groupId": 1,
        "roomId": 7,
    } | changes


async def secret_of(process: ProbedAddon, tenant: Tenant) -> str:
    """Return the secret that is stored of an installation, in clear text."""
    async with process.parts.database.session() as session:
        query = select(InstallationRow.sealed_secret).where(InstallationRow.id == tenant.installation_id)
        sealed = (await session.scalars(query)).one()
    assert sealed is not None
    return process.parts.vault.open(sealed, owner=secret_owner(tenant.installation_id))


async def signed(process: ProbedAddon, installation: Installation) -> dict[str, str]:
    """Sign a request as the host does."""
    url = process.devhost.host.signed_url(installation.client_id, "configurable", room_id=1)
    return {"Authorization": "JWT " + url.partition("signed_request=")[2].partition("&")[0]}
