"""`[jira]` and `[confluence]` in addon.toml: every type of module that the product has, and what a host would refuse.

A new type of module is a line in `module_types.py`; a model only where it says more than all may.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, create_model
from pydantic.alias_generators import to_camel

from app.connect.declare.manifest import HostSection, Shown, Url
from app.connect.hosts.atlassian import section_problems as problems
from app.connect.hosts.atlassian.confluence_modules import CONFLUENCE_MODELS
from app.connect.hosts.atlassian.fields import ModuleKey
from app.connect.hosts.atlassian.jira_modules import JIRA_MODELS
from app.connect.hosts.atlassian.module_types import CALL, SINGLE, ModuleType, types_of
from app.connect.hosts.atlassian.modules import COMMON_MODELS, Module
from app.connect.hosts.atlassian.pictures import pictures_in

MODELS: Mapping[str, type[Module]] = {**COMMON_MODELS, **JIRA_MODELS, **CONFLUENCE_MODELS}
ANSWERS = {"storage": "Storage"}
"""What the handler of a kind returns, unless it is a `Page`."""
MAX_ADDRESS = 200
Realm = Literal["US", "EU", "AU", "DE", "SG", "CA", "IN", "KR", "JP", "GB", "CH"]


def _of_the_plumbing(how: str) -> Any:
    def refuse(_: Any) -> Any:
        raise ValueError(f"is not written here: {how}")

    return Annotated[None, BeforeValidator(refuse)]


def _regional(url: str) -> str:
    if not url.startswith("https://") or len(url) > MAX_ADDRESS:
        raise ValueError(f"write an address that begins with https:// and has at most {MAX_ADDRESS} characters")
    return url.rstrip("/")


class Placed(NamedTuple):
    """A module of the section: its type, its key, and what addon.toml says of it."""

    type: ModuleType
    key: str
    module: Module

    @property
    def where(self) -> str:
        """Name its table, without the host."""
        return f"{self.type.name}.{self.key}"


class AtlassianSection(HostSection):
    """What both products have; the fields for module types are added to each below."""

    model_config = ConfigDict(extra="allow")
    product: ClassVar[str]
    first_panel: ClassVar[str]
    """A location for the panel that `missing_section` writes."""

    scopes: tuple[str, ...] = ()
    api_version: int = Field(1, alias="apiVersion", ge=1)
    enable_licensing: bool = Field(default=False, alias="enableLicensing")
    translations: Mapping[str, str] = Field(default_factory=dict)
    """Locale, such as en-US, to a file of app/addon/static."""
    region_base_urls: Mapping[Realm, Annotated[Url, AfterValidator(_regional)]] = Field(
        default_factory=dict, alias="regionBaseUrls"
    )
    webhooks: _of_the_plumbing("declare a handler of the event, `.on(...)`; remove it") = None  # type: ignore[valid-type]
    lifecycle: _of_the_plumbing("the plumbing answers it; remove it") = None  # type: ignore[valid-type]
    authentication: _of_the_plumbing("it is always jwt; remove it") = None  # type: ignore[valid-type]
    api_migrations: _of_the_plumbing("all of them are done; remove it") = Field(None, alias="apiMigrations")  # type: ignore[valid-type]
    modules: _of_the_plumbing("leave `modules` out of the table's name") = None  # type: ignore[valid-type]

    def placed(self) -> Iterator[Placed]:
        """List the modules."""
        for module_type in types_of(self.product):
            for key, module in getattr(self, module_type.name).items():
                yield Placed(module_type, key, module)

    def shown(self) -> Iterable[Shown]:
        """List the modules and further pages that handlers answer; one for each kind and key."""
        found = {
            (place.kind, one.key): Shown(place.kind, one.key, ANSWERS.get(place.kind, "Page"), one.where)
            for one in self.placed()
            for place in one.type.places_in(one.module.written())
            if place.kind != CALL
        }
        return found.values()

    def calls(self) -> dict[str, str]:
        """Map the keys of modules that the host posts to, to their types."""
        return {
            one.key: one.type.name
            for one in self.placed()
            for place in one.type.places_in(one.module.written())
            if place.kind == CALL
        }

    def pictures(self) -> Mapping[str, str]:
        """Map keys to the files of app/addon/static that they name."""
        named = {
            f"{one.where}.{where}": node[name]
            for one in self.placed()
            for node, name, where in pictures_in(one.module.written())
        }
        return named | {f"translations.{locale}": name for locale, name in self.translations.items()}

    def missing_section(self, kind: str, key: str) -> str:
        """Write the lines that show one more module."""
        name = f'name = "{key.capitalize()}"'
        match kind:
            case "panel":
                return f'[webPanels.{key}]\n{name}\nlocation = "{self.first_panel}"'
            case "dialog":
                return f"[dialogs.{key}]"
            case "macro" | "storage":
                return f"[{'dynamic' if kind == 'macro' else 'static'}ContentMacros.{key}]\n{name}"
            case "editor" | "property_panel":
                return f"[dynamicContentMacros.{key}]\n{name}\n{to_camel(kind)} = true"
            case "view" | "create" | "edit":
                return f"[jiraWorkflowPostFunctions.{key}]\n{name}\n{kind} = true"
        return f"[generalPages.{key}]\n{name}"

    def links(self) -> Iterable[str]:
        """List what is wrong between the parts of the section."""
        known = [found.name for found in types_of(self.product)]
        yield from problems.unknown_types(self.product, self.model_extra or {}, known)
        placed = list(self.placed())
        for one in placed:
            yield from (f"{one.where}.{line}" for line in problems.of_module(self.product, one.type, one.module))
        for key, count in Counter(one.key for one in placed).items():
            if count > 1:
                names = " and ".join(one.where for one in placed if one.key == key)
                yield f"{names}: have the same key, and hosts take each once; rename one"
        for name in sorted(SINGLE):
            if len(getattr(self, name)) > 1:
                yield f"{name}: there is one for the whole add-on; keep one"
        targets = {one.key for one in placed if one.type.name in problems.OPENED}
        for one in placed:
            opens = getattr(one.module, "opens", None)
            if opens and opens not in targets:
                yield f'{one.where}.opens: there is no dialog or page "{opens}"; add [{self.product}.dialogs.{opens}]'


def _section(product: str, first_panel: str) -> type[AtlassianSection]:
    """Make the model of one product's table."""
    fields: dict[str, Any] = {
        found.name: (dict[ModuleKey, MODELS.get(found.name, Module)], Field(default_factory=dict))  # type: ignore[misc]
        for found in types_of(product)
    }
    made = create_model(f"{product.capitalize()}Section", __base__=AtlassianSection, **fields)
    made.product, made.first_panel = product, first_panel
    return made


JiraSection = _section("jira", "atl.jira.view.issue.right.context")
ConfluenceSection = _section("confluence", "atl.general")
