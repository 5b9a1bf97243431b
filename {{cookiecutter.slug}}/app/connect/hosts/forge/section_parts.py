"""The tables inside `[forge]`: what is said of the app, its remote, its frontend, its events and its container.

Names of fields are those of the manifest; a text may hold `${NAME}`, a variable of the environment that deploys.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from app.connect.declare.manifest import Section

VARIABLE = re.compile(r"\$\{([a-zA-Z_][a-zA-Z0-9_]*)\}")
REGIONS = ("US", "EU", "AU", "DE", "SG", "CA", "IN", "KR", "JP", "GB", "CH")
Region = Literal["default", "US", "EU", "AU", "DE", "SG", "CA", "IN", "KR", "JP", "GB", "CH"]
SIZES = {
    "30m": ("64Mi",),
    "60m": ("128Mi",),
    "125m": ("256Mi",),
    "250m": ("512Mi",),
    "500m": ("1Gi",),
    "1000m": ("2Gi",),
    "2000m": ("4Gi",),
    "4000m": ("8Gi", "16Gi"),
}
"""How much memory goes with how much of a processor (reference 12)."""
MAX_EXPRESSION = 10_000


class Table(Section):
    """A table in the manifest's own words."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, hide_input_in_errors=True)

    def written(self) -> dict[str, Any]:
        """Return what addon.toml says, with the manifest's names."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def _module_key(key: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,255}", key):
        raise ValueError("is not a key; use letters, digits, '_' and '-'")
    return key


def _resource_key(key: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,23}", key):
        raise ValueError("is not a key of a resource; use 1 to 23 letters, digits, '_' and '-'")
    return key


def _variable_name(name: str) -> str:
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name):
        raise ValueError("is no name of a variable; use letters, digits and '_', such as BASE_URL")
    return name


def _app_id(value: str) -> str:
    if not VARIABLE.fullmatch(value) and not re.fullmatch(r"ari:cloud:ecosystem::app/[0-9a-fA-F-]{36}", value):
        raise ValueError(
            'write what `forge register` printed, "ari:cloud:ecosystem::app/" and 36 characters, '
            "or leave it out: it is read from the variable APP_ID when the app is deployed"
        )
    return value


def _base_url(value: str) -> str:
    if VARIABLE.fullmatch(value):
        return value
    if not re.fullmatch(r"https://[^/\s?#@]+/?", value):
        raise ValueError(
            "write an address without a path, such as https://builds.example.com, or a variable ${BASE_URL}"
        )
    return value.rstrip("/")


ModuleKey = Annotated[str, AfterValidator(_module_key)]
ResourceKey = Annotated[str, AfterValidator(_resource_key)]
VariableName = Annotated[str, AfterValidator(_variable_name)]
AppId = Annotated[str, AfterValidator(_app_id)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Regions = Annotated[
    Mapping[Region, BaseUrl], BeforeValidator(lambda given: {"default": given} if isinstance(given, str) else given)
]


class Runtime(Table):
    """The runtime that every app names, also one without a line of JavaScript."""

    name: Literal["nodejs20.x", "nodejs22.x", "nodejs24.x"] = "nodejs22.x"
    architecture: Literal["x86_64", "arm64"] | None = None
    memory_mb: int | None = Field(None, alias="memoryMB", ge=128, le=1024)


class Licensing(Table):
    """Whether the marketplace sells the app."""

    enabled: bool = True
    editions_enabled: bool | None = None
    modes: tuple[Literal["user-access"], ...] | None = None


class Access(Table):
    """Whether a site's administrators choose who may use the app."""

    user_access: bool


class Compatibility(Table):
    """Whether a product must be there."""

    required: bool = True


class Remote(Table):
    """This add-on, as Forge reaches it."""

    base_url: Regions = Field(default_factory=dict)
    """One address, or `default` and one for each region. Left out: the variable BASE_URL."""
    operations: tuple[Literal["storage", "compute", "fetch", "other"], ...] = Field(
        ("storage", "compute"), min_length=1
    )
    in_scope_eud: bool = Field(default=True, alias="inScopeEUD")
    """Whether data of end users is stored that must stay in its region. To say so later is a major version."""


class Connect(Table):
    """How the Connect add-on of `[jira]` and `[confluence]` goes on inside the app."""

    key: str | None = None
    """The key of its listing; that of `[addon]` unless said."""
    modules: bool = True
    """False for an app that was never a Connect add-on, since it may have none, and for one that, with its `key`, needs
    none any more."""
    events: Literal["both", "connect", "forge"] = "both"
    """Whether events come by Connect's webhooks, by Forge's triggers, or by both and are handled once."""


class Resource(Table):
    """A built frontend: its folder, seen from manifest.yml."""

    path: str
    entry: Mapping[str, str] | None = None
    """Several pages of one folder, by a name each: a module names `main/settings`."""
    bundler: Literal["manual@2026"] | None = None
    tunnel: Mapping[Literal["port"], int] | None = None


class Intent(Table):
    """What customers are told of the move, `connectToForgeMigration`."""

    migration_guide_url: Annotated[str, StringConstraints(pattern=r"^https://", max_length=2048)]
    will_migrate_to_forge_before_eos: Literal["YES", "NO", "UNDECIDED"] = Field(alias="willMigrateToForgeBeforeEOS")


class EventFilter(Table):
    """What Forge leaves out before it calls, and what it sends along, for one handler of events."""

    ignore_self: bool | None = None
    app_is_licensed: bool | None = None
    expression: Annotated[str, StringConstraints(min_length=1, max_length=MAX_EXPRESSION)] | None = None
    """A Jira expression."""
    on_error: Literal["IGNORE_AND_LOG", "IGNORE", "RECEIVE_AND_LOG", "RECEIVE"] | None = None
    property_paths: tuple[str, ...] | None = Field(None, min_length=1)
    fields: tuple[str, ...] | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def require_something(self) -> "EventFilter":
        """Refuse what filters nothing and adds nothing, and an `onError` of no expression."""
        if not self.filter() and not self.payload():
            raise ValueError("says nothing; write ignoreSelf, appIsLicensed, expression, propertyPaths or fields")
        if self.on_error is not None and self.expression is None:
            raise ValueError("onError is of an expression; add the expression, or remove it")
        return self

    def filter(self) -> dict[str, Any]:
        """Return the trigger's `filter`; nothing where nothing is left out."""
        return {name: value for name, value in self.written().items() if name not in {"propertyPaths", "fields"}}

    def payload(self) -> dict[str, Any]:
        """Return the trigger's `payload`; nothing where nothing is added."""
        added = {name: value for name, value in self.written().items() if name in {"propertyPaths", "fields"}}
        return {"include": added} if added else {}


class DataResidency(Table):
    """The move of data between regions."""

    max_migration_duration_hours: Annotated[float, Field(ge=0.5, le=24, multiple_of=0.5)] | None = None


class Scaling(Table):
    """How many instances run; none is for environments other than production only."""

    min: Annotated[int, Field(ge=0)] = 1
    max: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def check_order(self) -> "Scaling":
        """Refuse a least that is over the most."""
        if self.min > self.max:
            raise ValueError("min is over max; raise max")
        return self


class Service(Table):
    """This add-on as a container that Atlassian runs (preview); every endpoint then leads there."""

    key: Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]{0,17}[a-z0-9])?$")] = "addon"
    tag: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9]([a-zA-Z0-9-_.]{0,125}[a-zA-Z0-9])?$")]
    """The tag of the pushed image; each deployment has its own."""
    cpu: str = "250m"
    memory: str = "512Mi"
    scaling: Scaling = Scaling()

    @model_validator(mode="after")
    def check(self) -> "Service":
        """Refuse a tag that moves, and a size that is not offered."""
        if self.tag == "latest":
            raise ValueError('the tag "latest" moves; write one that is never pushed twice, such as the version')
        if self.memory not in SIZES.get(self.cpu, ()):
            sizes = ", ".join(f"{cpu} with {memory}" for cpu, memories in SIZES.items() for memory in memories)
            raise ValueError(f"cpu and memory: {self.cpu} with {self.memory} is not offered; choose one of {sizes}")
        return self
