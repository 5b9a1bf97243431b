"""Where things are: the repository, and the build folder that `make clean` removes."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
TEMPLATE = "{{cookiecutter.slug}}"
BUILD = REPOSITORY / "build"
TOOLS_ENVIRONMENT = BUILD / "tools"
EXPORT = BUILD / "template"
PROJECT = BUILD / "builds"
WITH_PLUMBING_TESTS = BUILD / "with-plumbing-tests" / "builds"
LOGS = BUILD / "logs"
