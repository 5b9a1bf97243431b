"""`make bake`: ask the nine questions and make a project from the work tree as it stands, in build/mine."""

import subprocess
import sys

from tools.bake import ensure_cookiecutter
from tools.console import Console
from tools.environments import without_outer_environment
from tools.export import export
from tools.failure import StepError
from tools.paths import BUILD, EXPORT

FOLDER = BUILD / "mine"


def main() -> int:
    """Ask, make the project and return cookiecutter's exit code."""
    console = Console(1)
    try:
        with console.step("install cookiecutter"):
            command = ensure_cookiecutter(progress=console.installer_line)
        export(EXPORT)
    except StepError as error:
        console.failed(error, {})
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    arguments = [command, "--output-dir", str(FOLDER), str(EXPORT)]
    return subprocess.run(arguments, env=without_outer_environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
