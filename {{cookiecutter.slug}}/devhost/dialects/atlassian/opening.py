"""Opens a module of an add-on for somebody at a place: its signed address, and what the add-on answers."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from devhost.dialects.atlassian.addresses import frame_url
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.dialects.atlassian.modules import template_of, text
from devhost.dialects.atlassian.place import Place
from devhost.dialects.atlassian.state import AtlassianState
from devhost.errors import bad_request, not_found
from devhost.wire.log import BROWSER
from devhost.wire.outbound import Answer, Ask
from devhost.world.broken import Forgery

_KINDS_WITHOUT_PAGE = ("webhooks", "jiraEntityProperties", "webSections")


@dataclass(slots=True, kw_only=True)
class SiteLook:
    """Which module of which add-on somebody opens, and where."""

    installation: SiteInstallation
    key: str
    place: Place
    # The type; empty: the first one with this key that has a page.
    kind: str = ""
    # Values that a script handed to a dialog or page: `ac.` parameters of its address.
    data: dict[str, str] = field(default_factory=dict)
    forgery: Forgery | None = None


@dataclass(slots=True, kw_only=True)
class SiteOpening:
    """A page that is about to be shown."""

    addon: str
    addon_name: str
    site: str
    kind: str
    key: str
    title: str
    url: str
    options: dict[str, Any]

    @property
    def is_dialog(self) -> bool:
        """Whether it is shown over the page."""
        return self.kind == "dialogs" or self.options.get("dialog") is True

    @property
    def origin(self) -> str:
        """The only origin that is answered."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def find_module(look: SiteLook) -> tuple[str, dict[str, Any]]:
    """Find the module with its type. Raises HostError 404."""
    for kind, module in look.installation.descriptor.named(look.key):
        if look.kind in ("", kind) and kind not in _KINDS_WITHOUT_PAGE:
            return kind, module
    raise not_found(f"{look.kind or 'A module'} {look.key!r} of {look.installation.key}")


def address(state: AtlassianState, look: SiteLook) -> tuple[str, dict[str, Any]]:
    """Return a page's address with a fresh token, and the claims. Raises HostError 400 or 404."""
    kind, module = find_module(look)
    template = template_of(module)
    if not template:
        raise bad_request(f"{kind} {look.key!r} has no page to open")
    if module.get("cacheable") is True:
        # Such an address is used as it stands: without variables, parameters and token.
        return look.installation.base_url + template, {}
    return frame_url(state, look.installation, template, look.place, forgery=look.forgery, data=look.data)


def opening(state: AtlassianState, look: SiteLook) -> SiteOpening:
    """Sign what opens; a web item opens the dialog that it names."""
    kind, module = find_module(look)
    target = found if isinstance(found := module.get("target"), dict) else {}
    options: dict[str, Any] = dict(module.get("options") or {})
    if kind == "webItems" and target.get("type") == "dialogmodule":
        inner = SiteLook(
            installation=look.installation,
            key=str((target.get("options") or {}).get("key", "")),
            place=look.place,
            data=look.data,
        )
        return opening(state, inner)
    if kind == "webItems":
        options = {**(target.get("options") or {}), "dialog": target.get("type") in ("dialog", "inlinedialog")}
    url, claims = address(state, look)
    state.outbound.note(
        Ask(
            method="GET",
            url=url,
            purpose=f"{BROWSER}: {kind} {look.key}",
            client_id=look.installation.client_key,
            claims=claims or None,
        )
    )
    return SiteOpening(
        addon=look.installation.key,
        addon_name=look.installation.name,
        site=look.place.site.name,
        kind=kind,
        key=look.key,
        title=text(options.get("header")) or text(module.get("name"), look.installation.name),
        url=url,
        options=options,
    )


async def ask(state: AtlassianState, look: SiteLook) -> Answer:
    """Ask for a page as a browser does, whatever comes back."""
    url, claims = address(state, look)
    kind, _ = find_module(look)
    return await state.outbound.send(
        Ask(
            method="GET",
            url=url,
            purpose=f"{kind} {look.key}",
            timeout=state.settings.page_timeout,
            headers={"accept": "text/html"},
            client_id=look.installation.client_key,
            claims=claims or None,
        )
    )
