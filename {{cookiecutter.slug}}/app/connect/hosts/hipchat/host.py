"""HipChat: the group chat Connect protocol, spoken by self-hosted and compatible hosts and by the devhost."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from app.connect.declare.addon import Addon
from app.connect.declare.router import EventHandler
from app.connect.errors import BadRequest, HostError, InstallRefused, TenantTaken
from app.connect.hosts.hipchat import dialect as descriptor
from app.connect.hosts.hipchat.client.api import HipChatApi
from app.connect.hosts.hipchat.client.glances import Glance
from app.connect.hosts.hipchat.client.group import GroupClient
from app.connect.hosts.hipchat.client.oauth import HipChatTokens
from app.connect.hosts.hipchat.client.room import RoomClient
from app.connect.hosts.hipchat.events import EVENTS, RoomMessage, RoomNotification
from app.connect.hosts.hipchat.payloads import InstallPayload, UpdatePayload, read_endpoints, read_payload
from app.connect.hosts.protocol import Delivery, Installation
from app.connect.keys.jwt import TokenRefused
from app.connect.network.addresses import Origins, origin_of
from app.connect.network.fetch import Outbound
from app.connect.network.tokens import GrantedToken, TokenManager, UnknownClient
from app.connect.settings import Settings
from app.connect.tenancy.tables import Tenant
from app.connect.tenancy.tenant import Identity, User

ID = re.compile(r"[\x21-\x7e]{1,64}", re.ASCII)


class HipChat:
    """The `Host` of the HipChat protocol."""

    name = descriptor.NAME
    longest_token_life = 24 * 3600.0
    leeway = 10.0

    def __init__(self, settings: Settings, outbound: Outbound) -> None:
        self._outbound = outbound
        self._origins = Origins(settings.hipchat_origins, production=settings.is_production)
        self.token_source = HipChatTokens(outbound)

    def describe(self, addon: Addon) -> dict[str, Any]:
        """Return the capabilities descriptor."""
        return descriptor.describe(addon)

    def client_key(self, body: object) -> str:
        """Read the `oauthId` of an install or update body."""
        return read_payload(UpdatePayload, body).client_key

    async def prove_install(self, body: object, *, addon: Addon, known: Tenant | None) -> Installation:
        """Believe an unsigned install only as far as its host vouches for it (reference 4.2 and 12.1)."""
        payload = read_payload(InstallPayload, body)
        allowed = addon.manifest.addon.install
        if payload.room_id is None and "group" not in allowed:
            raise InstallRefused("This add-on installs in a room, not for the whole group.")
        if payload.room_id is not None and "room" not in allowed:
            raise InstallRefused("This add-on installs for the whole group, not in a room.")
        if not self._origins.allows(payload.capabilities_url):
            raise InstallRefused(
                "This host may not install the add-on. If it should, add its origin to HIPCHAT_ORIGINS."
            )
        # Before anything is fetched: a known tenant is never even discussed with another host.
        if known is not None and known.origin != origin_of(payload.capabilities_url):
            raise TenantTaken
        installation = await self._prove(
            client_key=payload.client_key,
            secret=payload.secret.get_secret_value(),
            capabilities_url=payload.capabilities_url,
            group_id=payload.group_id,
            room_id=payload.room_id,
        )
        if known is not None and known.group_id != installation.group_id:
            raise TenantTaken
        return installation

    async def prove_update(self, body: object, *, known: Tenant, secret: str) -> Installation:
        """Read the host again from the address that is stored; the body's is only compared."""
        payload = read_payload(UpdatePayload, body)
        if payload.capabilities_url != known.capabilities_url:
            raise TenantTaken("The update names another host than the installation. Nothing was changed.")
        if payload.room_id is not None and payload.room_id != known.room_id:
            raise InstallRefused("The update names another room than the installation. Nothing was changed.")
        return await self._prove(
            client_key=known.client_key,
            secret=secret,
            capabilities_url=known.capabilities_url,
            group_id=known.group_id,
            room_id=known.room_id,
        )

    async def _prove(
        self, *, client_key: str, secret: str, capabilities_url: str, group_id: str | None, room_id: str | None
    ) -> Installation:
        try:
            document = await self._outbound.get_json(capabilities_url)
        except HostError as error:
            raise InstallRefused(f"The capabilities document cannot be read: {error}") from error
        endpoints = read_endpoints(document, capabilities_url=capabilities_url, origins=self._origins)
        installation = Installation(
            client_key=client_key,
            secret=secret,
            origin=origin_of(capabilities_url),
            capabilities_url=capabilities_url,
            api_url=endpoints.api_url,
            token_url=endpoints.token_url,
            web_url=endpoints.web_url,
            group_id=group_id,
            group_name=None,
            room_id=room_id,
        )
        granted = await self._obtain_token(installation)
        if group_id is not None and granted.group_id is not None and granted.group_id != group_id:
            raise InstallRefused("The host's token belongs to another group than the installation.")
        return Installation(
            **{
                **{name: getattr(installation, name) for name in Installation.__slots__},
                "group_id": group_id or granted.group_id,
                "group_name": granted.group_name,
            }
        )

    async def _obtain_token(self, installation: Installation) -> GrantedToken:
        """Get the proof: only the host that made the secret gives a token for it."""
        try:
            return await self.token_source.request(
                installation.token_url, client_key=installation.client_key, secret=installation.secret
            )
        except HostError as error:
            raise InstallRefused(f"The host gave no token for these credentials: {error}") from error

    async def still_knows(self, tenant: Tenant, secret: str) -> bool:
        """Ask for a token: 401 is the one sign that the installation is over."""
        try:
            await self.token_source.request_token(tenant, secret=secret, scopes=())
        except UnknownClient:
            return False
        return True

    def identify(self, claims: Mapping[str, Any], tenant: Tenant) -> Identity:
        """Read `sub` (or the old `prn`) and `context`; a room installation's claims must name its room."""
        user_id = _id(claims.get("sub", claims.get("prn")), "sub")
        context = claims.get("context")
        context = {} if context is None else context
        if not isinstance(context, dict):
            raise TokenRefused("context is not an object")
        room_id = _id(context.get("room_id"), "room_id")
        if tenant.room_id is not None and room_id is not None and room_id != tenant.room_id:
            raise TokenRefused("the context is another room than the installation's")
        timezone = context.get("user_tz", context.get("tz"))
        user = User(user_id, timezone if isinstance(timezone, str) else None) if user_id is not None else None
        return Identity(user, room_id or tenant.room_id)

    def read_delivery(
        self, handler: EventHandler, body: object, *, claims: Mapping[str, Any], tenant: Tenant
    ) -> Delivery | None:
        """Check that an event belongs to its token (reference 6.3) and name its delivery."""
        if not isinstance(body, dict) or body.get("event") != handler.event or not isinstance(body.get("item"), dict):
            raise BadRequest(f"The body is not a {handler.event} event.")
        if body.get("oauth_client_id", tenant.client_key) != tenant.client_key:
            raise BadRequest("The event belongs to another installation than its token.")
        try:
            event = EVENTS[handler.event].model_validate(body["item"])
        except (ValidationError, RecursionError):
            raise BadRequest(f"The item of the {handler.event} event does not fit the protocol.") from None
        identity = self.identify(claims, tenant)
        if identity.room_id is not None and identity.room_id != event.room.id:
            raise BadRequest("The event belongs to another room than its token.")
        if identity.user is not None and event.sender.id not in (None, identity.user.id):
            raise BadRequest("The event was caused by another user than its token says.")
        if handler.pattern is not None and not handler.pattern.search(getattr(event, "text", "")):
            return None
        user = identity.user or (User(event.sender.id) if event.sender.id else None)
        return Delivery(
            id=_delivery_id(
                handler, event.id if isinstance(event, RoomMessage | RoomNotification) else "", body, claims
            ),
            payload=event.model_dump(mode="json"),
            identity=Identity(user, event.room.id),
        )

    def room(self, tenant: Tenant, tokens: TokenManager, scopes: tuple[str, ...], room_id: str) -> RoomClient:
        """Return the client of one room."""
        return RoomClient(HipChatApi(self._outbound, tokens, tenant, scopes_of_addon=scopes), room_id)

    def group(self, tenant: Tenant, tokens: TokenManager, scopes: tuple[str, ...]) -> GroupClient:
        """Return the client of the tenant's group."""
        return GroupClient(HipChatApi(self._outbound, tokens, tenant, scopes_of_addon=scopes))

    def render_glance(self, glance: Any) -> bytes:
        """Return the JSON of a `Glance`."""
        if not isinstance(glance, Glance):
            raise TypeError(f"A glance handler returns a Glance, not {type(glance).__name__}.")
        return glance.model_dump_json(by_alias=True, exclude_none=True).encode()


def _id(value: Any, name: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | str) or not ID.fullmatch(str(value)):
        raise TokenRefused(f"{name} is not an id")
    return str(value)


def _delivery_id(handler: EventHandler, message_id: str, body: dict[str, Any], claims: Mapping[str, Any]) -> str:
    """Name a delivery so that the same one twice has one name.

    The protocol gives no delivery id. A message has an id of its own; for other events the token's `jti` tells two
    visits of the same person apart, and without it the moment of issue does.
    """
    mark = message_id or claims.get("jti") or claims["iat"]
    seen = json.dumps([mark, None if message_id else body], sort_keys=True)
    return f"{handler.key}:{hashlib.sha256(seen.encode()).hexdigest()}"
