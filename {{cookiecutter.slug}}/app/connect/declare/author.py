"""Finds what the author declared: the routers of app/addon, or one sentence about the import that does not work."""

import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

from app.connect.declare.router import Router
from app.connect.errors import ConfigurationError

PACKAGE = "app.addon"
WAY_OUT = "Put it back, or remove the import; `addon new` removes the whole example."


def find_routers(package: str = PACKAGE) -> tuple[Router[Any], ...]:
    """Return the routers that app/addon lists; `ConfigurationError` when a file of it was deleted.

    Every other mistake in the author's code keeps its traceback.
    """
    init = f"{package.replace('.', '/')}/__init__.py"
    try:
        routers = import_module(package).routers
    except ImportError as error:
        if error.name is None or not f"{error.name}.".startswith(f"{package}."):
            raise
        if error.name == package and isinstance(error, ModuleNotFoundError):
            raise ConfigurationError(_empty(init)) from error
        raise ConfigurationError(f"{_place(error, package)}: {_first_line(error)}. {WAY_OUT}") from error
    except AttributeError as error:
        if error.name != "routers":
            raise
        raise ConfigurationError(_empty(init)) from error
    return tuple(routers)


def _empty(init: str) -> str:
    return f"{init} lists no routers. Write into it: routers = ()"


def _place(error: ImportError, package: str) -> str:
    """Name the author's file and line that imports what is not there."""
    folder = f"/{package.replace('.', '/')}/"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        before, found, name = Path(frame.filename).as_posix().rpartition(folder)
        if before and found:
            return f"{folder.strip('/')}/{name}, line {frame.lineno}"
    return folder.strip("/")


def _first_line(error: ImportError) -> str:
    return error.msg.partition(" (")[0]
