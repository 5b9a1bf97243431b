"""Copies the template as git sees it: a stray cache in the work tree could end up in a project."""

import shutil
import subprocess
import sys
from pathlib import Path

from tools.failure import StepError
from tools.paths import REPOSITORY

# Outside git (an unpacked archive) everything counts but these.
NEVER = {
    ".git",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".venv",
    "__pycache__",
    "build",
    "node_modules",
}


def list_files(repository: Path) -> list[Path]:
    """List the files of `repository`, relative to it: tracked ones, and new ones that git does not ignore."""
    if (repository / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=repository,
            check=False,
            capture_output=True,
            text=True,
        )
        if listed.returncode:
            raise StepError(
                "git could not list the files of the template",
                seen=listed.stderr,
                hint="run `git status` here; git may ask you to trust this folder",
            )
        names = sorted({Path(name) for name in listed.stdout.split("\0") if name})
        return [name for name in names if (repository / name).is_file()]
    files = (path.relative_to(repository) for path in repository.rglob("*") if path.is_file())
    return sorted(path for path in files if not NEVER.intersection(path.parts))


def export(target: Path, *, repository: Path = REPOSITORY) -> Path:
    """Replace `target` by a copy of the files of `repository` and return it."""
    files = list_files(repository)
    if target.exists():
        shutil.rmtree(target)
    for name in files:
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(repository / name, copy)
    return target


if __name__ == "__main__":
    print(export(Path(sys.argv[1])))
