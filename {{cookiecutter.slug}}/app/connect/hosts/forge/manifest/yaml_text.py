"""The manifest as YAML, written and read: the one place that knows the format."""

from collections.abc import Mapping
from typing import Any

import yaml

from app.connect.errors import ConfigurationError

HEAD = "# Written by `addon manifest` from addon.toml and the handlers: change those, then write it again.\n"
AGAIN = "Write it anew: addon manifest > manifest.yml"


def write_yaml(document: Mapping[str, Any]) -> bytes:
    """Return the same bytes for the same document, one line for each value."""
    text: str = yaml.dump(document, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=2**20)
    return (HEAD + text).encode()


def read_yaml(text: bytes) -> dict[str, Any]:
    """Return what a committed manifest says; `ConfigurationError` when it is none."""
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"It is not YAML: {error}. {AGAIN}") from None
    if not isinstance(found, dict):
        raise ConfigurationError(f"It is no manifest. {AGAIN}")
    return found


class _Writer(yaml.SafeDumper):
    """Writes lists below their names, and no anchors: a second mention is written out."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True
