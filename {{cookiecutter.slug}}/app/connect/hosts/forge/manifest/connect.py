"""`connectModules`: the descriptors of Jira and Confluence, written as the manifest has them (reference 9.1)."""

import re
from collections.abc import Iterator
from typing import Any

from app.connect.declare.addon import Addon
from app.connect.hosts.atlassian.descriptor import MOVES, SETTINGS_KEY, describe, moves_of
from app.connect.hosts.forge.manifest.words import Modules, Named, Written, products_of, section_of

LIFECYCLE = "lifecycle-events"
TRANSLATIONS = "connect-translations"
PERMISSIONS = {"jiraGlobalPermissions": "jira:globalPermission", "jiraProjectPermissions": "jira:projectPermission"}
"""Types that become native modules."""
LOWER = ("defaultGrants", "category")


def connect_products(addon: Addon) -> list[str]:
    """List the products whose Connect add-on goes on inside the app."""
    return products_of(addon) if section_of(addon).connect.modules else []


def connect_modules(addon: Addon) -> Modules:
    """Return `connectModules`; nothing where the app was never a Connect add-on."""
    return {name: [module for module, _ in found] for name, found in _converted(addon).items()}


def connect_keys(addon: Addon) -> Iterator[Named]:
    """List the keys of connectModules and of what became native, with their tables in addon.toml."""
    for found in _converted(addon).values():
        yield from (Named(module["key"], where) for module, where in found)
    yield from (Named(module["key"], where) for _, module, where in _permissions(addon))


def native_permissions(addon: Addon) -> Modules:
    """Return the permissions that became native modules."""
    found: Modules = {}
    for name, module, _ in _permissions(addon):
        found.setdefault(name, []).append(module)
    return found


def connect_scopes(addon: Addon) -> list[str]:
    """Return the scopes of the descriptors as the manifest names them: `READ` of Jira is `read:connect-jira`."""
    return [
        f"{scope.lower().replace('_', '-')}:connect-{product}"
        for product in connect_products(addon)
        for scope in describe(addon, product)["scopes"]
        if scope != "NONE"
    ]


def is_licensed(addon: Addon) -> bool:
    """Tell whether a descriptor sells the add-on."""
    return any(describe(addon, product)["enableLicensing"] for product in connect_products(addon))


def regions_of(addon: Addon) -> dict[str, str]:
    """Return the addresses for regions that a descriptor names."""
    found: dict[str, str] = {}
    for product in connect_products(addon):
        found |= describe(addon, product).get("regionBaseUrls", {})
    return found


def moves_over_connect(addon: Addon) -> list[str]:
    """List the products that answer the hooks of data residency with Connect's signature."""
    pages = {demand.page for demand in addon.demands.values()}
    return [product for product in connect_products(addon) if moves_of(product) in pages]


def webhook_key(product: str, key: str) -> str:
    """Return the key of a webhook's module."""
    return f"{product}-webhook-{re.sub(r'[^a-zA-Z0-9_-]', '-', key)}"


def _converted(addon: Addon) -> dict[str, list[tuple[Written, str]]]:
    """Return every module with where it comes from, by its type."""
    found: dict[str, list[tuple[Written, str]]] = {}
    for number, product in enumerate(connect_products(addon)):
        described = describe(addon, product)
        # Keys are unique over the whole manifest: what the plumbing names is told apart by its product.
        own = "" if number == 0 else f"{product}-"
        lifecycle = {name: path for name, path in described["lifecycle"].items() if name != MOVES}
        found[f"{product}:lifecycle"] = [({"key": own + LIFECYCLE, **lifecycle}, f"the lifecycle of {product}")]
        for name, modules in described["modules"].items():
            if name not in PERMISSIONS:
                found[f"{product}:{name}"] = list(_modules_of(addon, product, name, _listed(modules), own))
        if not found.get(f"{product}:webhooks"):
            found.pop(f"{product}:webhooks", None)
        if "translations" in described:
            module = {"key": own + TRANSLATIONS, **described["translations"]}
            found[f"{product}:translations"] = [(module, f"{product}.translations")]
    return found


def _modules_of(
    addon: Addon, product: str, name: str, modules: list[Written], own: str
) -> Iterator[tuple[Written, str]]:
    if name == "webhooks":
        if section_of(addon).connect.events == "forge":
            return
        for module in modules:
            key = module["url"].partition("?")[0].rpartition("/")[2]
            yield {"key": webhook_key(product, key), **module}, f"the handler {key!r} of {product}"
        return
    for module in modules:
        if name == "configurePage" and module["key"] == SETTINGS_KEY and addon.settings is not None:
            yield {**module, "key": own + SETTINGS_KEY}, "the page of @router.settings"
        else:
            yield module, f"{product}.{name}.{module['key']}"


def _permissions(addon: Addon) -> Iterator[tuple[str, Written, str]]:
    for product in connect_products(addon):
        for name, modules in describe(addon, product)["modules"].items():
            if name in PERMISSIONS:
                for module in modules:
                    yield PERMISSIONS[name], _permission(PERMISSIONS[name], module), f"{product}.{name}.{module['key']}"


def _permission(name: str, module: Written) -> Written:
    made = {key: _flat(value) for key, value in module.items()}
    made |= {key: _lower(made[key]) for key in LOWER if key in made}
    if name == "jira:globalPermission":
        made.setdefault("anonymousAllowed", False)
    return made | {"migratedFromConnect": True}


def _flat(value: Any) -> Any:
    """Return the text of what Connect writes as a text and the key of its translation."""
    return value["value"] if isinstance(value, dict) and "value" in value else value


def _lower(value: Any) -> Any:
    return [one.lower() for one in value] if isinstance(value, list) else value.lower()


def _listed(modules: Any) -> list[Written]:
    return modules if isinstance(modules, list) else [modules]
