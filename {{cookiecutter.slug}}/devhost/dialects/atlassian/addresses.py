"""Addresses of an add-on as the host calls them: variables filled in, its own parameters added, and signed (3.6, 8)."""

import re
import uuid
from typing import Any
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from devhost.dialects.atlassian.accounts import account_id
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.dialects.atlassian.place import Place
from devhost.dialects.atlassian.qsh import CONTEXT, qsh
from devhost.dialects.atlassian.signing import claims_of, sign_hs256
from devhost.dialects.atlassian.state import AtlassianState
from devhost.world.broken import Forgery

# `{issue.key}` in modules, `${issue.key}` in webhooks.
_VARIABLE = re.compile(r"\$?\{([^{}]*)\}")
_CONDITION = re.compile(r"condition\.")
VERSION = "1001.0.0-devhost"


def fill(template: str, variables: dict[str, str]) -> str:
    """Put values in: percent-encoded in the path, as forms are in the query; what is not known is empty."""
    path, mark, query = template.partition("?")

    def value(name: str) -> str:
        return "true" if _CONDITION.match(name) else variables.get(name, "")

    filled = _VARIABLE.sub(lambda found: quote(value(found[1]), safe=""), path)
    return filled + mark + _VARIABLE.sub(lambda found: quote_plus(value(found[1])), query)


def absolute(installation: SiteInstallation, template: str, place: Place, more: dict[str, str] | None = None) -> str:
    """Return a module's address; one that is below the add-on's own is relative in the descriptor."""
    filled = fill(template, place.variables() | (more or {}))
    return filled if "://" in filled.partition("?")[0] else installation.base_url + "/" + filled.lstrip("/")


def frame_url(
    state: AtlassianState,
    installation: SiteInstallation,
    template: str,
    place: Place,
    *,
    channel: str = "",
    forgery: Forgery | None = None,
    data: dict[str, str] | None = None,
) -> tuple[str, dict[str, Any]]:
    """Return the address of a page in a frame with its claims; `data` are `ac.` parameters of a dialog or page."""
    handed = {f"ac.{name}": value for name, value in (data or {}).items()}
    url = absolute(installation, template, place, handed)
    host = urlsplit(state.shell.base_url)
    added = handed | {
        "xdm_e": f"{host.scheme}://{host.netloc}",
        "xdm_c": channel or f"channel-{uuid.uuid4().hex[:12]}",
        "cp": place.site.path,
        "xdm_deprecated_addon_key_do_not_use": installation.key,
        "lic": "none",
        "cv": VERSION,
    }
    url += ("&" if "?" in url else "?") + urlencode(added)
    token, claims = signed(state, installation, "GET", url, place, forgery=forgery)
    return f"{url}&jwt={token}", claims


def signed(
    state: AtlassianState,
    installation: SiteInstallation,
    method: str,
    url: str,
    place: Place,
    *,
    forgery: Forgery | None = None,
) -> tuple[str, dict[str, Any]]:
    """Sign one request to an add-on."""
    claims = claims_of(
        installation.client_key,
        now=state.now(),
        hashed=qsh(method, url, base_url=installation.base_url),
        sub=account_id(place.person) if place.person else None,
        context=place.context,
    )
    return sign_hs256(claims, installation.secret, forgery or state.broken.forgery)


def context_token(state: AtlassianState, installation: SiteInstallation, place: Place) -> str:
    """Make the token that a script in a page gets: it is bound to no address."""
    claims = claims_of(
        installation.client_key,
        now=state.now(),
        hashed=CONTEXT,
        sub=account_id(place.person) if place.person else None,
        context=place.context,
    )
    token, _ = sign_hs256(claims, installation.secret, state.broken.forgery)
    return token
