"""The add-on as a whole: addon.toml joined with the declarations by key; a mismatch stops the start."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.connect.declare.declarations import (
    Call,
    Demand,
    EventHandler,
    FormHandler,
    JobHandler,
    LifecycleHandler,
    ModuleHandler,
    Schedule,
    SettingsForm,
)
from app.connect.declare.form_problems import problems as form_problems
from app.connect.declare.manifest import HostSection, Manifest, Shown
from app.connect.declare.router import Router
from app.connect.declare.token_events import TokenHandler
from app.connect.errors import ConfigurationError


@dataclass(frozen=True)
class Addon:
    """Everything that is declared, checked against each other."""

    manifest: Manifest
    base_url: str
    modules: Sequence[ModuleHandler]
    events: Sequence[EventHandler]
    jobs: Mapping[tuple[str | None, str], JobHandler]
    schedules: Mapping[str, Schedule]
    forms: Mapping[str, FormHandler]
    installed: Sequence[LifecycleHandler]
    uninstalled: Sequence[LifecycleHandler]
    tokens: Sequence[TokenHandler]
    settings: Mapping[str | None, SettingsForm]
    demands: Mapping[Call, Demand]

    def modules_of(self, host: str) -> list[ModuleHandler]:
        """List what answers the modules that a host shows."""
        section = self.manifest.sections[host]
        found = {(module.host, module.kind, module.key): module for module in self.modules}
        answers = [_answer(found, host, shown) for shown in section.shown()]
        return [answer for answer in answers if answer is not None]

    def events_of(self, host: str) -> dict[str, EventHandler]:
        """Map the keys of a host's event handlers to them."""
        return {event.key: event for event in self.events if event.host == host}

    def job_of(self, hosts: Sequence[str], key: str) -> JobHandler | None:
        """Find what runs a job of a tenant of these hosts: the handler of the first that has one, else the portable."""
        return next((self.jobs[host, key] for host in (*hosts, None) if (host, key) in self.jobs), None)

    def settings_of(self, *hosts: str) -> SettingsForm | None:
        """Find the settings of a tenant of these hosts: those of the first that has its own, else the portable ones."""
        return next((self.settings[host] for host in (*hosts, None) if host in self.settings), None)

    def forms_of(self, host: str) -> list[FormHandler]:
        """List the forms on the modules that a host shows."""
        shown = {module.key for module in self.modules_of(host)}
        return [form for form in self.forms.values() if form.on in shown]

    def url(self, host: str, kind: str, key: str | None = None) -> str:
        """Return the absolute URL of one of the routes the plumbing makes for a host."""
        return f"{self.base_url}{route_path(host, kind, key)}"

    def static_url(self, name: str) -> str:
        """Return the absolute URL of a file in app/addon/static; addresses pass as they are."""
        return name if "://" in name else f"{self.base_url}/static/{name}"


def route_path(host: str, kind: str, key: str | None = None) -> str:
    """Return the path under which a declaration answers: `/<host>/panel/report`."""
    return f"/{host}/{kind}/{key}" if key else f"/{host}/{kind}"


def join(manifest: Manifest, routers: Iterable[Router[Any]], *, base_url: str) -> Addon:
    """Join addon.toml with the routers; `ConfigurationError` lists every mismatch with the line that mends it."""
    routers = list(routers)
    enabled = manifest.sections
    modules = [one for router in routers for one in router.modules]
    events = [one for router in routers for one in router.events]
    jobs = [one for router in routers for one in router.jobs]
    schedules = [one for router in routers for one in router.schedules]
    forms = [one for router in routers for one in router.forms]
    settings = [one for router in routers for one in router.settings_forms]
    problems = [
        *(
            f"  {name}: there are handlers for this host, but HOSTS leaves it out. Add it, or remove them."
            for name in sorted(_hosts_of(modules, events, jobs, settings) - {*enabled})
        ),
        *_repeated("module", [(one.host, f"{one.kind}.{one.key}") for one in modules]),
        *_repeated("event handler", [(None, f"{one.host}.{one.key}") for one in events]),
        *_repeated("job", [(one.host, one.key) for one in jobs]),
        *_repeated("schedule", [(None, one.key) for one in schedules]),
        *_repeated("form", [(None, one.key) for one in forms]),
        *_settled_twice(settings),
        *_shared(routers),
        *_unanswered(enabled, modules),
        *_unshown(enabled, modules),
        *(
            f"  @router.form({one.key!r}, on={one.on!r}): there is no module {one.on!r}. Name a panel or page."
            for one in forms
            if one.on not in {module.key for module in modules}
        ),
        *(
            f"  {line}"
            for model in (*(one.model for one in forms), *(one.model for one in settings))
            for line in form_problems(model)
        ),
    ]
    if problems:
        raise ConfigurationError("addon.toml and the handlers do not fit together:\n" + "\n".join(problems))
    return Addon(
        manifest=manifest,
        base_url=base_url,
        modules=modules,
        events=events,
        jobs={(one.host, one.key): one for one in jobs},
        schedules={one.key: one for one in schedules},
        forms={one.key: one for one in forms},
        installed=[call for router in routers for call in router.installed],
        uninstalled=[call for router in routers for call in router.uninstalled],
        tokens=[one for router in routers for one in router.tokens],
        settings={one.host: one for one in settings},
        demands={call: demand for router in routers for call, demand in router.demands.items()},
    )


def _hosts_of(*declared: Iterable[ModuleHandler | EventHandler | JobHandler | SettingsForm]) -> set[str]:
    return {one.host for some in declared for one in some if one.host}


def _answer(
    found: Mapping[tuple[str | None, str, str], ModuleHandler], host: str, shown: Shown
) -> ModuleHandler | None:
    """Find what answers a module: the host's own handler, else the portable one."""
    return found.get((host, shown.kind, shown.key)) or found.get((None, shown.kind, shown.key))


def _repeated(what: str, keys: Sequence[tuple[str | None, str]]) -> list[str]:
    """Name the keys that are declared twice for one host, or twice for all; each host may have its own."""
    return [
        f"  The {what} {key!r} is declared {count} times{f' for {host}' if host else ''}. Give each a key of its own."
        for (host, key), count in Counter(keys).items()
        if count > 1
    ]


def _settled_twice(settings: Sequence[SettingsForm]) -> list[str]:
    names: dict[str | None, list[str]] = {}
    for one in settings:
        names.setdefault(one.host, []).append(one.model.__name__)
    return [
        f"  {' and '.join(twice)} are both declared as settings{f' for {host}' if host else ''}. "
        f"Keep one @{host or 'router'}.settings."
        for host, twice in names.items()
        if len(twice) > 1
    ]


def _shared(routers: Sequence[Router[Any]]) -> list[str]:
    """Name the functions of more than one router: what one route demands would be asked of the other, too."""
    return [
        f"  {call.__name__}: the same function answers routes of {count} routers. Write one for each."
        for call, count in Counter(call for router in routers for call in router.demands).items()
        if count > 1
    ]


def _unanswered(sections: Mapping[str, HostSection], modules: Iterable[ModuleHandler]) -> list[str]:
    found = {(module.host, module.kind, module.key): module for module in modules}
    return [
        _handler_missing(host, shown)
        for host, section in sections.items()
        for shown in section.shown()
        if _answer(found, host, shown) is None
    ]


def _unshown(sections: Mapping[str, HostSection], modules: Iterable[ModuleHandler]) -> list[str]:
    shown = {(host, one.kind, one.key) for host, section in sections.items() for one in section.shown()}
    lines = []
    for module in modules:
        hosts = [module.host] if module.host in sections else list(sections)
        if hosts and not any((host, module.kind, module.key) in shown for host in hosts):
            host = str(hosts[0])
            section = sections[host].missing_section(module.kind, module.key).replace("\n", "\n      ")
            lines.append(
                f"  The {module.kind} {module.key!r} has a handler, but no section in addon.toml. Add to addon.toml:\n"
                f"      [{host}.{section.removeprefix('[')}"
            )
    return lines


def _handler_missing(host: str, shown: Shown) -> str:
    name = re.sub(r"\W", "_", shown.key)
    name = name if name.isidentifier() else f"show_{name}"
    router = "router" if shown.kind in {"panel", "page"} else host
    section = shown.where or f"{shown.kind}.{shown.key}"
    return (
        f"  addon.toml has [{host}.{section}], but nothing answers it. Add to a file that app/addon/__init__.py "
        "lists:\n"
        f'      @{router}.{shown.kind}("{shown.key}")\n'
        f"      async def {name}(ctx: Ctx) -> {shown.answer}: ..."
    )
