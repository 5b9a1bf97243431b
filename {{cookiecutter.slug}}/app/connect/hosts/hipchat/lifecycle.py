"""How installations of a HipChat host come, change and go: what it posts is believed as far as the host vouches for it.

Source: protocol reference 4, 12.1 and 12.4. An install is not signed. Its proof is a token obtained with its secret
from the host that its capabilities document names; a known tenant is replaced by its own origin alone. Updates and
uninstalls are not signed either, and need no answer of ours: they are hints, after which the host is read and asked.
"""

import logging
from collections.abc import Awaitable, Callable, Collection

from app.connect.declare.addon import Addon
from app.connect.errors import HostError, InstallRefused, TenantTaken
from app.connect.hosts.hipchat.client.oauth import ClientTokens, HipChatGrant
from app.connect.hosts.hipchat.descriptor import INSTALL, UNINSTALL, section_of
from app.connect.hosts.hipchat.install_payloads import (
    Endpoints,
    InstallPayload,
    UpdatePayload,
    path_of,
    read_endpoints,
    read_payload,
)
from app.connect.hosts.hipchat.settings import HipChatDetails
from app.connect.hosts.protocol import Endpoint, Posted
from app.connect.network.addresses import Origins, origin_of
from app.connect.network.arrivals import Arrivals
from app.connect.network.fetch import Outbound
from app.connect.network.tokens import UnknownClient
from app.connect.tenancy.lifecycle import Known
from app.connect.tenancy.tenant import Change, Doubted, Installed, Refreshed, Tenant, Uninstalled

log = logging.getLogger(__name__)

Find = Callable[[str], Awaitable[Known | None]]


class HipChatLifecycle:
    """Proves installs at the host; updates and uninstalls are hints that are asked about later."""

    def __init__(
        self, client: Outbound, arrivals: Arrivals, *, origins: Origins, capabilities_paths: Collection[str]
    ) -> None:
        self._client = client
        self._tokens = ClientTokens(client)
        self._arrivals = arrivals
        self._first_tokens = ClientTokens(arrivals.client)
        self._origins = origins
        self._paths = capabilities_paths

    async def read(self, endpoint: Endpoint, posted: Posted, known: Find, addon: Addon) -> Change | None:
        """Read one of the three endpoints."""
        if endpoint == UNINSTALL:
            return Doubted(posted.parameters["client_key"])
        if endpoint == INSTALL:
            return await self._install(read_payload(InstallPayload, posted.document), known, addon)
        return Doubted(read_payload(UpdatePayload, posted.document).client_key)

    async def confirm(self, tenant: Tenant, secret: str | None) -> Change | None:
        """Read the host again from the address that is stored and ask it for a token: 401 is a refusal."""
        known = tenant.details(HipChatDetails)
        endpoints = None
        try:
            endpoints = await self._read(self._client, known.capabilities_url)
        except InstallRefused as refused:
            # What the document says does not decide whether the installation is alive.
            log.warning("The host's new document is not used: %s", refused, extra={"tenant": tenant.id})
        token_url = known.token_url if endpoints is None else endpoints.token_url
        try:
            granted = await self._tokens.request(token_url, client_key=tenant.client_key, secret=secret or "")
        except UnknownClient:
            return Uninstalled(tenant.client_key)
        if endpoints is None:
            return None
        try:
            found = _found(endpoints, known, granted, client_key=tenant.client_key)
        except InstallRefused as refused:
            log.warning("The host's new token is not used: %s", refused, extra={"tenant": tenant.id})
            return None
        present = (tenant.api_url, tenant.web_url, known)
        return None if (found.api_url, found.web_url, found.details) == present else found

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
        path = path_of(payload.capabilities_url)
        if path not in self._paths:
            raise InstallRefused(
                "The capabilities document is not where hosts have it. If it is right, add its path to "
                "HIPCHAT_CAPABILITIES_PATHS."
            )
        before = await known(payload.client_key)
        origin = origin_of(payload.capabilities_url)
        # Before anything is fetched: a known tenant is never even discussed with another host, or with a document
        # that somebody else has put on the same one.
        if before is not None and (
            before.tenant.origin != origin or path_of(before.tenant.details(HipChatDetails).capabilities_url) != path
        ):
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

    async def _prove(self, wanted: HipChatDetails, *, client_key: str, secret: str) -> Refreshed:
        """Read the host's document and obtain a token from where it points: only the secret's maker gives one."""
        url = wanted.capabilities_url
        async with self._arrivals.turn(origin_of(url), is_named=self._origins.lists(url)):
            endpoints = await self._read(self._arrivals.client, url)
            granted = await self._obtain(endpoints.token_url, client_key=client_key, secret=secret)
        return _found(endpoints, wanted, granted, client_key=client_key)

    async def _obtain(self, token_url: str, *, client_key: str, secret: str) -> HipChatGrant:
        try:
            return await self._first_tokens.request(token_url, client_key=client_key, secret=secret)
        except HostError as error:
            raise InstallRefused(f"The host gave no token for these credentials: {error}") from error

    async def _read(self, client: Outbound, capabilities_url: str) -> Endpoints:
        try:
            document = await client.get_json(capabilities_url)
        except HostError as error:
            raise InstallRefused(f"The capabilities document cannot be read: {error}") from error
        return read_endpoints(document, capabilities_url=capabilities_url, origins=self._origins)


def _found(endpoints: Endpoints, wanted: HipChatDetails, granted: HipChatGrant, *, client_key: str) -> Refreshed:
    """Put together what the host says of an installation; `InstallRefused` when its parts do not agree."""
    if wanted.group_id is not None and granted.group_id is not None and granted.group_id != wanted.group_id:
        raise InstallRefused("The host's token belongs to another group than the installation.")
    details = HipChatDetails(
        capabilities_url=wanted.capabilities_url,
        token_url=endpoints.token_url,
        group_id=wanted.group_id or granted.group_id,
        group_name=granted.group_name,
        room_id=wanted.room_id,
    )
    return Refreshed(client_key=client_key, api_url=endpoints.api_url, web_url=endpoints.web_url, details=details)
