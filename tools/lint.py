"""`make lint`: ruff and mypy over the template's own code, and over the project in place."""

import sys

from tools.bake import bake, install_project
from tools.commands import Commands
from tools.console import Console
from tools.environments import install, program
from tools.failure import StepError
from tools.paths import EXPORT, PROJECT, REPOSITORY, TEMPLATE, TOOLS_ENVIRONMENT
from tools.requirements import read_group

CHECKS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))


def main() -> int:
    """Run every check and return the exit code."""
    console = Console(4)
    commands = Commands()
    try:
        with console.step("install the template's tools"):
            install(TOOLS_ENVIRONMENT, read_group("dev"), folder=REPOSITORY, progress=console.installer_line)
        with console.step("make a project and install it"):
            bake(progress=console.installer_line)
            install_project(PROJECT, PROJECT / ".venv", progress=console.installer_line)
    except StepError as error:
        console.failed(error, {})
        return 1
    for name, environment, folder in (
        ("the template's own code", TOOLS_ENVIRONMENT, REPOSITORY),
        ("the project in place", PROJECT / ".venv", EXPORT / TEMPLATE),
    ):
        console.heading(f"check {name}")
        for tool, *arguments in CHECKS:
            commands.run(f"{tool}, {name}", [program(environment, tool), *arguments], folder=folder)
    return commands.exit_code()


if __name__ == "__main__":
    sys.exit(main())
