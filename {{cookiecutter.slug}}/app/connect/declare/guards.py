"""What a route asks of an API token: words joined by dots, some of them named after what its handler gets. Pure."""

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import wraps
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from fastapi import Request
from fastapi.params import Depends
from pydantic import BaseModel

from app.connect.errors import ConfigurationError, NotAllowed
from app.connect.http.body import AROUND, WITHIN

F = TypeVar("F", bound=Callable[..., Any])
PLACEHOLDER = re.compile(r"\{[A-Za-z_][A-Za-z0-9_]*\}", re.ASCII)
_WORD = re.compile(rf"[A-Za-z0-9_~-]+|{PLACEHOLDER.pattern}", re.ASCII)
_REQUEST = "connect_request"


class Guard:
    """An access such as `builds.{name}.report`; `{name}` is one whole word, whatever is in it."""

    def __init__(self, access: str) -> None:
        self.access = access
        words = access.split(".")
        if not all(_WORD.fullmatch(word) for word in words):
            raise ConfigurationError(
                f"access({access!r}): write words joined by dots, such as access('builds.{{name}}.report')."
            )
        self._words = [(word, word[1:-1] if word.startswith("{") else None) for word in words]
        """Each with the name of what is taken in its place."""

    @property
    def names(self) -> list[str]:
        """Return what the access takes from the handler."""
        return [name for _, name in self._words if name is not None]

    def words(self, given: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the words of one call, out of what its handler is `given`."""
        return tuple([word if name is None else _text(name, given) for word, name in self._words])


class OpeningGuard(Guard, ABC):
    """A guard that a route can open a handler's context with."""

    @abstractmethod
    async def open(self, request: Request) -> Any:
        """Return the context of a call, still to be entered, by the token that it carries."""


def watch(call: F, path: str) -> F:
    """Return a handler that is called only with what the API token may do, or the handler itself if it asks not.

    What is checked is what the handler gets, after it was validated: its parameter of that name, or else the field of
    that name of the one model among its parameters. `ConfigurationError` when it has neither.

    Its route opens the context and hands it over by the request. As a dependency that FastAPI solves, enters and leaves
    it would cost as much as everything else that the token does.
    """
    found: dict[str, OpeningGuard] = dict(_guards(call))
    if not found:
        return call
    if len(found) > 1:
        raise ConfigurationError(f"{path}: {call.__name__} asks for two contexts. Keep one access(...).")
    [(context, guard)] = found.items()
    for name in guard.names:
        _require_source(call, name, f"{path}: access({guard.access!r})")

    signature = inspect.signature(call)
    taken = [one for name, one in signature.parameters.items() if name != context]
    hints = get_type_hints(call)
    own = next((one.name for one in taken if hints.get(one.name) is Request), None)
    if own is None:
        taken.append(inspect.Parameter(_REQUEST, inspect.Parameter.KEYWORD_ONLY, annotation=Request))

    @wraps(call)
    async def watched(**given: Any) -> Any:
        request = given.pop(_REQUEST) if own is None else given[own]
        given[context] = opened = request.scope[WITHIN]
        opened.require(*guard.words(given))
        return await call(**given)

    setattr(watched, AROUND, guard.open)
    watched.__signature__ = signature.replace(parameters=taken)  # type: ignore[attr-defined]
    return watched  # type: ignore[return-value]


def _guards(call: Callable[..., Any]) -> Iterator[tuple[str, OpeningGuard]]:
    hints = get_type_hints(call, include_extras=True)
    for name, parameter in inspect.signature(call).parameters.items():
        hint = hints.get(name)
        marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        for mark in (*marks, parameter.default):
            dependency: Any = mark.dependency if isinstance(mark, Depends) else None
            if isinstance(dependency, OpeningGuard):
                yield name, dependency


def _require_source(call: Callable[..., Any], name: str, what: str) -> None:
    hints = get_type_hints(call)
    parameters = {one: hints.get(one) for one in inspect.signature(call).parameters}
    if name in parameters:
        return
    having = [one for one in parameters.values() if name in _fields(one)]
    if len(having) != 1:
        raise ConfigurationError(
            f"{what}: {call.__name__} has no parameter {name!r}, and not exactly one model with a field of that name. "
            f"Add `{name}: str`, as in the path."
        )


def _fields(found: Any) -> Collection[str]:
    return found.model_fields if isinstance(found, type) and issubclass(found, BaseModel) else ()


def _text(name: str, given: Mapping[str, Any]) -> str:
    if name in given:
        value = given[name]
    else:
        [holder] = [one for one in given.values() if isinstance(one, BaseModel) and name in type(one).model_fields]
        value = getattr(holder, name)
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    raise NotAllowed(f"An API token with a list of accesses names the {name} it asks about. Send {name}.")
