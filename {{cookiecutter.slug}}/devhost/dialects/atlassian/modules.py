"""The modules of add-ons that a site shows: where, to whom, and what each opens (3.5)."""

from dataclasses import dataclass
from typing import Any

from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.dialects.atlassian.place import Place
from devhost.dialects.atlassian.sites import Site

# Types with a page of their own, and where on the devhost's pages they stand.
PANELS = ("webPanels", "jiraIssueContexts", "jiraIssueGlances", "jiraIssueContents")
PAGES = (
    "generalPages",
    "adminPages",
    "configurePage",
    "postInstallPage",
    "jiraProjectPages",
    "jiraProjectAdminTabPanels",
    "spaceToolsTabs",
)
FOR_ADMINS = ("adminPages", "configurePage", "jiraProjectAdminTabPanels")
MACROS = ("dynamicContentMacros",)
_ADMIN_CONDITIONS = ("user_is_admin", "user_is_sysadmin", "user_is_project_admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One module that somebody sees."""

    site: str
    addon: str
    addon_name: str
    kind: str
    key: str
    name: str
    location: str
    # What a glance shows beside its name, and in which colour.
    status: str = ""
    tone: str = "default"
    # What a link leads to: a page of the site, or a dialog over this one.
    is_dialog: bool = False


def text(value: Any, otherwise: str = "") -> str:
    """Return a text that may be translated."""
    found = value.get("value") if isinstance(value, dict) else value
    return found if isinstance(found, str) and found else otherwise


def template_of(module: dict[str, Any]) -> str:
    """Return the address of a module's page; empty when it has none."""
    target = module.get("target")
    for found in (module.get("url"), target.get("url") if isinstance(target, dict) else None):
        if isinstance(found, str):
            return found
    return ""


def shown(site: Site, place: Place, kinds: tuple[str, ...]) -> list[Shown]:
    """List the modules of these types whose conditions hold, lighter ones first."""
    found = [
        (_weight(module), _shown(site, installation, kind, module, place))
        for installation in site.installed
        if installation.works
        for kind in kinds
        for module in installation.descriptor.of_type(kind)
        if is_visible(installation, kind, module, place)
    ]
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def is_visible(installation: SiteInstallation, kind: str, module: dict[str, Any], place: Place) -> bool:
    """Say whether a module is shown to who looks; administration is for administrators."""
    if kind in FOR_ADMINS and not (place.person and place.person.is_group_admin):
        return False
    conditions = module.get("conditions")
    return all(_holds(one, installation, place) for one in conditions) if isinstance(conditions, list) else True


def _holds(condition: Any, installation: SiteInstallation, place: Place) -> bool:
    """Evaluate a condition; one that is not known holds, as conditions only hide."""
    if not isinstance(condition, dict):
        return True
    for word, combine in (("or", any), ("and", all)):
        inner = condition.get(word)
        if condition.get("type", "").lower() == word:
            inner = condition.get("conditions")
        if isinstance(inner, list):
            return combine(_holds(one, installation, place) for one in inner)
    name = condition.get("condition")
    found = True
    if name in _ADMIN_CONDITIONS:
        found = place.person is not None and place.person.is_group_admin
    elif name == "user_is_logged_in":
        found = place.person is not None
    elif name == "entity_property_equal_to":
        found = _property_equals(condition.get("params") or {}, installation, place)
    return found is not (condition.get("invert") in (True, "true"))


def _property_equals(params: dict[str, Any], installation: SiteInstallation, place: Place) -> bool:
    held: Any = None
    if params.get("entity") == "addon":
        held = installation.properties.get(params.get("propertyKey", ""))
    elif params.get("entity") == "issue" and place.issue:
        held = place.issue.properties.get(params.get("propertyKey", ""))
    for name in filter(None, str(params.get("objectName", "")).split(".")):
        held = held.get(name) if isinstance(held, dict) else None
    shown_as = str(held).lower() if isinstance(held, bool) else str(held)
    return held is not None and shown_as == str(params.get("value"))


def _target_type(module: dict[str, Any]) -> str:
    target = module.get("target")
    return str(target.get("type", "page")) if isinstance(target, dict) else "page"


def _weight(module: dict[str, Any]) -> int:
    weight = module.get("weight", 100)
    return weight if isinstance(weight, int) else 100


def _shown(site: Site, installation: SiteInstallation, kind: str, module: dict[str, Any], place: Place) -> Shown:
    key = str(module.get("key", ""))
    content = module.get("content")
    label = text(content.get("label")) if isinstance(content, dict) else ""
    status, tone = _status(installation, key, place) if kind in ("jiraIssueContexts", "jiraIssueGlances") else ("", "")
    return Shown(
        site=site.name,
        addon=installation.key,
        addon_name=installation.name,
        kind=kind,
        key=key,
        name=text(module.get("name"), label or key),
        location=str(module.get("location", "")),
        status=status or label,
        tone=tone or "default",
        is_dialog=_target_type(module) in ("dialog", "dialogmodule", "inlinedialog") or kind == "dialogs",
    )


def _status(installation: SiteInstallation, key: str, place: Place) -> tuple[str, str]:
    """Read what an add-on set for its glance: a property of the issue with a name that the host looks for."""
    held = (
        place.issue.properties.get(f"com.atlassian.jira.issue:{installation.key}:{key}:status") if place.issue else None
    )
    value = held.get("value") if isinstance(held, dict) else None
    if not isinstance(value, dict) or held is None or held.get("type") not in ("lozenge", "badge"):
        return "", ""
    return str(value.get("label", "")), str(value.get("type", "default"))
