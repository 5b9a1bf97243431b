"""Asks the authentication backends that are on, in their order; the first that can handle a request decides alone."""

import asyncio
import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb
from typing import cast

from app.connect.access.backends import Backend, BackendRequest
from app.connect.api_tokens.principal import Principal
from app.connect.errors import Busy, NotAllowed, NotAuthenticated

LONGEST = 30.0
"""Seconds in which a backend tells who asks."""

log = logging.getLogger(__name__)


class NotKnown(NotAuthenticated):
    """No backend knows who asks; the same whatever was shown."""

    sentence = (
        "Show who you are in one of the ways that GET /api/backends lists, such as an API token as "
        "`Authorization: Bearer <token>`."
    )
    scheme = "Bearer"


class BackendFailed(Busy):
    """A backend cannot tell who asks; what is wrong with it is in the log."""

    code = "backend_failed"
    sentence = "Who you are cannot be found out now. Try again in a moment; the add-on's log names what failed."


class Backends:
    """The backends that are on; only who acts for a tenant of `hosts` that is installed gets through."""

    def __init__(self, backends: Sequence[Backend], *, hosts: Collection[str]) -> None:
        self._backends = tuple(backends)
        self._hosts = hosts

    @property
    def names(self) -> list[str]:
        """Return the names of those that are on, in their order."""
        return [backend.name for backend in self._backends]

    async def authenticate(self, request: BackendRequest) -> Principal:
        """Return who asks; `NotKnown` or `NotAllowed` otherwise, `Busy` or `BackendFailed` where that is unknown."""
        for backend in self._backends:
            with _explained(backend):
                if not backend.can_handle(request):
                    continue
                async with asyncio.timeout(LONGEST):
                    found = cast("object", await backend.authenticate(request))
                if found is None:
                    raise NotKnown("nobody that it knows")
                if not isinstance(found, Principal):
                    raise TypeError(f"authenticate returned {type(found).__name__}, not a Principal")
                if found.tenant.host not in self._hosts or not found.tenant.is_installed:
                    raise NotKnown("the tenant is not installed, or its host is not enabled")
                return found
        raise NotKnown("none of the backends that are on reads what was shown")


@contextmanager
def _explained(backend: Backend) -> Iterator[None]:
    """Turn what a backend raises into an answer. What an error says stays out of the log: it may quote a secret."""
    try:
        yield
    except (NotAllowed, Busy):
        raise
    except NotAuthenticated as refused:
        raise NotKnown(f"{backend.name}: {refused.reason}") from None
    except Exception as error:  # noqa: BLE001 - it may be somebody else's, and no other backend is to answer for it
        log.error(  # noqa: TRY400 - see above
            "the backend %s of AUTH_BACKENDS failed: %s at %s",
            backend.name,
            type(error).__name__,
            _place(backend, error),
        )
        raise BackendFailed from None


def _place(backend: Backend, error: Exception) -> str:
    """Name the last line of the backend's own package that was run, or the last of all."""
    package = type(backend).__module__.partition(".")[0]
    steps = list(walk_tb(error.__traceback__))
    own = [step for step in steps if step[0].f_globals.get("__name__", "").partition(".")[0] == package]
    frame, line = (own or steps)[-1]
    return f"{Path(frame.f_code.co_filename).name}:{line}"
