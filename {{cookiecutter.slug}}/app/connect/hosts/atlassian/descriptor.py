"""The descriptor: what Jira and Confluence read at installation (reference 3). Pure."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from app.connect.declare.addon import Addon, route_path
from app.connect.declare.declarations import EventHandler
from app.connect.hosts.atlassian.dynamic import DYNAMIC
from app.connect.hosts.atlassian.endpoints import ENDPOINTS
from app.connect.hosts.atlassian.module_types import CALL, SINGLE, Place
from app.connect.hosts.atlassian.pictures import pictures_in
from app.connect.hosts.atlassian.section import AtlassianSection, Placed

DOCUMENT = "atlassian-connect.json"
MOVES = "dare-migration"
MIGRATIONS = {"signed-install": True, "gdpr": True, "context-qsh": True}
"""Written the same for ever: a change makes a new version in the marketplace (reference 3.2)."""
SETTINGS_KEY = "settings"
VARIABLE = re.compile(r"(\{[^{}]*\})")


def section_of(addon: Addon, host: str) -> AtlassianSection:
    """Return `[jira]` or `[confluence]`."""
    section = addon.manifest.sections[host]
    assert isinstance(section, AtlassianSection)  # noqa: S101 - it was validated as this model
    return section


def describe(addon: Addon, host: str) -> dict[str, Any]:
    """Return the descriptor of one product as JSON."""
    section, about = section_of(addon, host), addon.manifest.addon
    described: dict[str, Any] = {
        "key": about.key,
        "name": about.name,
        "description": about.description,
        "baseUrl": addon.base_url,
        "links": {"self": addon.url(host, DOCUMENT), "homepage": about.homepage or addon.base_url + "/"},
        "authentication": {"type": "jwt"},
        "apiVersion": section.api_version,
        "apiMigrations": MIGRATIONS,
        "enableLicensing": section.enable_licensing,
        "scopes": [scope.upper() for scope in section.scopes],
        "lifecycle": _lifecycle(addon, host),
        "modules": _modules(addon, section, host),
    }
    if about.vendor:
        described["vendor"] = about.vendor.model_dump()
    if section.translations:
        described["translations"] = {"paths": {name: _file(path) for name, path in section.translations.items()}}
    if section.region_base_urls:
        described["regionBaseUrls"] = dict(section.region_base_urls)
    return described


def moves_of(host: str) -> str:
    """Name the hooks of data residency among what routes are for; no module has this name."""
    return f"{host}/{MOVES}"


def _lifecycle(addon: Addon, host: str) -> dict[str, str]:
    found = {endpoint.name: route_path(host, endpoint.path) for endpoint in ENDPOINTS}
    if any(demand.page == moves_of(host) for demand in addon.demands.values()):
        found[MOVES] = route_path(host, MOVES)
    return found


def _modules(addon: Addon, section: AtlassianSection, host: str) -> dict[str, Any]:
    modules: dict[str, Any] = {}
    placed = list(section.placed())
    for one in placed:
        written = _module(one, placed, about_key=addon.manifest.addon.key, host=host)
        if one.type.name in SINGLE:
            modules[one.type.name] = written
        else:
            modules.setdefault(one.type.name, []).append(written)
    if addon.settings_of(host) is not None:
        modules["configurePage"] = {
            "key": SETTINGS_KEY,
            "name": {"value": "Settings"},
            "url": route_path(host, "settings"),
        }
    events = addon.events_of(host).values()
    webhooks = [_webhook(event, host) for event in events if event.event not in {CALL, DYNAMIC}]
    return modules | ({"webhooks": webhooks} if webhooks else {})


def _module(one: Placed, placed: list[Placed], *, about_key: str, host: str) -> dict[str, Any]:
    """Write one module: what addon.toml says, and every address in its place."""
    written = one.module.written()
    places = list(one.type.places_in(written))
    query = written.pop("query")
    for place in places:
        _put(written, place, one.key, query, host)
    opens = written.pop("opens", None)
    if opens:
        _open(written, next(other for other in placed if other.key == opens), about_key)
    for node, name, _ in list(pictures_in(written)):
        node[name] = _file(node[name])
    return {"key": one.key, **written}


def _put(written: dict[str, Any], place: Place, key: str, query: Mapping[str, str], host: str) -> None:
    """Put the address of a handler where the host looks for it; a further page has parameters of its own."""
    node = written
    for name in place.path[:-1]:
        found = node.get(name)
        node[name] = inner = dict(found) if isinstance(found, Mapping) else {}
        node = inner
    parameters = node.pop("query", {}) if place.optional else query
    kind = "webhook" if place.kind == CALL else place.kind
    node[place.path[-1]] = route_path(host, kind, key) + write_query(parameters)


def _open(written: dict[str, Any], opened: Placed, about_key: str) -> None:
    """Let a link open another module: a dialog by its key, a page where the product shows it."""
    if opened.type.name == "dialogs":
        written["target"] = {"type": "dialogmodule", "options": {"key": opened.key}}
    else:
        written["url"] = f"/plugins/servlet/ac/{about_key}/{opened.key}"
        written["context"] = "product"


def _webhook(event: EventHandler, host: str) -> dict[str, Any]:
    options = event.options.written() if event.options else {}
    query = (event.options.query if event.options else None) or {}
    return {"event": event.event, "url": route_path(host, "webhook", event.key) + write_query(query), **options}


def write_query(parameters: Mapping[str, str]) -> str:
    """Return `?name=value`, encoded but for the variables, which the host fills in and encodes."""
    written = [f"{quote(name, safe='')}={_value(value)}" for name, value in parameters.items()]
    return "?" + "&".join(written) if written else ""


def _value(value: str) -> str:
    return "".join(part if VARIABLE.fullmatch(part) else quote(part, safe="") for part in VARIABLE.split(value))


def _file(name: str) -> str:
    return name if "://" in name else f"/static/{name}"
