"""Reads what the template's own tools are, and at which versions, from pyproject.toml."""

import tomllib

from tools.paths import REPOSITORY


def read_group(name: str) -> list[str]:
    """Return the requirements of a dependency group; older versions of pip cannot read one themselves."""
    groups = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    return [str(requirement) for requirement in groups[name]]
