"""`modules`: the native ones of addon.toml, and those by which Forge calls us: endpoints, triggers, schedules."""

from collections.abc import Iterator
from itertools import groupby

from app.connect.declare.addon import Addon
from app.connect.hosts.forge import paths
from app.connect.hosts.forge.manifest.connect import native_permissions
from app.connect.hosts.forge.manifest.events import Triggered, schedules, trigger_fields, triggered
from app.connect.hosts.forge.manifest.words import Modules, Named, Written, default_address, plain, section_of, some
from app.connect.hosts.forge.published import module_types
from app.connect.hosts.forge.section import ICONS, Native, is_file

FROM_FRONTEND = "resolver.endpoint"
ON_ITS_OWN = "endpoint"
LIFECYCLE_TRIGGER = "forge-lifecycle"
EVENTS_TRIGGER = "forge-product-events"
HOURLY_TRIGGER = "forge-hourly-trigger"
GOODBYE = "forge-goodbye"
INTENT = "forge-intent"
RESIDENCY = "forge-data-residency"


def native_modules(addon: Addon) -> Modules:
    """Return the modules of addon.toml, with every place that calls this add-on filled in."""
    section, found = section_of(addon), Modules()
    for one in section.native():
        written = plain(one.fields)
        for name in ICONS:
            if is_file(written.get(name)):
                written[name] = f"{default_address(section)}/static/{written[name]}"
        if calls_from_frontend(one):
            written["resolver"] = {"endpoint": paths.CALLS_KEY}
        elif calls_on_its_own(one):
            written["endpoint"] = paths.call_key(one.key)
        found.setdefault(one.type, []).append({"key": one.key, **written})
    return found


def calls_from_frontend(one: Native) -> bool:
    """Tell whether a module's frontend calls resolvers of ours; one that names its own is left alone."""
    return (
        FROM_FRONTEND in module_types()[one.type].endpoints
        and "resource" in one.fields
        and not {"resolver", "function"} & {*one.fields}
    )


def calls_on_its_own(one: Native) -> bool:
    """Tell whether the product calls for a module without a frontend, such as a function of JQL."""
    return ON_ITS_OWN in module_types()[one.type].endpoints and not {
        "resolver",
        "function",
        "endpoint",
        "resource",
    } & {*one.fields}


def moves_data(addon: Addon) -> bool:
    """Tell whether the hooks of data residency are declared for this host."""
    return any(demand.page == paths.MOVES for demand in addon.demands.values())


def all_modules(addon: Addon) -> Modules:
    """Return `modules`, each type with its list."""
    section = section_of(addon)
    made: Modules = {**native_modules(addon)}
    for name, modules in native_permissions(addon).items():
        made.setdefault(name, []).extend(modules)
    made["endpoint"] = endpoints(addon)
    made["trigger"] = _triggers(addon)
    made["scheduledTrigger"] = [
        {"key": HOURLY_TRIGGER, "endpoint": paths.HOURLY_KEY, "interval": "hour"},
        *(
            {
                "key": f"{paths.schedule_key(key)}-trigger",
                "endpoint": paths.schedule_key(key),
                "interval": interval,
                **some(filter=section.filters[key].filter() if key in section.filters else None),
            }
            for key, interval in schedules(addon).items()
        ),
    ]
    made["preUninstall"] = [{"key": GOODBYE, "endpoint": paths.UNINSTALL_KEY}]
    if moves_data(addon):
        hours = section.data_residency.written()
        made["migration:dataResidency"] = [
            {"key": RESIDENCY, "remote": paths.REMOTE, "path": paths.route(paths.MIGRATION), **hours}
        ]
    if section.intent is not None:
        made["connectToForgeMigration"] = [{"key": INTENT, **section.intent.written()}]
    return made


def endpoints(addon: Addon) -> list[Written]:
    """Return the endpoints: the frontend's, whose path comes with each call, and one for each route."""
    section = section_of(addon)
    system = {"appSystemToken": {"enabled": True}} if section.system_token else {}
    user = {"appUserToken": {"enabled": True}} if section.user_token else {}
    native = list(section.native())
    frontend = (
        [_endpoint(addon, paths.CALLS_KEY, None, {**user, **system})]
        if any(calls_from_frontend(one) for one in native)
        else []
    )
    return [
        *frontend,
        _endpoint(addon, paths.EVENTS_KEY, paths.EVENTS.path, system),
        _endpoint(addon, paths.HOURLY_KEY, paths.HOURLY.path, system),
        _endpoint(addon, paths.UNINSTALL_KEY, paths.UNINSTALL.path, {}),
        *(
            _endpoint(addon, paths.schedule_key(key), paths.SCHEDULES.path.format(key=key), system)
            for key in schedules(addon)
        ),
        *(
            _endpoint(addon, paths.call_key(one.key), f"{paths.CALL}/{one.key}", system)
            for one in native
            if calls_on_its_own(one)
        ),
    ]


def module_keys(addon: Addon) -> Iterator[Named]:
    """List the keys of modules that addon.toml and handlers of this host bring, with where they come from."""
    for one in section_of(addon).native():
        yield Named(one.key, f"forge.{one.where}")
    ours = {name for one in section_of(addon).native() for name in [one.type]} | {*native_permissions(addon)}
    for name, modules in all_modules(addon).items():
        if name not in ours:
            yield from (Named(module["key"], f"the {name} of the plumbing") for module in modules)


def _endpoint(addon: Addon, key: str, path: str | None, auth: Written) -> Written:
    service = section_of(addon).service
    where = {"remote": paths.REMOTE} if service is None else {"service": service.key}
    return {"key": key, **where, **some(route={"path": paths.route(path)} if path else None, auth=auth)}


def _triggers(addon: Addon) -> list[Written]:
    lifecycle = {"key": LIFECYCLE_TRIGGER, "endpoint": paths.EVENTS_KEY, "events": list(paths.LIFECYCLE_EVENTS)}
    wanted = [event for event in triggered(addon).values() if event.name not in paths.LIFECYCLE_EVENTS]
    ordered = sorted(wanted, key=lambda event: (event.group, event.name))
    groups = [list(events) for _, events in groupby(ordered, key=lambda event: event.group)]
    return [lifecycle, *(_trigger(events) for events in sorted(groups, key=_trigger_key))]


def _trigger(events: list[Triggered]) -> Written:
    names = [event.name for event in events]
    return {"key": _trigger_key(events), "endpoint": paths.EVENTS_KEY, "events": names, **trigger_fields(events[0])}


def _trigger_key(events: list[Triggered]) -> str:
    if events[0].filter is None:
        return EVENTS_TRIGGER
    first = min(handler.key for event in events for handler in event.handlers).replace(".", "-")
    return f"{EVENTS_TRIGGER}-{first}"
