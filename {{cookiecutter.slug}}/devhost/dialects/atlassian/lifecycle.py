"""Installs add-ons on a site and takes them away: installs are signed with a key, the rest with the secret (4, 5)."""

import json
import uuid
from dataclasses import dataclass, replace
from typing import Any

from devhost.dialects.atlassian.descriptor import Descriptor, read_descriptor
from devhost.dialects.atlassian.installation import SiteInstallation, new_secret
from devhost.dialects.atlassian.qsh import qsh
from devhost.dialects.atlassian.signing import claims_of, sign_hs256
from devhost.dialects.atlassian.sites import Site
from devhost.dialects.atlassian.state import AtlassianState
from devhost.errors import InstallRefused, bad_request
from devhost.wire.fetching import fetch_document
from devhost.wire.outbound import Answer, Ask

_TAKEN = (200, 204)
_UNAUTHORIZED = 401
_UNAVAILABLE = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One callback: what is posted, and the token that proves it."""

    event: str
    url: str
    body: dict[str, Any]
    token: str | None
    claims: dict[str, Any] | None


async def install(state: AtlassianState, site: Site, descriptor_url: str) -> SiteInstallation:
    """Install or update an add-on, with a new secret each time. Raises InstallRefused, and all is as before."""
    descriptor = read_descriptor(await fetch_document(state.outbound, state.settings, descriptor_url))
    return await take(state, site, descriptor, descriptor_url)


async def take(
    state: AtlassianState, site: Site, descriptor: Descriptor, descriptor_url: str, *, forge_id: str = ""
) -> SiteInstallation:
    """Install or update what a descriptor says, wherever it is from. Raises InstallRefused."""
    before = site.addons.get(descriptor.key)
    made = SiteInstallation(
        site=site.name,
        client_key=site.client_key,
        descriptor_url=descriptor_url,
        descriptor=descriptor,
        created=state.clock.date(),
        forge_id=forge_id,
    )
    if before is not None and before.state == "installed":
        # An update keeps what the add-on stored, and its OAuth client.
        made = replace(
            before, descriptor=descriptor, descriptor_url=descriptor_url, secret=new_secret(), forge_id=forge_id
        )
    # The add-on may call while it answers: its new secret must hold by then.
    site.addons[descriptor.key] = made
    made.state, made.enabled = "installed", True
    answer = await _installed(state, site, made)
    if answer.error or answer.status not in _TAKEN:
        if before is None:
            del site.addons[descriptor.key]
        else:
            site.addons[descriptor.key] = before
        raise InstallRefused(_why(state, answer), status=answer.status, body=answer.text)
    _tell(state, site, made)
    await notify(state, site, made, "enabled")
    return made


async def rotate_secret(state: AtlassianState, site: Site, installation: SiteInstallation) -> Answer:
    """Send an install with a new secret, as the host does from time to time; it holds when the add-on took it."""
    before = installation.secret
    installation.secret = new_secret()
    answer = await _installed(state, site, installation)
    if answer.error or answer.status not in _TAKEN:
        installation.secret = before
    else:
        state.user_tokens = {
            name: one for name, one in state.user_tokens.items() if one.installation is not installation
        }
    return answer


async def uninstall(state: AtlassianState, site: Site, installation: SiteInstallation) -> Answer | None:
    """Disable an add-on, then uninstall it; its calls are refused from now on, whatever it answers."""
    await notify(state, site, installation, "disabled")
    installation.state, installation.enabled = "uninstalled", False
    answer = await notify(state, site, installation, "uninstalled")
    _tell(state, site, installation)
    return answer


async def set_enabled(
    state: AtlassianState, site: Site, installation: SiteInstallation, *, enabled: bool
) -> Answer | None:
    """Let an add-on work, or pause it."""
    installation.enabled = enabled
    _tell(state, site, installation)
    return await notify(state, site, installation, "enabled" if enabled else "disabled")


async def notify(state: AtlassianState, site: Site, installation: SiteInstallation, event: str) -> Answer | None:
    """Tell an add-on; None when its descriptor names no address for this."""
    if not address(installation, event):
        return None
    return await send(state, installation, signed_call(state, site, installation, event))


def signed_call(state: AtlassianState, site: Site, installation: SiteInstallation, event: str, **changes: Any) -> Call:
    """Write a callback and sign it as the host does; `changes` replace members of its body."""
    url = address(installation, event)
    if not url:
        raise bad_request(f"The add-on has no lifecycle.{event} to call")
    body = payload(state, site, installation, event) | changes
    claims = claims_of(
        installation.client_key, now=state.now(), hashed=qsh("POST", url, base_url=installation.base_url)
    )
    if event in ("installed", "uninstalled"):
        # Two installs of one second would have one token, as this signature has no randomness; here they follow each
        # other faster than in the cloud.
        claims |= {"aud": installation.descriptor.base_url, "jti": uuid.uuid4().hex}
        return Call(event=event, url=url, body=body, token=state.keys.sign(claims), claims=claims)
    token, claims = sign_hs256(claims, installation.secret, state.broken.forgery)
    return Call(event=event, url=url, body=body, token=token, claims=claims)


def address(installation: SiteInstallation, event: str) -> str:
    """Return where an add-on is told of an event; empty when it is not."""
    lifecycle: Any = installation.descriptor.lifecycle
    path = getattr(lifecycle, event)
    return installation.base_url + path if path else ""


def payload(state: AtlassianState, site: Site, installation: SiteInstallation, event: str) -> dict[str, Any]:
    """Write what every callback says, and the secret where it is an install."""
    said = {
        "key": installation.key,
        "clientKey": installation.client_key,
        "oauthClientId": installation.oauth_client_id,
        "publicKey": "",
        "serverVersion": "100000",
        "pluginsVersion": "1.801.0",
        "baseUrl": site.base_url,
        "displayUrl": site.base_url,
        "displayUrlServicedeskHelpCenter": site.base_url,
        "productType": site.product,
        "description": f"{site.title} of {state.settings.group_name}",
        "cloudId": site.cloud_id,
        "eventType": event,
    }
    if installation.forge_id:
        said["installationId"] = installation.forge_id
    return said | ({"sharedSecret": installation.secret} if event == "installed" else {})


async def send(
    state: AtlassianState, installation: SiteInstallation, call: Call, *, purpose: str = "", query: str = ""
) -> Answer:
    """Send a callback, whoever made it; `query` is put behind its address."""
    headers = {"content-type": "application/json"}
    if call.token is not None and not query:
        headers["authorization"] = f"JWT {call.token}"
    return await state.outbound.send(
        Ask(
            method="POST",
            url=call.url + query,
            purpose=purpose or call.event,
            timeout=state.settings.lifecycle_timeout,
            body=json.dumps(call.body).encode("utf-8"),
            headers=headers,
            client_id=installation.client_key,
            claims=call.claims,
        )
    )


async def _installed(state: AtlassianState, site: Site, installation: SiteInstallation) -> Answer:
    return await send(state, installation, signed_call(state, site, installation, "installed"))


def _tell(state: AtlassianState, site: Site, installation: SiteInstallation) -> None:
    state.show()
    state.shell.feed.publish("site", {"site": site.name, "addon": installation.key})


def _why(state: AtlassianState, answer: Answer) -> str:
    told = f"The add-on answered its install with {answer.told()}; 200 or 204 is needed."
    if answer.status in (_UNAUTHORIZED, _UNAVAILABLE):
        told += (
            f" The install was signed with a key of {state.keys_url}: start the add-on with "
            f"ATLASSIAN_KEYS_URL={state.keys_url} (or your own setting for it)."
        )
    return told


def describe(descriptor: Descriptor) -> list[tuple[str, list[str]]]:
    """List what an add-on asks for and shows, for its own page."""
    modules = [
        f"{kind}: {one.get('key') or one.get('event')}"
        for kind in descriptor.modules
        for one in descriptor.of_type(kind)
    ]
    return [("Scopes", sorted(descriptor.scopes)), ("Modules", modules)]
