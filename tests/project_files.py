"""Compares projects file by file."""

from pathlib import Path

from tools.paths import TEMPLATE

# What the hook writes; everything else in a project has its origin in the template.
WRITTEN = {".cruft.json", ".env"}
# Where answers are filled in.
RENDERED = {
    ".env.example",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "addon.toml",
    "compose.yaml",
    "deploy/kubernetes.yaml",
    "pyproject.toml",
}


def files_of(folder: Path) -> set[str]:
    """List the files below `folder`, with forward slashes."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def template_files(template: Path) -> set[str]:
    """List the files of the ungenerated project inside an export of the template."""
    return files_of(template / TEMPLATE)
