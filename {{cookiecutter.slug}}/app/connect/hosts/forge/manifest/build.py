"""The whole manifest, in the order in which it is read: who the app is, what it shows, what it may, where it runs."""

from app.connect.declare.addon import Addon
from app.connect.hosts.forge.manifest.connect import (
    connect_modules,
    connect_scopes,
    is_licensed,
    regions_of,
)
from app.connect.hosts.forge.manifest.modules import all_modules, endpoints
from app.connect.hosts.forge.manifest.words import Written, default_address, plain, section_of, some
from app.connect.hosts.forge.paths import REMOTE
from app.connect.hosts.forge.section import APP_ID, BASE_URL, ForgeSection
from app.connect.hosts.forge.section_parts import Licensing, Resource, Service

HEALTH = "/health/live"
"""Atlassian waits 50 seconds for a first answer and stops what does not answer: a database that is away must not."""
SYSTEM_TOKEN = "read:app-system-token"  # noqa: S105 - the name of a scope
USER_TOKEN = "read:app-user-token"  # noqa: S105


def manifest(addon: Addon) -> Written:
    """Return the manifest of an add-on without problems."""
    section, connected = section_of(addon), connect_modules(addon)
    needs_remote = section.service is None or bool(connected)
    return {
        "app": _app(addon, has_connect=bool(connected)),
        "modules": all_modules(addon),
        **some(connectModules=connected),
        "permissions": {
            "scopes": _scopes(addon),
            **some(
                external=plain(section.external),
                content=plain(section.content),
                sandbox=list(section.sandbox),
                enforcement=section.enforcement,
            ),
        },
        **some(
            resources=[_resource(key, given) for key, given in section.resources.items()],
            remotes=[_remote(addon)] if needs_remote else None,
            services=[_service(section.service)] if section.service else None,
            environment=_environment(addon),
            translations=plain(section.translations),
        ),
    }


def scope_names(addon: Addon) -> list[str]:
    """Return the scopes: those of addon.toml in its order, Connect's, and those that access tokens need."""
    section = section_of(addon)
    named = [*section.scope_options, *connect_scopes(addon)]
    if section.system_token:
        named.append(SYSTEM_TOKEN)
    if any("appUserToken" in one.get("auth", {}) for one in endpoints(addon)):
        named.append(USER_TOKEN)
    return list(dict.fromkeys(named))


def _app(addon: Addon, *, has_connect: bool) -> Written:
    section, about = section_of(addon), addon.manifest.addon
    licensing = section.licensing or (Licensing(enabled=True) if is_licensed(addon) else None)
    connect = {"key": section.connect.key or about.key}
    if has_connect:
        connect |= {"remote": REMOTE, "authentication": "jwt"}
    return {
        "id": section.app or f"${{{APP_ID}}}",
        "description": about.description,
        "runtime": section.runtime.written(),
        **some(
            connect=connect if has_connect or section.connect.key else None,
            licensing=licensing.written() if licensing else None,
            access=section.access.written() if section.access else None,
            compatibility={name: one.written() for name, one in section.compatibility.items()},
            storage=section.storage.manifest() if section.storage else None,
        ),
    }


def _scopes(addon: Addon) -> list[str] | dict[str, Written]:
    options = section_of(addon).scope_options
    named = scope_names(addon)
    if not any(one.allow_impersonation for one in options.values()):
        return named
    return {name: options[name].written() if name in options else {} for name in named}


def _remote(addon: Addon) -> Written:
    remote = section_of(addon).remote
    stores = "storage" in remote.operations
    return {
        "key": REMOTE,
        "baseUrl": base_url(addon),
        "operations": list(remote.operations),
        **some(storage={"inScopeEUD": remote.in_scope_eud} if stores else None),
    }


def base_url(addon: Addon) -> str | dict[str, str]:
    """Return the address of the remote, or one for each region; those of `[jira]` where `[forge]` names none."""
    section = section_of(addon)
    regions: dict[str, str] = {name: url for name, url in section.remote.base_url.items() if name != "default"}
    regions = regions or regions_of(addon)
    default = default_address(section)
    return {"default": default, **regions} if regions else default


def _resource(key: str, given: Resource | str) -> Written:
    return {"key": key, **({"path": given} if isinstance(given, str) else given.written())}


def _service(service: Service) -> Written:
    return {
        "key": service.key,
        "containers": [
            {
                "key": service.key,
                "tag": service.tag,
                "health": {"type": "http", "route": {"path": HEALTH}},
                "resources": {"cpu": service.cpu, "memory": service.memory},
            }
        ],
        "scaling": service.scaling.written(),
    }


def variables(section: ForgeSection, address: str | dict[str, str]) -> dict[str, str | None]:
    """Map the variables to their defaults, None for what every deployment sets."""
    addresses = [address] if isinstance(address, str) else address.values()
    found: dict[str, str | None] = {} if section.app else {APP_ID: None}
    if any(f"${{{BASE_URL}}}" in one for one in addresses):
        found[BASE_URL] = None
    return found | {name: None if value is True else str(value) for name, value in section.environment.items()}


def _environment(addon: Addon) -> Written:
    listed = [
        name if default is None else {"key": name, "default": default}
        for name, default in variables(section_of(addon), base_url(addon)).items()
    ]
    return {"variables": listed} if listed else {}
