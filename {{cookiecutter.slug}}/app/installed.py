"""Says which packages are missing, before the first import of one ends in a traceback: an update may need new ones."""

import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from re import match, sub

ROOT = Path(__file__).parents[1]
MODULES = {"python-dotenv": "dotenv", "python-jose": "jose", "pyyaml": "yaml"}
"""What is imported of packages whose modules have other names."""


def require_packages(root: Path = ROOT) -> None:
    """End with one sentence where a package of `dependencies` in pyproject.toml is not installed.

    Without that file, as in an image, and for a package of some platforms alone, nothing is asked.
    """
    file = root / "pyproject.toml"
    if not file.is_file():
        return
    needed = tomllib.loads(file.read_text(encoding="utf-8"))["project"]["dependencies"]
    missing = [name for name in map(_name, needed) if name and not _is_there(name)]
    if missing:
        raise SystemExit(
            f"Not installed, and needed since the last update or change of pyproject.toml: {', '.join(missing)}. "
            "Run `make install`, or pip install -c constraints.txt -e '.[dev]'"
        )


def _name(requirement: str) -> str:
    """Return the name of a package that is needed everywhere; nothing for one with a marker."""
    found = None if ";" in requirement else match(r"[\w.-]+", requirement)
    return "" if found is None else found[0]


def _is_there(name: str) -> bool:
    """Look for its metadata, and for its module where whoever installed it left that out."""
    try:
        return bool(distribution(name))
    except PackageNotFoundError:
        return find_spec(MODULES.get(name.lower(), sub(r"[.-]", "_", name))) is not None
