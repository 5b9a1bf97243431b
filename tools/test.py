"""`make test`: the template's tests, the demo's walk, and the tests of projects made from the template.

What can be answered makes eighteen projects. The template's tests bake each kind and look at its files. A way to deploy
changes no code, so there are six sets of code to check: for each family of hosts, and for all, with the plumbing's own
tests and without. Those tests run on the project with all hosts. A project with one family has fewer files and the same
code; its own small suite runs with the template's tests.
"""

import os
import shutil
import sys

from tools.bake import bake, bake_with_plumbing_tests, install_project
from tools.commands import Commands
from tools.console import Console
from tools.environments import find_uv, install, program
from tools.failure import StepError
from tools.paths import BUILD, PROJECT, REPOSITORY, TOOLS_ENVIRONMENT, WITH_PLUMBING_TESTS
from tools.requirements import read_group
from tools.scratch import scratch

STEPS = 10
# One more than there are cores, since tests also wait: for databases, for processes, for time to pass. Whoever is done
# takes from the others.
PARALLEL = ("--numprocesses", str(min((os.cpu_count() or 1) + 1, 8)), "--dist", "worksteal")
# A file stays with one process: its tests share a host and an add-on.
BY_FILE = ("--numprocesses", "2", "--dist", "loadfile")
OLDEST = BUILD / "oldest"


def install_everything(console: Console) -> None:
    """Make the three environments: the template's tools, the project, the project at its oldest versions."""
    with console.step("install the template's tools"):
        install(TOOLS_ENVIRONMENT, read_group("dev"), folder=REPOSITORY, progress=console.installer_line)
    with console.step("make a project and install it; make one with the plumbing's tests"):
        bake(progress=console.installer_line)
        install_project(PROJECT, PROJECT / ".venv", progress=console.installer_line)
        bake_with_plumbing_tests()
    with console.step("install the latter at the oldest versions it allows"):
        if find_uv(progress=console.installer_line) is None:
            raise StepError("only uv can choose the oldest versions", hint="install uv, then run `make test`")
        oldest = ["--upgrade", "--resolution", "lowest-direct", "-e", ".[dev]"]
        install(OLDEST, oldest, folder=WITH_PLUMBING_TESTS, progress=console.installer_line)


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
    if _wanted(console, "node", "npm", "chromium"):
        strangers = [*template, "strangers", *BY_FILE]
        commands.run(console.step_name, strangers, folder=REPOSITORY, settings=settings)
    console.heading("the devhost's page in a browser")
    if _wanted(console, "chromium"):
        driver = ["-c", "constraints.txt", "-r", "tests/browser/requirements.txt"]
        install(PROJECT / ".venv", driver, folder=WITH_PLUMBING_TESTS, progress=console.installer_line)
        walk = [project_python, "-m", "pytest", "--browser", "tests/browser", *BY_FILE]
        commands.run(console.step_name, walk, folder=WITH_PLUMBING_TESTS)
    run_oldest(console, commands)
    console.heading("make demo ONCE=1")
    demo = [sys.executable, "-m", "tools.demo"]
    commands.run(console.step_name, demo, folder=REPOSITORY, settings={"ONCE": "1"})
    console.heading("tests of the plumbing and the add-on")
    commands.run(console.step_name, [project_python, "-m", "pytest", *PARALLEL], folder=WITH_PLUMBING_TESTS)
    console.heading("tests of a project: make test")
    commands.run(console.step_name, ["make", "test"], folder=PROJECT)


def run_oldest(console: Console, commands: Commands) -> None:
    """Run the tests at the oldest versions.

    Two of each class on SQLite, with one row of their inputs, and the add-on's on PostgreSQL, too. What an old version
    breaks is a library's interface, which two tests of a class show as well as ten, and one database as well as two;
    only the driver differs, and the add-on's tests take it through all that it is used for: migrations, installs, the
    inbox and its worker, the store, rows of the add-on's own. The difference between the databases themselves is what
    the newest versions run twice for. What reads our own files (the rules, the guide) says the same with every version
    and is left to the newest, too; so are the devhost's own tests, since all others talk to an add-on through it.
    """
    console.heading("tests of the plumbing and the add-on, oldest versions")
    oldest = [program(OLDEST, "python"), "-m", "pytest", *PARALLEL, "-q"]
    few = ["-p", "tests.connect.few_of_each", "--of-each", "2"]
    ours = ["--ignore=tests/connect/rules", "--ignore=tests/connect/test_guide.py", "--ignore=tests/devhost"]
    commands.run(console.step_name, [*oldest, "--no-postgres", *few, *ours], folder=WITH_PLUMBING_TESTS)
    commands.run(f"{console.step_name}, PostgreSQL", [*oldest, "tests/addon"], folder=WITH_PLUMBING_TESTS)


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
    with scratch() as settings:
        os.environ.update(settings)
        run_tests(console, commands)
    return commands.exit_code()


if __name__ == "__main__":
    sys.exit(main())
