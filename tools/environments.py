"""Makes virtual environments and installs into them: with uv where it can be had, with pip otherwise."""

import os
import shutil
import subprocess
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.failure import StepError
from tools.paths import TOOLS_ENVIRONMENT

Progress = Callable[[str], None]


def program(environment: Path, name: str) -> str:
    """Return the path of a program inside `environment`."""
    if os.name == "nt":
        return str(environment / "Scripts" / f"{name}.exe")
    return str(environment / "bin" / name)


def without_outer_environment() -> dict[str, str]:
    """Copy the process environment less what would point a tool at another virtual environment."""
    dropped = {"VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "CONDA_PREFIX", "UV_PROJECT_ENVIRONMENT"}
    return {key: value for key, value in os.environ.items() if key not in dropped}


def create(environment: Path, *, with_pip: bool) -> None:
    """Make an empty virtual environment, unless there is a working one."""
    if Path(program(environment, "python")).exists():
        return
    try:
        venv.create(environment, with_pip=with_pip, clear=True, symlinks=os.name != "nt")
    except (subprocess.CalledProcessError, OSError, ImportError) as error:
        shutil.rmtree(environment, ignore_errors=True)
        raise StepError(
            "a virtual environment could not be made",
            seen=str(error),
            hint="on Debian and Ubuntu: apt-get install python3-venv; or install uv",
        ) from error


def find_uv(*, progress: Progress) -> str | None:
    """Return the path of uv: the one on PATH, or one that pip installs beside our tools; else None."""
    found = shutil.which("uv")
    if found:
        return found
    ours = program(TOOLS_ENVIRONMENT, "uv")
    if not Path(ours).exists():
        progress("Installing uv with pip, because it makes the rest quick")
        create(TOOLS_ENVIRONMENT, with_pip=True)
        subprocess.run(
            [program(TOOLS_ENVIRONMENT, "python"), "-m", "pip", "install", "--quiet", "uv"],
            check=False,
            capture_output=True,
            env=without_outer_environment(),
        )
    return ours if Path(ours).exists() else None


def install(environment: Path, arguments: Sequence[str], *, folder: Path, progress: Progress) -> str:
    """Install what `arguments` name, said as to pip, and return the installer's name.

    Each line the installer prints is passed to `progress`. Arguments beyond pip's own are not translated.
    """
    uv = find_uv(progress=progress)
    create(environment, with_pip=uv is None)
    python = program(environment, "python")
    command = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    lines: list[str] = []
    with subprocess.Popen(
        [*command, *arguments],
        cwd=folder,
        env=without_outer_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        try:
            for line in running.stdout or ():
                lines.append(line)
                progress(line.rstrip())
        except BaseException:
            running.terminate()  # we are told to stop: so is the installer
            raise
    if running.returncode:
        raise StepError(
            "packages could not be installed",
            seen="".join(lines[-20:]),
            hint="check that this machine reaches a package index (pip and uv read their usual settings);\n"
            "       `make clean` removes what an earlier run left behind",
        )
    return "uv" if uv else "pip"
