"""How installations of an Echo host come, pause and go: every word is signed, but for an uninstall that is a hint."""

import time
from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, SecretStr, StringConstraints, ValidationError

from app.connect.declare.addon import Addon
from app.connect.errors import BadRequest, NotAuthenticated, NotFound, name_fields
from app.connect.hosts.protocol import Endpoint, Posted
from app.connect.keys.jwt import TokenRefused, prepare_key
from app.connect.network.addresses import AddressRefused, origin_of
from app.connect.network.fetch import Outbound
from app.connect.tenancy.lifecycle import Known
from app.connect.tenancy.tenant import Change, Doubted, Installed, Resumed, Suspended, Tenant, Uninstalled
from tests.hosts.echo.dialect import INSTALL, RESUME, SUSPEND, UNINSTALL
from tests.hosts.echo.inbound import EchoInbound, checked_claims
from tests.hosts.echo.settings import EchoDetails

ClientKey = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,100}$")]
GONE = 410
CHANGES: dict[str, Callable[[str], Change]] = {
    SUSPEND.name: Suspended,
    RESUME.name: Resumed,
    UNINSTALL.name: Uninstalled,
}


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    client_key: ClientKey


class _InstallPayload(_Payload):
    url: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    secret: SecretStr
    plan: Annotated[str, StringConstraints(max_length=20)] = "free"


class EchoLifecycle:
    """Proves what is posted with the present secret, or with the makers' key where there is none yet."""

    def __init__(self, inbound: EchoInbound, client: Outbound) -> None:
        self._inbound = inbound
        self._client = client

    async def read(
        self, endpoint: Endpoint, posted: Posted, known: Callable[[str], Awaitable[Known | None]], _: Addon
    ) -> Change | None:
        """Read one of the four endpoints."""
        payload = _read(_InstallPayload if endpoint == INSTALL else _Payload, posted.document)
        found = self._inbound.find(posted.asked)
        if found is None and endpoint == UNINSTALL:
            # Before anything is looked up: whoever hints must not learn whether there is such an installation.
            return Doubted(payload.client_key)
        before = await known(payload.client_key)
        unproven = None if found is None else self._inbound.read(found)
        if unproven is None or unproven.client_key != payload.client_key:
            raise NotAuthenticated("no token of this installation")
        stored = () if before is None or before.secret is None else (prepare_key(before.secret),)
        keys = await self._inbound.keys(unproven, stored)
        checked_claims(unproven, keys, posted.asked, now=time.time())
        if isinstance(payload, _InstallPayload):
            return _installed(payload)
        if before is None:
            raise NotFound("This installation is not known. Install the add-on first.")
        return CHANGES[endpoint.name](payload.client_key)

    async def confirm(self, tenant: Tenant, secret: str | None) -> Change | None:
        """Ask the host; 410 is the one answer that ends an installation."""
        answer = await self._client.send("GET", f"{tenant.api_url}installations/{quote(tenant.client_key, safe='')}")
        return Uninstalled(tenant.client_key) if answer.status_code == GONE else None


def _read(model: type[_Payload], document: object) -> _Payload:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise BadRequest(f"The body does not fit: check {name_fields(error)}.") from None


def _installed(payload: _InstallPayload) -> Installed:
    try:
        origin = origin_of(payload.url)
        prepare_key(payload.secret.get_secret_value())
    except (AddressRefused, TokenRefused) as error:
        raise BadRequest(f"The installation cannot be kept: {error}.") from None
    return Installed(
        payload.client_key,
        origin,
        f"{payload.url}/api/",
        payload.url,
        EchoDetails(plan=payload.plan),
        payload.secret.get_secret_value(),
    )
