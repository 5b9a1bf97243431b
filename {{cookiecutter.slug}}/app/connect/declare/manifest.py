"""addon.toml: who the add-on is, and one section for each host, with every mistake explained."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError, create_model

from app.connect.declare.access_section import AccessSection, NamedAccesses
from app.connect.errors import ConfigurationError, say_problems

NAME = "addon.toml"


def _whole_url(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise ValueError("write a whole address, such as https://example.com")
    return value


Key = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_\-.]+$", min_length=1, max_length=40)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Url = Annotated[str, AfterValidator(_whole_url)]


class Section(BaseModel):
    """What every table of addon.toml has in common: nothing unknown, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Shown:
    """A module that a host's section shows and a handler must answer."""

    kind: str
    key: str
    answer: str = "Page"
    """The type that the handler returns, for the message when there is none."""
    where: str | None = None
    """The table of the host's section that shows it, where that is not `<kind>.<key>`."""


class HostSection(Section):
    """The table of one host; each host derives its own from it."""

    def shown(self) -> Iterable[Shown]:
        """List the modules that handlers answer."""
        return ()

    def links(self) -> Iterable[str]:
        """List what is wrong between the parts of the section: sentences that begin with the key."""
        return ()

    def pictures(self) -> Mapping[str, str]:
        """Map keys to the files of app/addon/static that they name."""
        return {}

    def missing_section(self, kind: str, key: str) -> str:
        """Write the lines that show one more module."""
        return f'[{kind}.{key}]\nname = "{key.capitalize()}"'


class Vendor(Section):
    """Who makes the add-on."""

    name: Name
    url: Url


class AddonSection(Section):
    """`[addon]`: who this add-on is, to every host."""

    key: Annotated[str, StringConstraints(pattern=r"^\S+$", min_length=1, max_length=255)]
    name: Name
    description: Annotated[str, StringConstraints(min_length=1, max_length=250)]
    vendor: Vendor | None = None
    homepage: Url | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole of addon.toml: `[addon]`, `[access]` and the section of every enabled host."""

    addon: AddonSection
    sections: Mapping[str, HostSection] = field(default_factory=dict)
    policies: NamedAccesses = field(default_factory=dict)


def read_document(path: Path) -> dict[str, Any]:
    """Read addon.toml; `ConfigurationError` when it is missing or no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"{path.name} is missing. Start the add-on in the folder that holds it.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path.name} is not TOML: {error}. Mend that line.") from None


def read_manifest(
    document: Mapping[str, Any], sections: Mapping[str, type[HostSection]], *, known: Iterable[str] = ()
) -> Manifest:
    """Check the whole document against `[addon]` and the enabled hosts' models.

    `known` are hosts that may have a section without being enabled. `ConfigurationError` names each key and its fix.
    """
    disabled = [name for name in known if name in document and name not in sections]
    missing = [name for name in sections if name not in document]
    if missing or disabled:
        raise ConfigurationError(
            "\n".join(
                [f"{NAME} has no section for the host {name!r}. Add to {NAME}:\n  [{name}]" for name in missing]
                + [
                    f"{NAME} has [{name}], but HOSTS leaves it out. Add {name} to HOSTS, or remove the section."
                    for name in disabled
                ]
            )
        )
    fields: dict[str, Any] = {"addon": (AddonSection, ...)}
    fields |= {"access": (AccessSection, AccessSection())}
    fields |= {name: (model, ...) for name, model in sections.items()}
    whole = create_model("Document", __base__=Section, **fields)
    try:
        read = whole.model_validate(dict(document))
    except ValidationError as error:
        raise ConfigurationError(f"{NAME} needs mending:\n" + "\n".join(say_problems(error))) from None
    found = {name: getattr(read, name) for name in sections}
    problems = [f"  {name}.{line}" for name, section in found.items() for line in section.links()]
    if problems:
        raise ConfigurationError(f"{NAME} needs mending:\n" + "\n".join(problems))
    return Manifest(read.addon, found, read.access.policies)  # type: ignore[attr-defined]


def require_pictures(manifest: Manifest, folder: Path) -> None:
    """Raise `ConfigurationError` for every picture that addon.toml names and `folder` does not hold."""
    missing = [
        f"  {name}.{where}: there is no app/addon/static/{picture}; put the file there, or write its whole address"
        for name, section in manifest.sections.items()
        for where, picture in section.pictures().items()
        if "://" not in picture and not (folder / picture).is_file()
    ]
    if missing:
        raise ConfigurationError(f"{NAME} needs mending:\n" + "\n".join(missing))
