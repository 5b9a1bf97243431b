"""What Forge would refuse, or deploy and never call: sentences that name the key of addon.toml and what to write.

Source: reference 2, 3, 7 and 9, and the validators of @forge/manifest.
"""

import re
from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches

from app.connect.declare.addon import Addon
from app.connect.hosts.forge import published
from app.connect.hosts.forge.client.limits import MOST_AT_ONCE
from app.connect.hosts.forge.manifest import build
from app.connect.hosts.forge.manifest.connect import connect_keys, connect_products, moves_over_connect
from app.connect.hosts.forge.manifest.events import by_webhook_only, resolvers, schedules, triggered
from app.connect.hosts.forge.manifest.modules import (
    calls_from_frontend,
    calls_on_its_own,
    endpoints,
    module_keys,
    moves_data,
)
from app.connect.hosts.forge.manifest.words import products_of, section_of
from app.connect.hosts.forge.manifest.yaml_text import write_yaml
from app.connect.hosts.forge.paths import HOST, INTERVALS, LIFECYCLE_EVENTS, MAX_SCHEDULES
from app.connect.hosts.forge.section import Native

MODULE_KEY = re.compile(r"[a-zA-Z0-9_-]{1,255}")
CONNECT_KEY = re.compile(r"[a-zA-Z0-9._-]{1,90}")
MAX_BYTES = 200_000
STORAGE_SCOPE = "storage:app"
TOKEN_SCOPES = {build.SYSTEM_TOKEN, build.USER_TOKEN}
NEAR = 0.85
NEAR_EVENT = 0.9


def problems(addon: Addon) -> list[str]:
    """List what is wrong."""
    found = [
        *_of_connect(addon),
        *_of_scopes(addon),
        *_of_store(addon),
        *_of_native(addon),
        *_of_events(addon),
        *_of_filters(addon),
        *_of_schedules(addon),
        *_of_calls(addon),
        *_of_residency(addon),
        *_of_keys(addon),
    ]
    # Written only where it can be: what is wrong above may be what it cannot be written from.
    if not found and len(write_yaml(build.manifest(addon))) > MAX_BYTES:
        found.append(f"forge: the manifest is over {MAX_BYTES // 1000} KB, and Forge takes no more; show fewer modules")
    return found


def notes(addon: Addon) -> list[str]:
    """List what may be right and cannot be checked."""
    section = section_of(addon)
    unknown = [
        f"The event {name} is in no list that Atlassian publishes: it may never come."
        for name in triggered(addon)
        if name not in published.events() and name not in LIFECYCLE_EVENTS
    ]
    later = [
        f"The handler {handler.key!r} of {handler.host} gets {handler.event} by Connect's webhook alone, which ends "
        "with it: no trigger narrows as its options do, or there is none for that event."
        for handler in by_webhook_only(addon)
        if section.connect.events == "both" and section.connect.modules
    ]
    container = [
        "In a container (a preview) frontends call by invokeService, and it must reach its database: see docs/forge.md."
        for _ in filter(None, [section.service])
    ]
    return [*unknown, *later, *container]


def _of_connect(addon: Addon) -> Iterator[str]:
    section = section_of(addon)
    key = section.connect.key or addon.manifest.addon.key
    if connect_products(addon) and not CONNECT_KEY.fullmatch(key) and "${" not in key:
        name = "forge.connect.key" if section.connect.key else "addon.key"
        yield f"{name}: a Connect key has at most 90 letters, digits, '.', '_' and '-'; write that of your listing"
    if section.intent is not None and not connect_products(addon):
        yield "forge.intent: is for apps that were Connect add-ons; remove it, or add [jira] or [confluence]"


def _of_scopes(addon: Addon) -> Iterator[str]:
    section, known = section_of(addon), published.scopes()
    for scope in section.scope_options:
        if scope in TOKEN_SCOPES:
            switch = "systemToken" if scope == build.SYSTEM_TOKEN else "userToken"
            yield f'forge.scopes: "{scope}" comes with forge.{switch}; remove it'
        elif scope not in known:
            near = get_close_matches(scope, known, 1, NEAR)
            instead = (
                f'did you mean "{near[0]}"?' if near else "see the list in its documentation, and rename or remove it"
            )
            yield f'forge.scopes: "{scope}" is not a scope; {instead}'
    named = {*build.scope_names(addon)}
    if named & TOKEN_SCOPES and not named - TOKEN_SCOPES:
        yield (
            "forge.scopes: without a scope of a product no access token comes; "
            'add one such as "read:jira-work", or write systemToken = false'
        )
    if any(one.allow_impersonation for one in section.scope_options.values()) and not section.system_token:
        yield "forge.scopes: allowImpersonation is asked for with the app's token; remove systemToken = false"
    for table, stores in (("storage", section.storage is not None), ("store", section.store == "forge")):
        if stores and STORAGE_SCOPE not in named:
            yield f'forge.{table}: needs a scope; add "{STORAGE_SCOPE}" to forge.scopes'


def _of_store(addon: Addon) -> Iterator[str]:
    section = section_of(addon)
    if section.store == "database":
        return
    if not section.system_token:
        yield "forge.store: Forge's storage is read with the app's token; remove systemToken = false"
    if connect_products(addon):
        yield (
            "forge.store: what comes by Connect cannot reach Forge's storage, and one site would have two stores; "
            'write modules = false in [forge.connect], or store = "database"'
        )
    settings = addon.settings_of(HOST, *products_of(addon))
    if settings is not None and len(settings.model.model_fields) > MOST_AT_ONCE:
        yield (
            f"forge.store: {settings.model.__name__} has over {MOST_AT_ONCE} fields, and Forge keeps no more at once; "
            'have fewer, or store = "database"'
        )


def _of_native(addon: Addon) -> Iterator[str]:
    ours = {one["key"] for one in endpoints(addon)}
    for one in section_of(addon).native():
        missing = _missing(one)
        if missing:
            yield f"forge.{one.where}.{missing[0]}: is missing; add it"
        for place, written in (("resolver.endpoint", one.fields.get("resolver")), ("endpoint", one.fields)):
            named = written.get("endpoint") if isinstance(written, dict) else None
            if named is not None and named not in ours:
                yield f'forge.{one.where}.{place}: there is no endpoint "{named}"; remove it, and ours is written'


def _missing(one: Native) -> list[str]:
    """Return the fields that are missing for the set of fields of which the fewest are; ours count as there."""
    there = {*one.fields, "key"}
    there |= {"endpoint"} if calls_on_its_own(one) else set()
    wanted = published.module_types()[one.type].required or [[]]
    # A function is of Node: who has one names it, and is not asked for it.
    fitting = [fields for fields in wanted if "function" not in fields or "function" in there] or wanted
    return min(([name for name in fields if name not in there] for fields in fitting), key=len)


def _of_events(addon: Addon) -> Iterator[str]:
    known = published.events()
    held = frozenset(build.scope_names(addon))
    for name, event in triggered(addon).items():
        keys = " and ".join(sorted(repr(one.key) for one in event.handlers))
        near = get_close_matches(name, known, 1, NEAR_EVENT) if name not in known else []
        if near:
            yield f"the handler {keys}: Forge has no event {name}; did you mean {near[0]}?"
        if name in known:
            missing = sorted(known[name].missing(held))
            if missing:
                scopes = " and ".join(f'"{scope}"' for scope in missing)
                yield f"forge.scopes: the handler {keys} of {name} needs {scopes}; add it"
        if any(one != event.filter for one in event.filters):
            yield (
                f"forge.filters: {name} is sent once for the handlers {keys}, and they are filtered differently; "
                "write the same filter for each, or none"
            )


def _of_filters(addon: Addon) -> Iterator[str]:
    section = section_of(addon)
    sent = [event for event in triggered(addon).values() if event.name not in LIFECYCLE_EVENTS]
    kept = {*schedules(addon)}
    filtered = {one.key for event in sent for one in event.handlers} | kept
    for key, given in section.filters.items():
        if key in kept and {*given.written()} != {"appIsLicensed"}:
            yield f"forge.filters.{key}: of a schedule Forge reads appIsLicensed alone; remove the rest"
        if key not in filtered:
            known_keys = ", ".join(sorted(filtered)) or "none"
            yield f"forge.filters.{key}: no handler of that key gets an event of Forge; those that do: {known_keys}"
    if section.connect.events == "forge" or not connect_products(addon):
        for handler in by_webhook_only(addon):
            if handler.options is not None:
                yield (
                    f"forge.filters: the handler {handler.key!r} of {handler.host} is narrowed in Connect's words, and "
                    f"Forge reads its own; add [forge.filters.{handler.key}] with an expression, or remove its options"
                )
            else:
                yield (
                    f"forge.connect.events: Forge has no event like {handler.event}, of the handler {handler.key!r}; "
                    'write "both", or remove the handler'
                )


def _of_schedules(addon: Addon) -> Iterator[str]:
    found = schedules(addon)
    if len(found) > MAX_SCHEDULES - 1:
        yield (
            f"@forge schedules: {', '.join(found)} are {len(found)}, and an app has {MAX_SCHEDULES}, one of them ours; "
            f"keep {MAX_SCHEDULES - 1}, and let the others be @router.every(...), of which there is no limit"
        )
    for key, interval in found.items():
        if interval not in INTERVALS:
            yield f"the schedule {key!r}: {interval!r} is no interval; use one of {', '.join(INTERVALS)}"
        if not MODULE_KEY.fullmatch(key):
            yield f"the schedule {key!r}: becomes the key of a module; use letters, digits, '_' and '-'"


def _of_calls(addon: Addon) -> Iterator[str]:
    section, named = section_of(addon), {*resolvers(addon)}
    native = list(section.native())
    frontends = [one for one in native if calls_from_frontend(one)]
    own = {one.key: one for one in native if calls_on_its_own(one)}
    for key, one in own.items():
        if key not in named:
            yield (
                f"forge.{one.where}: nothing answers it; add to a file that app/addon/__init__.py lists: "
                f'@forge.resolver("{key}"), or name a function'
            )
    if named - {*own} and not frontends:
        first = min(named - {*own})
        yield (
            f'@forge.resolver("{first}"): no module of addon.toml calls it; add one with a frontend, such as '
            '[forge.modules."jira:issuePanel".panel] with a resource'
        )
    if section.user_token and not frontends:
        yield "forge.userToken: comes with calls of a frontend, and no module has one; remove it, or add a module"


def _of_residency(addon: Addon) -> Iterator[str]:
    for product in moves_over_connect(addon):
        if not moves_data(addon):
            yield (
                f"forge: the hooks of data residency of {product} are signed by Connect, and an app's are not; "
                "declare them for Forge, too: declare_moves(forge, ...)"
            )
    section = section_of(addon)
    if section.data_residency.max_migration_duration_hours is not None and not moves_data(addon):
        yield "forge.dataResidency: there are no hooks; declare them, declare_moves(forge, ...), or remove it"
    if moves_data(addon) and isinstance(build.base_url(addon), str):
        yield "forge.remote.baseUrl: data moves between regions, and there is one address; add one for each region"


def _of_keys(addon: Addon) -> Iterator[str]:
    named = [*module_keys(addon), *connect_keys(addon)]
    for one in named:
        if not MODULE_KEY.fullmatch(one.key):
            yield f"{one.where}: {one.key!r} is no key of a module; use letters, digits, '_' and '-'"
    for key, count in Counter(one.key for one in named).items():
        if count > 1:
            places = " and ".join(one.where for one in named if one.key == key)
            yield f"{places}: have the key {key!r}, and a manifest takes each once; rename one"
