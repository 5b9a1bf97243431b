"""The seam of authentication backends: who somebody is that asks for an API token, found by any means.

A package, or your own add-on, names a class as an entry point of the group `connect.backends`; `AUTH_BACKENDS` switches
it on. The class is called once at the start with `BackendParts`, and its instance is a `Backend`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from pydantic_settings import BaseSettings

from app.connect.access.users import find_tenant
from app.connect.api_tokens.principal import Principal
from app.connect.database.engine import Database
from app.connect.settings import load_settings
from app.connect.tenancy.tenant import Tenant

S = TypeVar("S", bound=BaseSettings)


@dataclass(frozen=True, slots=True)
class BackendRequest:
    """The head of a request, as it came. Nothing in it can be changed: all backends are asked about the same."""

    method: str
    path: bytes
    """Percent-encoded."""
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    """Names are in lower case."""
    client: str | None = None
    """The address that the request came from; behind a proxy its own, unless the server is told to trust it."""

    def header(self, name: str) -> str | None:
        """Return the value of a header; None where it is missing, or there twice, which proves nothing."""
        found = [value for key, value in self.headers if key == name.lower().encode("latin-1")]
        return found[0].decode("latin-1").strip() if len(found) == 1 else None

    @property
    def authorization(self) -> tuple[str, str]:
        """Return the scheme of `Authorization` in lower case, and what follows it; both empty where there is none."""
        scheme, _, rest = (self.header("authorization") or "").partition(" ")
        return scheme.lower(), rest.strip()


class BackendParts:
    """What a backend is made with; `models` fills with the settings that are read."""

    def __init__(self, database: Database, hosts: Sequence[str], models: list[type[BaseSettings]]) -> None:
        self._database = database
        self._hosts = hosts
        self._models = models

    async def find_tenant(self, tenant_id: str) -> Tenant | None:
        """Find a tenant by its id (`addon tenant list`); None for one that is not installed now."""
        return await find_tenant(self._database, self._hosts, tenant_id)

    def read_settings(self, model: type[S]) -> S:
        """Read settings of the backend's own; whatever is wrong with them stops the start with a sentence."""
        self._models.append(model)
        return load_settings(model)


class Backend(Protocol):
    """One way to tell who asks."""

    @property
    def name(self) -> str:
        """Return the name of the entry point."""
        ...

    def can_handle(self, request: BackendRequest) -> bool:
        """Tell whether the request shows what this backend reads; the first in order that can decides alone."""
        ...

    async def authenticate(self, request: BackendRequest) -> Principal | None:
        """Return who asks, or None, which is answered 401.

        `NotAllowed` is for somebody who is known and may not do this, `Busy` for later. Anything else that is raised,
        or half a minute without an answer, is answered 503.
        """
        ...
