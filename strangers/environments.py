"""Makes the environment of each stranger's package: its exact version in a folder of its own, kept for the next run."""

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.bake import bake, install_project
from tools.environments import install, program, without_outer_environment
from tools.failure import StepError
from tools.paths import BUILD, PROJECT, REPOSITORY, TEMPLATE

STRANGERS = Path(__file__).resolve().parent
ENVIRONMENTS = BUILD / "strangers"
# Old packages come with install scripts that build for machines long gone; none of ours needs one.
NPM_OPTIONS = ("--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


@contextmanager
def _making(folder: Path) -> Iterator[None]:
    """Let one process at a time look whether an environment is there, and make it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fingerprint(wanted: Path) -> str:
    return hashlib.sha256(wanted.read_bytes()).hexdigest()


def _is_made(folder: Path, fingerprint: str) -> bool:
    stamp = folder / "made-from"
    return stamp.exists() and stamp.read_text(encoding="utf-8") == fingerprint


def _empty(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def find_node(name: str) -> str:
    """Return the path of `node` or `npm`. Raises StepError where there is none."""
    found = shutil.which(name)
    if found is None:
        raise StepError(f"there is no {name} on PATH", hint="on Debian and Ubuntu: apt-get install nodejs npm")
    return found


def node_modules(name: str) -> Path:
    """Install what `strangers/<name>/package.json` names and return the folder of the modules."""
    wanted = STRANGERS / name / "package.json"
    folder = ENVIRONMENTS / name
    fingerprint = _fingerprint(wanted)
    with _making(folder):
        if not _is_made(folder, fingerprint):
            _empty(folder)
            shutil.copy(wanted, folder / "package.json")
            made = subprocess.run(
                [find_node("npm"), "install", *NPM_OPTIONS], cwd=folder, check=False, capture_output=True, text=True
            )
            if made.returncode:
                # In the message, since pytest shows nothing else of the error.
                raise StepError(
                    f"npm could not install {name}: {made.stdout}{made.stderr}",
                    hint="check that this machine reaches a package index (npm reads its usual settings)",
                )
            (folder / "made-from").write_text(fingerprint, encoding="utf-8")
    return folder / "node_modules"


def built_panel() -> Path:
    """Build the project's panel by its own command, and return a folder that has it in `forge/build`."""
    project, folder = REPOSITORY / TEMPLATE, ENVIRONMENTS / "panel"
    sources = [project / "forge" / name for name in ("package.json", ".npmrc")]
    sources += [project / "Makefile", *sorted((project / "forge" / "src").iterdir())]
    fingerprint = " ".join(map(_fingerprint, sources))
    if not _is_made(folder, fingerprint):
        _empty(folder)
        for source in sources:
            copy = folder / source.relative_to(project)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)
        # npm is where it is looked for by its name, with what it is told on this machine.
        find_node("npm")
        made = subprocess.run(["make", "panel"], cwd=folder, check=False, capture_output=True, text=True)
        if made.returncode:
            raise StepError(
                f"make panel failed: {made.stdout}{made.stderr}",
                hint="check that this machine reaches a package index (npm reads its usual settings)",
            )
        (folder / "made-from").write_text(fingerprint, encoding="utf-8")
    return folder


def python_with(name: str) -> str:
    """Install what `strangers/<name>/requirements.txt` names and return the Python that has it.

    It is made anew when the Python that it was made with is gone.
    """
    wanted = STRANGERS / name / "requirements.txt"
    folder = ENVIRONMENTS / name
    python = program(folder, "python")
    fingerprint = _fingerprint(wanted)
    with _making(folder):
        works = subprocess.run([python, "-c", ""], check=False).returncode == 0 if Path(python).exists() else False
        if not works or not _is_made(folder, fingerprint):
            _empty(folder)
            install(folder, ["-r", str(wanted)], folder=STRANGERS, progress=print)
            (folder / "made-from").write_text(fingerprint, encoding="utf-8")
    return python


def python_of_the_project() -> str:
    """Return a Python with everything that the devhost needs; make a project for it when there is none yet."""
    for environment in (PROJECT / ".venv", BUILD / "in-place"):
        python = program(environment, "python")
        if Path(python).exists():
            return python
    bake(progress=print)
    install_project(PROJECT, PROJECT / ".venv", progress=print)
    return program(PROJECT / ".venv", "python")


def clean_settings(**more: str) -> dict[str, str]:
    """Return the process environment for a client: nothing of ours, and no proxy on the way to this machine."""
    kept = {
        name: value
        for name, value in without_outer_environment().items()
        if name.lower() not in {"http_proxy", "https_proxy", "all_proxy"}
    }
    return {**kept, "NO_PROXY": "*", "no_proxy": "*", **more}
