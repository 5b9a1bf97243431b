"""How installations of a site come, pause and go: every word is signed (reference 4, 5).

What is installed and uninstalled is signed by Atlassian itself, with a key that is fetched; a site is enabled and
disabled with the secret of its installation. An install without a signature, as before 2021, is refused.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.connect.declare.addon import Addon
from app.connect.hosts.atlassian.client.witness import Witness
from app.connect.hosts.atlassian.endpoints import ENABLED, INSTALLED, SIGNED_BY_ATLASSIAN, UNINSTALLED, base_urls
from app.connect.hosts.atlassian.forge_names import installation_name
from app.connect.hosts.atlassian.inbound import LEEWAY, AtlassianInbound, find_token, verify_any
from app.connect.hosts.atlassian.install_keys import InstallKeys
from app.connect.hosts.atlassian.install_payloads import InstallPayload, LifecyclePayload, read_payload
from app.connect.hosts.atlassian.settings import AtlassianDetails, Sites
from app.connect.hosts.protocol import Endpoint, Posted
from app.connect.keys.jwt import DUMMY_KEY, TokenRefused, prepare_key, verify
from app.connect.keys.jwt import read as read_token
from app.connect.keys.rs256 import read as read_signed
from app.connect.network.addresses import origin_of
from app.connect.tenancy.lifecycle import Known
from app.connect.tenancy.tenant import Change, Installed, Resumed, Suspended, Tenant, Uninstalled

Find = Callable[[str], Awaitable[Known | None]]
LONGEST_INSTALL = 3600.0
"""Seconds that the token of an install may live; they are made for minutes."""


class AtlassianLifecycle:
    """Proves what a site posts; what is older than what is known changes nothing, whatever order it comes in."""

    def __init__(self, host: str, inbound: AtlassianInbound, keys: InstallKeys, sites: Sites, witness: Witness) -> None:
        self._host = host
        self._inbound = inbound
        self._keys = keys
        self._sites = sites
        self._witness = witness

    async def read(self, endpoint: Endpoint, posted: Posted, known: Find, addon: Addon) -> Change | None:
        """Read one of the four endpoints."""
        token = find_token(posted.asked)
        if token is None:
            raise TokenRefused("no token")
        model = InstallPayload if endpoint == INSTALLED else LifecyclePayload
        payload = read_payload(model, posted.document)
        if endpoint in SIGNED_BY_ATLASSIAN:
            claims = await self._signed_by_atlassian(token, payload, posted, addon)
            before = await known(payload.client_key)
        else:
            before = await known(payload.client_key)
            claims = self._signed_by_site(token, posted, before)
        _require_same(payload, claims, endpoint, self._host, addon)
        happened = float(claims["iat"])
        if isinstance(payload, InstallPayload):
            return await self._installed(payload, before, token, happened)
        if endpoint == UNINSTALLED:
            is_old = before is not None and happened < before.tenant.details(AtlassianDetails).installed_at_host
            return None if is_old else Uninstalled(payload.client_key, happened)
        made = Resumed if endpoint == ENABLED else Suspended
        return made(payload.client_key, happened)

    async def _installed(
        self, payload: InstallPayload, before: Known | None, token: str, happened: float
    ) -> Installed | None:
        digest = hashlib.sha256(token.encode()).hexdigest()
        secret = payload.secret.get_secret_value()
        kept: dict[str, Any] = {}
        is_confirmed = False
        if before is not None:
            details = before.tenant.details(AtlassianDetails)
            if details.install_token == digest:
                if before.secret == secret:
                    return None
                # Nothing in a token says which body it is for, and two that are signed in one second can be one. Only
                # the site knows which secret is its own, and it is asked where it was before.
                is_confirmed = payload.base_url == details.base_url and await self._witness.takes(
                    before.tenant, secret, payload.key
                )
                if not is_confirmed:
                    raise TokenRefused("the token of an install was used before, with another secret")
            kept = details.as_kept
        made = {"installed_at_host": happened, "install_token": digest}
        return Installed(
            client_key=payload.client_key,
            origin=origin_of(payload.base_url),
            api_url=payload.base_url + "/",
            web_url=payload.display_url or payload.base_url,
            details=AtlassianDetails.model_validate(kept | payload.said | made),
            secret=secret,
            may_move=True,
            names=_names(payload),
            event_at=happened,
            unless=lambda stored: _is_newer(
                stored.details(AtlassianDetails), digest, happened, is_confirmed=is_confirmed
            ),
        )

    async def confirm(self, tenant: Tenant, secret: str | None) -> Change | None:  # noqa: ARG002 - as the seam has it
        """Believe no doubt: only a signed word ends an installation; a refused call may be a changed secret."""
        return None

    async def _signed_by_atlassian(
        self, text: str, payload: LifecyclePayload, posted: Posted, addon: Addon
    ) -> Mapping[str, Any]:
        key_id, token = read_signed(text)
        if not self._sites.allows(payload.base_url):
            raise TokenRefused("this site may not install; if it should, add its origin to ATLASSIAN_ORIGINS")
        key = await self._keys.get(key_id, site=payload.base_url)
        claims = verify(token, key, now=time.time(), leeway=LEEWAY, longest_life=LONGEST_INSTALL)
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        if not any(isinstance(one, str) and one.rstrip("/") in base_urls(addon) for one in named):
            raise TokenRefused("the audience is another add-on")
        self._inbound.require_bound(claims, posted.asked)
        return claims

    def _signed_by_site(self, text: str, posted: Posted, before: Known | None) -> Mapping[str, Any]:
        secrets = () if before is None else (before.secret, before.previous)
        # A stranger's token costs what a bad signature does.
        keys = [prepare_key(one) for one in secrets if one is not None] or [DUMMY_KEY]
        claims = verify_any(read_token(text), keys, now=time.time())
        self._inbound.require_bound(claims, posted.asked)
        return claims


def _require_same(
    payload: LifecyclePayload, claims: Mapping[str, Any], endpoint: Endpoint, host: str, addon: Addon
) -> None:
    """Raise `TokenRefused` where the body says something else than its token and its route."""
    if claims["iss"] != payload.client_key:
        raise TokenRefused("the body is of another installation than its token")
    if payload.key != addon.manifest.addon.key:
        raise TokenRefused("the body is for another add-on")
    if payload.event_type != endpoint.name:
        raise TokenRefused("the body tells of another event than its route")
    if payload.product not in (None, host):
        raise TokenRefused("the body is of another product than its route")


def _names(payload: InstallPayload) -> tuple[str, ...]:
    """Name the tenant by the Forge installation that the site names beside this one, and by the site where it says."""
    if payload.forge_installation_id is None:
        return ()
    return (installation_name(payload.forge_installation_id, payload.cloud_id),)


def _is_newer(stored: AtlassianDetails, digest: str, happened: float, *, is_confirmed: bool) -> bool:
    return stored.installed_at_host > happened or (stored.install_token == digest and not is_confirmed)
