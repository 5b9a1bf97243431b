"""Rules on what may be declared: keys, coroutines, and what a handler takes besides its context. Pure."""

import inspect
import re
from typing import Any, TypeVar, get_type_hints

from app.connect.errors import ConfigurationError

KEY = re.compile(r"[a-zA-Z0-9_\-.]{1,40}", re.ASCII)
F = TypeVar("F")


def check_key(key: str, what: str) -> str:
    """Return a key that every host allows; `ConfigurationError` otherwise."""
    if not KEY.fullmatch(key):
        raise ConfigurationError(f"{what}: {key!r} is not a key. Use 1 to 40 letters, digits, '_', '-' and '.'.")
    return key


def check_call(call: F, what: str) -> F:
    """Return a coroutine function; `ConfigurationError` when it is not one."""
    is_coroutine: bool = inspect.iscoroutinefunction(call)
    if not is_coroutine:
        name = getattr(call, "__name__", repr(call))
        raise ConfigurationError(f"{what}: {name} is not a coroutine. Write `async def {name}(...)`.")
    return call


def second_parameter(call: Any, what: str) -> Any:
    """Return the annotation of what a handler takes besides its context, or None when it takes nothing."""
    check_call(call, what)
    names = list(inspect.signature(call).parameters)
    if not 1 <= len(names) <= 2:  # noqa: PLR2004
        raise ConfigurationError(
            f"{what}: {call.__name__} takes (ctx: Ctx) or (ctx: Ctx, event: ...). Change it to that."
        )
    if len(names) == 1:
        return None
    hints = get_type_hints(call)
    if names[1] not in hints:
        raise ConfigurationError(f"{what}: say what {call.__name__} takes: annotate {names[1]!r}.")
    return hints[names[1]]
