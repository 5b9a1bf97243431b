"""Signed addresses: which URL a module has, with its template filled and its token added."""

import json
import re
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from devhost.chat.openings import Look
from devhost.dialects.hipchat.installation import HipChatInstallation
from devhost.dialects.hipchat.modules import Dialog, ExternalPage, WebPanel
from devhost.dialects.hipchat.signing import mint
from devhost.dialects.hipchat.world import HipChatWorld
from devhost.errors import bad_request, not_found
from devhost.world.broken import Forgery
from devhost.world.people import Person

KINDS = ("webPanel", "dialog", "externalPage", "glance", "configurable", "adminPage")
_VARIABLE = re.compile(r"\{([A-Za-z0-9_.\-]+)\}")


def with_query(url: str, parameters: dict[str, str]) -> str:
    """Add query parameters to a URL that may have some already."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(parameters, quote_via=quote)) if part)
    return urlunsplit(parts._replace(query=query))


def _value(values: dict[str, Any], path: str) -> str:
    here: Any = values.get(path)
    if here is None:
        here = values
        for name in path.split("."):
            here = here.get(name) if isinstance(here, dict) else None
    if here is None:
        return ""
    return here if isinstance(here, str) else json.dumps(here, separators=(",", ":"), ensure_ascii=False)


def fill(url: str, values: dict[str, Any]) -> str:
    """Replace `{path.to.value}` by encoded values; missing ones become empty, objects become JSON."""
    return _VARIABLE.sub(lambda match: quote(_value(values, match[1]), safe="", errors="replace"), url)


def module_url(installation: HipChatInstallation, kind: str, key: str) -> tuple[str, bool]:
    """Return a module's own address and whether it is signed. Raises HostError 404 or 400."""
    capabilities = installation.descriptor.capabilities
    if kind in ("configurable", "adminPage"):
        page = capabilities.configurable if kind == "configurable" else capabilities.admin_page
        if page is None:
            raise not_found(f"The capability {kind} of {installation.key}")
        return page.url, getattr(page, "authentication", "jwt") == "jwt"
    if kind == "glance":
        for glance in capabilities.glance:
            if glance.key == key:
                if glance.query_url is None:
                    raise bad_request(f"The glance {key} is static: it has no queryUrl")
                return glance.query_url, True
    pages: dict[str, list[WebPanel | Dialog | ExternalPage]] = {
        "webPanel": [*capabilities.web_panel],
        "dialog": [*capabilities.dialog],
        "externalPage": [*capabilities.external_page],
    }
    for module in pages.get(kind, []):
        if module.key == key:
            return module.url, getattr(module, "authentication", "jwt") == "jwt"
    if kind not in KINDS:
        raise bad_request(f"kind: {kind!r} is none of {', '.join(KINDS)}", field="kind")
    raise not_found(f"The {kind} {key} of {installation.key}")


def token_for(
    world: HipChatWorld,
    installation: HipChatInstallation,
    *,
    room_id: int | None,
    person: Person,
    forgery: Forgery | None = None,
) -> tuple[str, dict[str, Any]]:
    """Make a token for one viewer in one room, with its claims."""
    return mint(
        installation.client_id,
        installation.secret,
        now=world.clock.now() + world.broken.clock_skew,
        seconds=world.settings.jwt_seconds,
        user_id=person.id,
        room_id=room_id if room_id is not None else installation.room_id,
        timezone=person.timezone,
        forgery=forgery or world.broken.forgery,
    )


def page_url(world: HipChatWorld, look: Look) -> tuple[str, dict[str, Any] | None]:
    """Return the address that a client would open, and the claims of its token (None: not signed)."""
    raw, signed = module_url(look.installation, look.kind, look.key)
    url = fill(raw, look.values)
    query = {"connect_client_api_version": "1"}
    claims = None
    if signed:
        token, claims = token_for(
            world, look.installation, room_id=look.room_id, person=look.person, forgery=look.forgery
        )
        query = {"signed_request": token} | query
    if look.kind in ("webPanel", "dialog"):
        query["theme"] = look.theme
    if look.kind in ("dialog", "configurable"):
        query |= {"xdm_e": world.base_url, "xdm_c": "channel-1", "cp": "", "lic": "none", "embedded": "true"}
    return with_query(url, query), claims
