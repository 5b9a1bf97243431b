"""addon.toml as models: what the host shows, with every limit checked and every mistake explained."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from app.connect.errors import ConfigurationError


def _https_url(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise ValueError("write a whole address, such as https://example.com")
    return value


Key = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_\-.]+$", min_length=1, max_length=40)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Url = Annotated[str, AfterValidator(_https_url)]
Size = Annotated[str, StringConstraints(pattern=r"^\d{1,4}(px|%)$")]
ConditionName = Literal[
    "room_is_public",
    "user_is_admin",
    "user_is_guest",
    "user_is_room_owner",
    "glance_matches",
    "message_matches",
    "message_contains_link",
    "message_sent_by_current_user",
    "card_matches",
]
ONLY_GLANCE = {"glance_matches"}
ONLY_ACTION = {"message_matches", "message_contains_link", "message_sent_by_current_user", "card_matches"}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Condition(_Section):
    """One condition of a module; conditions of a list are all required."""

    condition: ConditionName
    invert: bool = False
    params: dict[str, Any] = {}


class InnerAnyOf(_Section):
    """Simple conditions of which one (`or`) or all (`and`) are required."""

    type: Literal["and", "or"]
    conditions: tuple[Condition, ...]


class AnyOf(_Section):
    """The same with composites inside; hosts allow no deeper nesting."""

    type: Literal["and", "or"]
    conditions: tuple[InnerAnyOf | Condition, ...]


class Vendor(_Section):
    """Who makes the add-on."""

    name: Name
    url: Url


class AddonSection(_Section):
    """`[addon]`: who this add-on is and what it asks for."""

    key: Annotated[str, StringConstraints(pattern=r"^\S+$", min_length=1, max_length=255)]
    name: Name
    description: Annotated[str, StringConstraints(min_length=1, max_length=250)]
    vendor: Vendor | None = None
    homepage: Url | None = None
    from_name: Name | None = None
    avatar: str | None = None
    scopes: tuple[str, ...] = ()
    install: Annotated[tuple[Literal["room", "group"], ...], Field(min_length=1)] = ("room", "group")


class Module(_Section):
    """What every placed module can say; lower weights come first."""

    weight: int = 100
    conditions: tuple[AnyOf | Condition, ...] = ()


class GlanceSection(Module):
    """`[glance.<key>]`: one line in the room's sidebar, answered by `@router.glance(key)`."""

    name: Name
    icon: str
    opens: Key | None = None


class PanelSection(Module):
    """`[panel.<key>]`: a page in the room's sidebar, answered by `@router.panel(key)`."""

    name: Name
    icon: str | None = None


class DialogButton(_Section):
    """A button of a dialog's frame; `key` is the name of the event it sends."""

    name: Name
    key: Annotated[str, StringConstraints(min_length=1)] | None = None
    enabled: bool = True


class DialogSection(_Section):
    """`[dialog.<key>]`: a page in a modal window, answered by `@router.dialog(key)`."""

    title: Name
    style: Literal["normal", "warning"] = "normal"
    size: Literal["small", "medium", "large", "xlarge"] | None = None
    width: Size | None = None
    height: Size | None = None
    hint: Name | None = None
    filter_placeholder: Name | None = None
    primary: DialogButton | None = None
    secondary: tuple[DialogButton, ...] = ()


class ActionSection(Module):
    """`[action.<key>]`: a menu entry on messages or beside the input; opens another module."""

    name: Name
    location: Literal["hipchat.message.action", "hipchat.input.action"]
    opens: Key


class PageSection(_Section):
    """`[page.<key>]`: a page that opens in a browser tab of its own, answered by `@router.page(key)`."""

    name: Name | None = None


class Manifest(_Section):
    """The whole of addon.toml."""

    addon: AddonSection
    glance: dict[Key, GlanceSection] = {}
    panel: dict[Key, PanelSection] = {}
    dialog: dict[Key, DialogSection] = {}
    action: dict[Key, ActionSection] = {}
    page: dict[Key, PageSection] = {}


def read_manifest(path: Path) -> Manifest:
    """Read and check addon.toml; `ConfigurationError` names the file, each key and its fix."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"{path.name} is missing. Start the add-on in the folder that holds it.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path.name} is not TOML: {error}. Mend that line.") from None
    try:
        manifest = Manifest.model_validate(data)
    except ValidationError as error:
        lines = [_explain(problem) for problem in error.errors(include_url=False)]
        raise ConfigurationError(f"{path.name} needs mending:\n" + "\n".join(lines)) from None
    problems = list(_check_links(manifest))
    if problems:
        raise ConfigurationError(f"{path.name} needs mending:\n" + "\n".join(f"  {line}" for line in problems))
    return manifest


def _explain(problem: Any) -> str:
    where = ".".join(str(part) for part in problem["loc"] if part != "[key]")
    limits = problem.get("ctx", {})
    match problem["type"]:
        case "missing":
            fix = "is missing; add it"
        case "extra_forbidden":
            fix = "is not known here; check its spelling or remove it"
        case "string_too_long":
            fix = f"is too long; the host allows {limits['max_length']} characters"
        case "string_too_short":
            fix = "is empty; write at least one character"
        case "string_pattern_mismatch" if str(limits["pattern"]).startswith("^[a-zA-Z0-9_"):
            fix = "is not a key; use letters, digits, '_', '-' and '.' only"
        case "string_pattern_mismatch":
            fix = f"does not have the form {limits['pattern']}"
        case "literal_error":
            fix = f"must be one of {limits['expected']}"
        case _:
            fix = f"{problem['msg'].removeprefix('Value error, ')}"
    return f"  {where}: {fix}"


def _simple(member: AnyOf | InnerAnyOf | Condition) -> list[Condition]:
    if isinstance(member, Condition):
        return [member]
    return [single for inner in member.conditions for single in _simple(inner)]


def _check_links(manifest: Manifest) -> list[str]:
    problems = []
    pages = {*manifest.panel, *manifest.dialog, *manifest.page}
    targets = {f"glance.{key}": section.opens for key, section in manifest.glance.items() if section.opens}
    targets |= {f"action.{key}": section.opens for key, section in manifest.action.items()}
    for where, target in targets.items():
        allowed = pages | ({*manifest.glance} if where.startswith("action.") else set())
        if target not in allowed:
            problems.append(f'{where}.opens: there is no module "{target}"; add [panel.{target}] or name another')
    for key, dialog in manifest.dialog.items():
        if (dialog.width is None) != (dialog.height is None):
            problems.append(f"dialog.{key}: width and height go together; add the missing one")
        if dialog.size and dialog.width:
            problems.append(f"dialog.{key}: size and width exclude each other; remove one")
    for kind, forbidden in (("glance", ONLY_ACTION), ("panel", ONLY_ACTION | ONLY_GLANCE), ("action", ONLY_GLANCE)):
        for key, section in getattr(manifest, kind).items():
            used = {single.condition for member in section.conditions for single in _simple(member)}
            problems += [
                f"{kind}.{key}.conditions: {name} does not apply to a {kind}; remove it" for name in used & forbidden
            ]
    return problems
