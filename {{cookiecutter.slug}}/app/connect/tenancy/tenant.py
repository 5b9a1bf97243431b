"""What the rest of the code knows of a tenant: its immutable view, who calls, and how a host changes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from pydantic import BaseModel

D = TypeVar("D", bound=BaseModel)
REMEMBERED_DETAILS = 4_096


class TenantState(StrEnum):
    """absent -> installed -> suspended -> installed -> uninstalled -> purged (absent and purged have no row).

    Suspended is what the host paused, and what the host refused and is asked about again (`Tenant.is_in_doubt`).
    """

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
    doubted_at: float | None = None
    """When the host first refused this installation's credentials, until it takes them again (Unix seconds)."""

    @property
    def is_installed(self) -> bool:
        """Tell whether its requests are served and its handlers run."""
        return self.state is TenantState.INSTALLED

    @property
    def is_in_doubt(self) -> bool:
        """Tell whether it is suspended because the host refused it; what the host delivers meanwhile is kept."""
        return self.state is TenantState.SUSPENDED and self.doubted_at is not None

    @property
    def can_be_restored(self) -> bool:
        """Tell whether it ended, or may end, by the host's refusals alone, which can be a mistake."""
        return self.state is not TenantState.INSTALLED and self.doubted_at is not None

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
    may_move: bool = False
    """Whether its proof does not hang on the origin: a renewal may then come from another one, as when a site is
    renamed. Without it that would take a tenant over."""
    event_at: float | None = None
    """When it happened at the host, in Unix seconds, where the host says so."""
    names: tuple[str, ...] = ()
    """What else names the tenant: whoever says one of these belongs to it, by whatever host it comes."""
    patience: float = 0.0
    """Seconds until the add-on is told of it: a tenant that may yet be joined with another has no data until then."""
    unless: Callable[["Tenant"], bool] | None = field(default=None, repr=False)
    """Asked, in the transaction, about what is stored already: True leaves that alone, because it is newer."""


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
    event_at: float | None = None
    """When it happened at the host; what is older than the newest change is ignored. None: it counts as it comes."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The host took the pause back."""

    client_key: str
    event_at: float | None = None
    """As in `Suspended`."""


@dataclass(frozen=True, slots=True)
class Uninstalled:
    """The host proved that an installation is over; from `confirm`: it refused, which is asked about again."""

    client_key: str
    event_at: float | None = None
    """When it ended at the host, where the host says so: an install from before does not bring it back."""
    linger: float = 0.0
    """Seconds until the goodbye and the purge: what the host sent before may come that late, and must find an end."""


@dataclass(frozen=True, slots=True)
class Doubted:
    """Somebody says that an installation is over, or changed, and proves nothing: the worker asks the host."""

    client_key: str


@dataclass(frozen=True, slots=True)
class Joined:
    """An installation proved that it is of the same tenant as another one."""

    client_key: str
    host: str
    other_key: str


Change = Installed | Refreshed | Suspended | Resumed | Uninstalled | Doubted | Joined
"""What a host found out about an installation; `Lifecycle.apply` writes it."""
