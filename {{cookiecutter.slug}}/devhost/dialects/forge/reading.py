"""Reads a manifest from text, an address or a file, with its variables filled in (reference 2.3)."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from devhost.errors import InstallRefused
from devhost.settings import HostSettings
from devhost.wire.outbound import Ask, Outbound
from devhost.world.jsonvalue import Json

# 200 KB is what the platform takes.
LIMIT = 200 * 1024
_NAME = re.compile(r"[A-Za-z0-9_]+")
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9_]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A manifest as it was found, and the folder beside which its resources are; None where it is only text."""

    document: Json
    folder: Path | None = None


def is_file(given: str) -> bool:
    """Tell whether a manifest is named by its file: a whole path, or one seen from where the devhost was started."""
    return given.startswith("/") or ("\n" not in given and "://" not in given and given.endswith((".yml", ".yaml")))


async def read_source(outbound: Outbound, settings: HostSettings, given: str) -> Source:
    """Read a manifest: its text, or the http(s) address of one. Raises InstallRefused, which says what is wrong."""
    if "\n" in given or ":" in given.partition("//")[0].removesuffix(":"):
        return Source(document=parse(given.encode("utf-8")))
    if urlsplit(given).scheme not in ("http", "https"):
        raise InstallRefused(
            "A manifest is needed: a file such as manifest.yml, its text, or an address such as "
            "http://127.0.0.1:8000/manifest.yml"
        )
    ask = Ask(method="GET", url=given, purpose="manifest", timeout=settings.callback_timeout, limit=LIMIT)
    answer = await outbound.send(ask)
    if not answer.ok or answer.error:
        reason = f"The manifest {given} cannot be fetched: {answer.told()}"
        raise InstallRefused(reason, status=answer.status, body=answer.text)
    return Source(document=parse(answer.body))


def read_file(path: Path) -> Source:
    """Read a manifest of this machine, whose resources lie beside it. Raises InstallRefused."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InstallRefused(f"The manifest {path} cannot be read: {error.strerror}") from error
    return Source(document=parse(raw), folder=path.resolve().parent)


def parse(raw: bytes) -> Json:
    """Parse YAML, which JSON is, too. Raises InstallRefused."""
    if len(raw) > LIMIT:
        raise InstallRefused(f"The manifest is larger than {LIMIT} bytes")
    try:
        return yaml.safe_load(raw)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise InstallRefused(f"The manifest is not YAML: {error}") from error


def resolve(document: Any, given: dict[str, str]) -> Any:
    """Put the values of `${NAME}` in. Raises InstallRefused, which names those that have none.

    A value is what is given, what the devhost's own environment has, as `forge deploy` reads it, or the default.
    """
    missing: set[str] = set()
    filled = _fill(document, _variables(document) | given, missing)
    if missing:
        names = " ".join(f"{name}=..." for name in sorted(missing))
        raise InstallRefused(f"Variables of the manifest have no value: give {names}, or start the devhost with them")
    return filled


def _fill(document: Any, variables: dict[str, str], missing: set[str]) -> Any:
    if isinstance(document, str):
        missing |= {name for name in _VARIABLE.findall(document) if name not in variables}
        return _VARIABLE.sub(lambda found: variables.get(found[1], ""), document)
    if isinstance(document, list):
        return [_fill(one, variables, missing) for one in document]
    if isinstance(document, dict):
        return {name: _fill(one, variables, missing) for name, one in document.items()}
    return document


def _variables(document: Any) -> dict[str, str]:
    """Return what is known of the variables that a manifest names: `NAME`, or `{key, default}`."""
    environment = document.get("environment") if isinstance(document, dict) else None
    listed = environment.get("variables") if isinstance(environment, dict) else None
    found: dict[str, str] = {}
    for one in listed if isinstance(listed, list) else ():
        name = one.get("key") if isinstance(one, dict) else one
        value = os.environ.get(str(name), one.get("default") if isinstance(one, dict) else None)
        if value is not None:
            found[str(name)] = str(value)
    return found


def read_variables(text: str) -> dict[str, str]:
    """Read `NAME=value`, parted by blanks or lines. Raises InstallRefused."""
    pairs = [one.partition("=") for one in text.split()]
    wrong = [name for name, equals, _ in pairs if not equals or not _NAME.fullmatch(name)]
    if wrong:
        raise InstallRefused(f"Variables: {wrong[0]!r} is not NAME=value")
    return {name: value for name, _, value in pairs}
