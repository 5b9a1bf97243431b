"""The add-on as a whole: addon.toml joined with the declarations by key; a mismatch stops the start."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.connect.declare.configure import ConfigForm
from app.connect.declare.manifest import Manifest
from app.connect.declare.router import AddonRouter, Call, EventHandler, JobHandler, ModuleHandler, ModuleKind, Schedule
from app.connect.errors import ConfigurationError

FILES = {ModuleKind.GLANCE: "Glance", ModuleKind.PANEL: "Page", ModuleKind.DIALOG: "Page", ModuleKind.PAGE: "Page"}


@dataclass(frozen=True)
class Addon:
    """Everything that is declared, checked against each other. Keys are unique within each mapping."""

    manifest: Manifest
    base_url: str
    modules: Mapping[tuple[ModuleKind, str], ModuleHandler]
    events: Mapping[str, EventHandler]
    jobs: Mapping[str, JobHandler]
    schedules: Mapping[str, Schedule]
    installed: Sequence[Call]
    uninstalled: Sequence[Call]
    form: type[ConfigForm] | None

    def url(self, host: str, kind: str, key: str | None = None) -> str:
        """Return the absolute URL of one of the routes the plumbing makes for a host."""
        return f"{self.base_url}{route_path(host, kind, key)}"

    def static_url(self, name: str) -> str:
        """Return the absolute URL of a file in app/addon/static; addresses pass as they are."""
        return name if "://" in name else f"{self.base_url}/static/{name}"


def route_path(host: str, kind: str, key: str | None = None) -> str:
    """Return the path under which a declaration answers: `/hipchat/glance/builds`."""
    return f"/{host}/{kind}/{key}" if key else f"/{host}/{kind}"


def join(manifest: Manifest, routers: Iterable[AddonRouter], *, base_url: str) -> Addon:
    """Join addon.toml with the routers; `ConfigurationError` lists every mismatch with the line that mends it."""
    routers = list(routers)
    modules = [module for router in routers for module in router.modules]
    events = [event for router in routers for event in router.events]
    jobs = [job for router in routers for job in router.jobs]
    schedules = [schedule for router in routers for schedule in router.schedules]
    forms = [form for router in routers for form in router.forms]
    problems = [
        *_repeated("module", [f"{module.kind}.{module.key}" for module in modules]),
        *_repeated("event handler", [event.key for event in events]),
        *_repeated("job", [job.key for job in jobs]),
        *_repeated("schedule", [schedule.key for schedule in schedules]),
    ]
    for kind in ModuleKind:
        shown = getattr(manifest, kind)
        handled = {module.key for module in modules if module.kind is kind}
        problems += [_handler_missing(kind, key) for key in shown if key not in handled]
        problems += [_section_missing(kind, key) for key in handled if key not in shown]
    if len(forms) > 1:
        names = " and ".join(form.__name__ for form in forms)
        problems.append(f"{names} are both declared as settings. Keep one @router.settings.")
    if problems:
        raise ConfigurationError("addon.toml and the handlers do not fit together:\n" + "\n".join(problems))
    return Addon(
        manifest=manifest,
        base_url=base_url,
        modules={(module.kind, module.key): module for module in modules},
        events={event.key: event for event in events},
        jobs={job.key: job for job in jobs},
        schedules={schedule.key: schedule for schedule in schedules},
        installed=[call for router in routers for call in router.installed],
        uninstalled=[call for router in routers for call in router.uninstalled],
        form=forms[0] if forms else None,
    )


def require_pictures(manifest: Manifest, folder: Path) -> None:
    """Raise `ConfigurationError` for every picture that addon.toml names and `folder` does not hold."""
    named = {f"glance.{key}.icon": glance.icon for key, glance in manifest.glance.items()}
    named |= {f"panel.{key}.icon": panel.icon for key, panel in manifest.panel.items() if panel.icon}
    named |= {"addon.avatar": manifest.addon.avatar} if manifest.addon.avatar else {}
    missing = [
        f"  {where}: there is no app/addon/static/{name}; put the file there, or write its whole address"
        for where, name in named.items()
        if "://" not in name and not (folder / name).is_file()
    ]
    if missing:
        raise ConfigurationError("addon.toml needs mending:\n" + "\n".join(missing))


def _repeated(what: str, keys: Sequence[str]) -> list[str]:
    return [
        f"  The {what} {key!r} is declared {count} times. Give each a key of its own."
        for key, count in Counter(keys).items()
        if count > 1
    ]


def _handler_missing(kind: ModuleKind, key: str) -> str:
    name = re.sub(r"\W", "_", key)
    name = name if name.isidentifier() else f"show_{name}"
    return (
        f"  addon.toml has [{kind}.{key}], but nothing answers it. Add to app/addon/pages.py:\n"
        f'      @router.{kind}("{key}")\n'
        f"      async def {name}(ctx: Ctx) -> {FILES[kind]}: ..."
    )


def _section_missing(kind: ModuleKind, key: str) -> str:
    label = "title" if kind is ModuleKind.DIALOG else "name"
    icon = '\n      icon = "icon.svg"' if kind is ModuleKind.GLANCE else ""
    return (
        f"  @router.{kind}({key!r}) has no section in addon.toml. Add to addon.toml:\n"
        f'      [{kind}.{key}]\n      {label} = "{key.capitalize()}"{icon}'
    )
