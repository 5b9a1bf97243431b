"""Finds and makes the backends that `AUTH_BACKENDS` names: ours, and entry points of the group `connect.backends`."""

import inspect
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, cast

from pydantic_settings import BaseSettings
from starlette.types import Scope

from app.connect.access.asking import Backends
from app.connect.access.backends import Backend, BackendParts, BackendRequest
from app.connect.access.users import Users
from app.connect.api_tokens.keeping import ApiTokens
from app.connect.api_tokens.principal import Principal
from app.connect.database.engine import Database
from app.connect.errors import ConfigurationError
from app.connect.pages.page_tokens import SETTINGS
from app.connect.serving.dependencies import Serving

GROUP = "connect.backends"
OURS = ("page", "tokens", "passwords")


class PageBackend:
    """The backend `page`: the page token of the settings page, for whom the host confirms to administer the place."""

    name = "page"

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    def can_handle(self, request: BackendRequest) -> bool:
        """Take what says that it is a JWT."""
        return request.authorization[0] == "jwt"

    async def authenticate(self, request: BackendRequest) -> Principal:
        """Return the person; the settings may let people in who administer nothing."""
        serving = self._serving
        proven = await serving.authenticator.by_page({"headers": request.headers}, modules={SETTINGS})
        async with serving.open(proven) as context:
            declared = serving.addon.settings_of(*context.hosts)
            if declared is None or declared.require_admin:
                await serving.administrators.require(context)
        return Principal(proven.tenant, proven.proof.caller)


class TokenBackend:
    """The backend `tokens`: an API token, which gives no more than it holds."""

    name = "tokens"

    def __init__(self, tokens: ApiTokens) -> None:
        self._tokens = tokens

    def can_handle(self, request: BackendRequest) -> bool:
        """Take what says that it is a bearer's."""
        return request.authorization[0] == "bearer"

    async def authenticate(self, request: BackendRequest) -> Principal:
        """Return what the token is for."""
        return await self._tokens.verify(request.authorization[1])


def head_of(scope: Scope) -> BackendRequest:
    """Return what a backend may see of a request: its head, from the raw scope."""
    raw_path = scope.get("raw_path") or scope["path"].encode()
    headers = tuple((bytes(name), bytes(value)) for name, value in scope["headers"])
    client = scope["client"][0] if scope.get("client") else None
    return BackendRequest(scope["method"], raw_path, scope["query_string"], headers, client)


def open_backends(
    names: Sequence[str], serving: Serving, database: Database, models: list[type[BaseSettings]]
) -> Backends:
    """Make the backends in the order of the setting; `ConfigurationError` for one that is missing or broken.

    `models` fills with the settings that they have of their own.
    """
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigurationError(f"AUTH_BACKENDS names {twice!r} twice. Name it once, where its turn is.")
    hosts = list(serving.hosts)
    parts = BackendParts(database, hosts, models)
    makers: dict[str, Callable[[], Backend]] = {
        "page": lambda: PageBackend(serving),
        "tokens": lambda: TokenBackend(serving.api_tokens),
        "passwords": lambda: _password_backend(Users(database, hosts)),
    }
    return Backends(
        [makers[name]() if name in makers else _load(name, parts) for name in names], hosts=frozenset(hosts)
    )


def _password_backend(users: Users) -> Backend:
    # Imported late: who has no passwords needs no argon2.
    return cast("Backend", import_module("app.connect.access.passwords").PasswordBackend(users))


def _load(name: str, parts: BackendParts) -> Backend:
    """Make a backend of somebody else's."""
    found = {entry.value: entry for entry in entry_points(group=GROUP, name=name)}
    if not found:
        known = ", ".join([*OURS, *sorted({entry.name for entry in entry_points(group=GROUP)} - {*OURS})])
        raise ConfigurationError(
            f"AUTH_BACKENDS names {name!r}, which is not installed. Known: {known}. Install its package "
            "(again, when its pyproject.toml changed), or take it out of AUTH_BACKENDS."
        )
    if len(found) > 1:
        raise ConfigurationError(
            f"AUTH_BACKENDS names {name!r}, which two packages bring: {' and '.join(sorted(found))}. Uninstall one."
        )
    [entry] = found.values()
    way_out = f"Mend or upgrade its package, or take {name} out of AUTH_BACKENDS."
    try:
        backend: Any = entry.load()(parts)
    except ConfigurationError:
        raise
    except Exception as error:
        # It was written by somebody else: whatever it raises, it is its package that needs mending.
        raise ConfigurationError(
            f"The authentication backend {name!r} ({entry.value}) cannot be made: {type(error).__name__}: {error}. "
            f"{way_out}"
        ) from error
    problem = _problem(backend, name)
    if problem is not None:
        raise ConfigurationError(
            f"{entry.value} is not an authentication backend {name!r}: {problem}. See app/connect/access/backends.py. "
            f"{way_out}"
        )
    return cast("Backend", backend)


def _problem(backend: Any, name: str) -> str | None:
    missing = [part for part in ("name", "can_handle", "authenticate") if not hasattr(backend, part)]
    if missing:
        return f"it lacks {', '.join(missing)}"
    if backend.name != name:
        return f"its name is {backend.name!r}"
    if inspect.iscoroutinefunction(backend.can_handle):
        return "can_handle must be a plain function"
    if not inspect.iscoroutinefunction(backend.authenticate):
        return "authenticate must be a coroutine (async def)"
    return None
