"""How boards come and go: what a known board posts is signed with its secret, a first install with Pebble's key."""

import time
from collections.abc import Awaitable, Callable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, SecretStr, StringConstraints, ValidationError

from app.connect.declare.addon import Addon
from app.connect.errors import BadRequest, NotAuthenticated, name_fields
from app.connect.hosts.protocol import Endpoint, Posted
from app.connect.keys.jwt import VerifyKey, prepare_key
from app.connect.network.addresses import AddressRefused, origin_of
from app.connect.tenancy.lifecycle import Known
from app.connect.tenancy.tenant import Change, Installed, Tenant, Uninstalled
from connect_pebble.dialect import UNPIN
from connect_pebble.inbound import PebbleInbound, check_claims
from connect_pebble.settings import PebbleDetails


class Pin(BaseModel):
    """What a board posts."""

    model_config = ConfigDict(hide_input_in_errors=True)

    board: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
    url: Annotated[str, StringConstraints(max_length=500)]
    secret: Annotated[SecretStr, StringConstraints(min_length=32, max_length=200)]


class PebbleLifecycle:
    """Reads the two endpoints."""

    def __init__(self, inbound: PebbleInbound, first: VerifyKey) -> None:
        self._inbound = inbound
        self._first = first

    async def read(
        self, endpoint: Endpoint, posted: Posted, known: Callable[[str], Awaitable[Known | None]], _: Addon
    ) -> Change | None:
        """Prove what a board says."""
        pin = _read(posted.document)
        before = await known(pin.board)
        found = self._inbound.find(posted.asked)
        if found is None:
            raise NotAuthenticated("no token")
        unproven = self._inbound.read(found)
        if unproven.client_key != pin.board:
            raise NotAuthenticated("no token of this board")
        key = self._first if before is None or before.secret is None else prepare_key(before.secret)
        check_claims(unproven, [key], posted.asked, now=time.time())
        if endpoint == UNPIN:
            return Uninstalled(pin.board)
        try:
            origin = origin_of(pin.url)
        except AddressRefused as error:
            raise BadRequest(f"The url is refused: {error}") from None
        secret = pin.secret.get_secret_value()
        return Installed(pin.board, origin, pin.url, pin.url, PebbleDetails(board=pin.board), secret)

    async def confirm(self, tenant: Tenant, secret: str | None) -> Change | None:
        """Say nothing: a board that is gone has said so itself."""
        return None


def _read(document: object) -> Pin:
    try:
        return Pin.model_validate(document)
    except ValidationError as error:
        raise BadRequest(f"The body does not fit: check {name_fields(error)}.") from None
