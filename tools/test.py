"""`make test`: the template's tests, the demo's walk, and the tests of a project made from the template."""

import os
import shutil
import sys

from tools.bake import bake, install_project
from tools.commands import Commands
from tools.console import Console
from tools.environments import find_uv, install, program
from tools.failure import StepError
from tools.paths import BUILD, PROJECT, REPOSITORY, TOOLS_ENVIRONMENT
from tools.requirements import read_group

STEPS = 9
# As in the project's Makefile: whoever is done takes from the others.
PARALLEL = ("--numprocesses", "auto", "--maxprocesses", "8", "--dist", "worksteal")
OLDEST = BUILD / "oldest"


def install_everything(console: Console) -> None:
    """Make the three environments: the template's tools, the project, the project at its oldest versions."""
    with console.step("install the template's tools"):
        install(TOOLS_ENVIRONMENT, read_group("dev"), folder=REPOSITORY, progress=console.installer_line)
    with console.step("make a project and install it"):
        bake(progress=console.installer_line)
        install_project(PROJECT, PROJECT / ".venv", progress=console.installer_line)
    with console.step("install it at the oldest versions it allows"):
        if find_uv(progress=console.installer_line) is None:
            raise StepError("only uv can choose the oldest versions", hint="install uv, then run `make test`")
        oldest = ["--upgrade", "--resolution", "lowest-direct", "-e", ".[dev]"]
        install(OLDEST, oldest, folder=PROJECT, progress=console.installer_line)


def run_tests(console: Console, commands: Commands) -> None:
    """Run every suite; the last line of the last one ends the output."""
    project_python = program(PROJECT / ".venv", "python")
    settings = {"PROJECT_PYTHON": project_python}
    template = [program(TOOLS_ENVIRONMENT, "python"), "-m", "pytest"]
    console.heading("tests of the template")
    commands.run(
        console.step_name, [*template, *PARALLEL], folder=REPOSITORY, settings={"PROJECT_PYTHON": project_python}
    )
    console.heading("strangers' clients against the devhost")
    if _wanted(console, "node", "npm"):
        strangers = [*template, "strangers"]
        commands.run(console.step_name, strangers, folder=REPOSITORY, settings=settings)
    console.heading("the devhost's page in a browser")
    if _wanted(console, "chromium"):
        driver = ["-c", "constraints.txt", "-r", "tests/browser/requirements.txt"]
        install(PROJECT / ".venv", driver, folder=PROJECT, progress=console.installer_line)
        commands.run(console.step_name, [project_python, "-m", "pytest", "--browser", "tests/browser"], folder=PROJECT)
    console.heading("tests of the project, oldest versions")
    commands.run(console.step_name, [program(OLDEST, "python"), "-m", "pytest", *PARALLEL, "-q"], folder=PROJECT)
    console.heading("make demo ONCE=1")
    demo = [sys.executable, "-m", "tools.demo"]
    commands.run(console.step_name, demo, folder=REPOSITORY, settings={"ONCE": "1"})
    console.heading("tests of the project")
    commands.run(console.step_name, [project_python, "-m", "pytest", *PARALLEL], folder=PROJECT)


def _wanted(console: Console, *programs: str) -> bool:
    """Tell whether to run a suite that needs programs from outside: always in CI, elsewhere where they are there."""
    missing = [name for name in programs if shutil.which(name) is None]
    if missing and "CI" not in os.environ:
        console.line(f"left out here: needs {' and '.join(missing)}; CI runs it")
        return False
    return True


def main() -> int:
    """Run everything and return the exit code."""
    console = Console(STEPS)
    commands = Commands()
    try:
        install_everything(console)
    except StepError as error:
        console.failed(error, {})
        return 1
    run_tests(console, commands)
    return commands.exit_code()


if __name__ == "__main__":
    sys.exit(main())
