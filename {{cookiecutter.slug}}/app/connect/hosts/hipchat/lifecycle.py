"""How installations of a HipChat host come, change and go: what it posts is believed as far as the host vouches for it.

Source: protocol reference 4 and 12.1. An install is not signed. Its proof is a token obtained with its secret from the
host that its capabilities document names; a known tenant is replaced by its own origin alone.
"""

from collections.abc import Awaitable, Callable

from app.connect.declare.addon import Addon
from app.connect.errors import HostError, InstallRefused, NotFound, TenantTaken
from app.connect.hosts.hipchat.client.oauth import ClientTokens, HipChatGrant
from app.connect.hosts.hipchat.descriptor import INSTALL, UNINSTALL, section_of
from app.connect.hosts.hipchat.install_payloads import InstallPayload, UpdatePayload, read_endpoints, read_payload
from app.connect.hosts.hipchat.settings import HipChatDetails
from app.connect.hosts.protocol import Endpoint, Posted
from app.connect.network.addresses import Origins, origin_of
from app.connect.network.fetch import Outbound
from app.connect.network.tokens import UnknownClient
from app.connect.tenancy.lifecycle import Known
from app.connect.tenancy.tenant import Change, Doubted, Installed, Refreshed, Tenant, Uninstalled

Find = Callable[[str], Awaitable[Known | None]]


class HipChatLifecycle:
    """Proves installs and updates at the host; an uninstall is a hint that is asked about later."""

    def __init__(self, client: Outbound, tokens: ClientTokens, origins: Origins) -> None:
        self._client = client
        self._tokens = tokens
        self._origins = origins

    async def read(self, endpoint: Endpoint, posted: Posted, known: Find, addon: Addon) -> Change | None:
        """Read one of the three endpoints."""
        if endpoint == UNINSTALL:
            return Doubted(posted.parameters["client_key"])
        if endpoint == INSTALL:
            return await self._install(read_payload(InstallPayload, posted.document), known, addon)
        return await self._update(read_payload(UpdatePayload, posted.document), known)

    async def confirm(self, tenant: Tenant, secret: str | None) -> Change | None:
        """Ask for a token: 401 is the one sign that the installation is over."""
        token_url = tenant.details(HipChatDetails).token_url
        try:
            await self._tokens.request(token_url, client_key=tenant.client_key, secret=secret or "")
        except UnknownClient:
            return Uninstalled(tenant.client_key)
        return None

    async def _install(self, payload: InstallPayload, known: Find, addon: Addon) -> Installed:
        allowed = section_of(addon).install
        if payload.room_id is None and "group" not in allowed:
            raise InstallRefused("This add-on installs in a room, not for the whole group.")
        if payload.room_id is not None and "room" not in allowed:
            raise InstallRefused("This add-on installs for the whole group, not in a room.")
        if not self._origins.allows(payload.capabilities_url):
            raise InstallRefused(
                "This host may not install the add-on. If it should, add its origin to HIPCHAT_ORIGINS."
            )
        before = await known(payload.client_key)
        origin = origin_of(payload.capabilities_url)
        # Before anything is fetched: a known tenant is never even discussed with another host.
        if before is not None and before.tenant.origin != origin:
            raise TenantTaken
        secret = payload.secret.get_secret_value()
        found = await self._prove(
            HipChatDetails(
                capabilities_url=payload.capabilities_url,
                token_url="",
                group_id=payload.group_id,
                room_id=payload.room_id,
            ),
            client_key=payload.client_key,
            secret=secret,
        )
        if before is not None and before.tenant.details(HipChatDetails).group_id != found.details.group_id:  # type: ignore[attr-defined]
            raise TenantTaken
        return Installed(
            client_key=payload.client_key,
            origin=origin,
            api_url=found.api_url,
            web_url=found.web_url,
            details=found.details,
            secret=secret,
        )

    async def _update(self, payload: UpdatePayload, known: Find) -> Refreshed:
        """Read the host again from the address that is stored; the body's is only compared."""
        before = await known(payload.client_key)
        if before is None or not before.tenant.is_installed:
            raise NotFound("This tenant is not installed. Install the add-on first.")
        details = before.tenant.details(HipChatDetails)
        if payload.capabilities_url != details.capabilities_url:
            raise TenantTaken("The update names another host than the installation. Nothing was changed.")
        if payload.room_id is not None and payload.room_id != details.room_id:
            raise InstallRefused("The update names another room than the installation. Nothing was changed.")
        return await self._prove(details, client_key=payload.client_key, secret=before.secret or "")

    async def _prove(self, wanted: HipChatDetails, *, client_key: str, secret: str) -> Refreshed:
        """Read the host's document and obtain a token from where it points: only the secret's maker gives one."""
        try:
            document = await self._client.get_json(wanted.capabilities_url)
        except HostError as error:
            raise InstallRefused(f"The capabilities document cannot be read: {error}") from error
        found = read_endpoints(document, capabilities_url=wanted.capabilities_url, origins=self._origins)
        granted = await self._obtain(found.token_url, client_key=client_key, secret=secret)
        if wanted.group_id is not None and granted.group_id is not None and granted.group_id != wanted.group_id:
            raise InstallRefused("The host's token belongs to another group than the installation.")
        details = HipChatDetails(
            capabilities_url=wanted.capabilities_url,
            token_url=found.token_url,
            group_id=wanted.group_id or granted.group_id,
            group_name=granted.group_name,
            room_id=wanted.room_id,
        )
        return Refreshed(client_key=client_key, api_url=found.api_url, web_url=found.web_url, details=details)

    async def _obtain(self, token_url: str, *, client_key: str, secret: str) -> HipChatGrant:
        try:
            return await self._tokens.request(token_url, client_key=client_key, secret=secret)
        except HostError as error:
            raise InstallRefused(f"The host gave no token for these credentials: {error}") from error
