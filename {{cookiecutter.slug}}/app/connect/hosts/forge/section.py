"""`[forge]` in addon.toml: what the manifest says that neither `[jira]`, `[confluence]` nor a handler says already."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from app.connect.declare.manifest import HostSection
from app.connect.hosts.forge.published import module_types
from app.connect.hosts.forge.section_parts import (
    VARIABLE,
    Access,
    AppId,
    Compatibility,
    Connect,
    DataResidency,
    EventFilter,
    Intent,
    Licensing,
    ModuleKey,
    Remote,
    Resource,
    ResourceKey,
    Runtime,
    Service,
    Table,
    VariableName,
)
from app.connect.hosts.forge.storage_parts import Storage

Product = Literal["jira", "confluence", "bitbucket", "compass"]
Written = Mapping[str, Any]
APP_ID = "APP_ID"
BASE_URL = "BASE_URL"
OURS = {
    "trigger": "declare a handler of the event, `@forge.on(...)`",
    "scheduledTrigger": "declare a schedule, `@forge.schedule(...)`",
    "preUninstall": "the plumbing has one",
    "endpoint": "the plumbing writes those that handlers need",
    "connectToForgeMigration": "write [forge.intent]",
    "migration:dataResidency": "declare the hooks; [forge.dataResidency] says how long a move may last",
}
"""Types of modules that are not written in addon.toml, and what is done instead."""
ICONS = ("icon", "thumbnail")
"""Fields of modules that name a picture: a file of app/addon/static, or a whole address."""
EXTERNAL = ("fetch", "fonts", "frames", "navigation", "images", "media", "scripts", "styles", "configurable")


class ScopeOptions(Table):
    """What one scope allows besides."""

    allow_impersonation: bool | None = None


class Native(NamedTuple):
    """A native module of addon.toml."""

    type: str
    key: str
    fields: Written

    @property
    def where(self) -> str:
        """Name its table, without the host."""
        return f'modules."{self.type}".{self.key}' if ":" in self.type else f"modules.{self.type}.{self.key}"


class ForgeSection(HostSection):
    """The table `[forge]`; what it leaves out has a default that a first deployment can live with."""

    model_config = ConfigDict(alias_generator=to_camel)

    app: AppId | None = None
    """The app's id, as `forge register` printed it. Left out: the variable APP_ID of the environment that deploys."""
    scopes: tuple[str, ...] | Mapping[str, ScopeOptions] = ()
    """Product and platform scopes, besides those of `[jira]` and `[confluence]` and of access tokens."""
    user_token: bool = False
    """Whether calls of the frontend bring an access token of the person, too."""
    system_token: bool = True
    """Whether calls bring an access token of the app."""
    runtime: Runtime = Runtime()
    licensing: Licensing | None = None
    access: Access | None = None
    compatibility: Mapping[Product, Compatibility] = Field(default_factory=dict)
    remote: Remote = Remote()
    connect: Connect = Connect()
    intent: Intent | None = None
    modules: Mapping[str, Mapping[ModuleKey, Written]] = Field(default_factory=dict)
    """By type and key, such as `[forge.modules."jira:issuePanel".report]`; fields pass as they are."""
    resources: Mapping[ResourceKey, Resource | str] = Field(default_factory=dict)
    """The key of a frontend to its built folder, seen from manifest.yml."""
    filters: Mapping[str, EventFilter] = Field(default_factory=dict)
    """By the key of a handler of events."""
    external: Written = Field(default_factory=dict)
    """What the app may reach: `permissions.external` of the manifest."""
    content: Written = Field(default_factory=dict)
    """What Custom UI may run: `permissions.content` of the manifest."""
    sandbox: tuple[Literal["allow-storage-access-by-user-activation"], ...] = ()
    enforcement: Literal["app-managed"] | None = None
    """Whether the app itself sees to it what people may do."""
    environment: Mapping[VariableName, str | Literal[True]] = Field(default_factory=dict)
    """Variables of `${NAME}`: the default, or true for one that every deployment must set."""
    translations: Written = Field(default_factory=dict)
    store: Literal["database", "forge"] = "database"
    """Where `ctx.store`, and the settings in it, are kept: in our database, or inside Atlassian."""
    storage: Storage | None = None
    data_residency: DataResidency = DataResidency()
    service: Service | None = None

    @property
    def scope_options(self) -> dict[str, ScopeOptions]:
        """Map each scope that addon.toml names to its options, in its order."""
        scopes = self.scopes
        return dict(scopes) if isinstance(scopes, Mapping) else {name: ScopeOptions() for name in scopes}

    def native(self) -> Iterator[Native]:
        """List the native modules."""
        for name, modules in self.modules.items():
            for key, fields in modules.items():
                yield Native(name, key, fields)

    def pictures(self) -> Mapping[str, str]:
        """Map keys to the files of app/addon/static that they name."""
        return {
            f"{one.where}.{name}": one.fields[name]
            for one in self.native()
            for name in ICONS
            if is_file(one.fields.get(name))
        }

    def missing_section(self, kind: str, key: str) -> str:
        """Write the lines that show one more module."""
        return (
            f'[modules."jira:issuePanel".{key}]\ntitle = "{key.capitalize()}"\nicon = "{key}.svg"\nresource = "main"\n'
            f"# Its frontend is built from a folder and calls resolvers: this host shows no {kind}. Show it on [jira]\n"
            f"# or [confluence] instead, or remove the handler and declare @forge.resolver(...)."
        )

    def links(self) -> Iterable[str]:
        """List what is wrong between the parts of the section."""
        yield from self._wrong_types()
        for one in self.native():
            resource = str(one.fields.get("resource", "")).partition("/")[0]
            if resource and resource not in self.resources and "resource:" not in resource:
                yield (
                    f'{one.where}.resource: there is no frontend "{resource}"; add to [forge.resources]: '
                    f'{resource} = "forge/build"'
                )
        for name in self.external:
            if name not in EXTERNAL:
                near = get_close_matches(name, EXTERNAL, 1)
                yield f"external.{name}: is not known; " + (
                    f"did you mean {near[0]}?" if near else f"use {', '.join(EXTERNAL)}"
                )
        for name in sorted(self._named_variables() - {*self.environment, APP_ID, BASE_URL}):
            yield f"environment: ${{{name}}} is used and not declared; add to [forge.environment]: {name} = true"
        regions = self.remote.base_url
        if regions and "default" not in regions:
            yield 'remote.baseUrl: has regions and no default; add default = "https://..."'

    def _wrong_types(self) -> Iterator[str]:
        known = module_types()
        for name, modules in self.modules.items():
            for key in list(modules)[:1]:
                where = Native(name, key, {}).where
                if name in OURS:
                    yield f"{where}: is not written here: {OURS[name]}; remove it"
                elif name not in known:
                    near = get_close_matches(name, known, 1)
                    instead = (
                        f'did you mean "{near[0]}"?' if near else "remove it, or see the list in its documentation"
                    )
                    yield f"{where}: is no type of module; {instead}"

    def _named_variables(self) -> set[str]:
        return {name for text in _texts(self.model_dump(mode="json")) for name in VARIABLE.findall(text)}


def is_file(value: Any) -> bool:
    """Tell whether a picture is a file of ours: no address, no resource of the frontend, no variable."""
    return isinstance(value, str) and "://" not in value and not value.startswith(("resource:", "$"))


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for member in value.values():
                yield from _texts(member)
        case list() | tuple():
            for member in value:
                yield from _texts(member)
