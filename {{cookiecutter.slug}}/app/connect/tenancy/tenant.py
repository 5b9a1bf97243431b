"""What the rest of the code knows of a tenant: its immutable view, who calls, and how a host changes it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from pydantic import BaseModel

D = TypeVar("D", bound=BaseModel)
REMEMBERED_DETAILS = 4_096


class TenantState(StrEnum):
    """absent -> installed -> suspended -> installed -> uninstalled -> purged (absent and purged have no row)."""

    INSTALLED = "installed"
    SUSPENDED = "suspended"
    UNINSTALLED = "uninstalled"


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant as one of its installations sees it: `id` owns the data, `(host, client_key)` is the way in."""

    id: str
    installation_id: str
    host: str
    client_key: str
    state: TenantState
    """The installation's."""
    generation: int
    """Counts accepted installs; page tokens, deliveries and jobs of an earlier one are ignored."""
    origin: str
    """Scheme and host that proved the installation; a replacement must come from the same."""
    api_url: str
    """Base of the host's API, with a trailing slash."""
    web_url: str
    """Base of the host's pages."""
    details_json: str
    """What only this host knows; read it with `details`."""
    memo_json: str
    changed_at: float

    @property
    def is_installed(self) -> bool:
        """Tell whether its requests are served and its handlers run."""
        return self.state is TenantState.INSTALLED

    def details(self, model: type[D]) -> D:
        """Return what the installation's host stored of its own, as that host's model."""
        found = _read_details(model, self.details_json)
        assert isinstance(found, model)  # noqa: S101 - validated as this model
        return found


@lru_cache(maxsize=REMEMBERED_DETAILS)
def _read_details(model: type[BaseModel], text: str) -> BaseModel:
    return model.model_validate_json(text)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who did it and where, as the host said it; each part is None where the host did not say."""

    user_id: str | None = None
    timezone: str | None = None
    """As the host names it, such as `Europe/Berlin`."""
    place: str | None = None
    """In the host's own words: the id of a conversation, the key of an issue, the id of a space."""

    def dump(self) -> list[str | None]:
        """Return it as JSON can hold it."""
        return [self.user_id, self.timezone, self.place]

    @classmethod
    def load(cls, dumped: Sequence[str | None] | None) -> "Caller":
        """Read what `dump` returned; nothing means nobody."""
        return cls(*dumped) if dumped else NOBODY


NOBODY = Caller()


@dataclass(frozen=True, slots=True)
class Installed:
    """An installation that proved itself: it is stored, and its generation rises."""

    client_key: str
    origin: str
    api_url: str
    web_url: str
    details: BaseModel
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A known installation whose addresses or details were read again; its generation stays."""

    client_key: str
    api_url: str
    web_url: str
    details: BaseModel


@dataclass(frozen=True, slots=True)
class Suspended:
    """The host paused an installation: nothing is served or run, and nothing is lost."""

    client_key: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """The host took the pause back."""

    client_key: str


@dataclass(frozen=True, slots=True)
class Uninstalled:
    """The host proved that an installation is over."""

    client_key: str


@dataclass(frozen=True, slots=True)
class Doubted:
    """Somebody says that an installation is over and proves nothing: the worker asks the host."""

    client_key: str


Change = Installed | Refreshed | Suspended | Resumed | Uninstalled | Doubted
"""What a host found out about an installation; `Lifecycle.apply` writes it."""
