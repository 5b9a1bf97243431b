"""What the parts of the dialect share: the world, its sites, its keys and the way out."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.dialects.atlassian.keys import PATH, Keys
from devhost.dialects.atlassian.place import Place
from devhost.dialects.atlassian.sites import Sites, seed
from devhost.settings import HostSettings
from devhost.wire.deliveries import Deliveries
from devhost.wire.outbound import Outbound
from devhost.world.broken import Broken
from devhost.world.clock import Clock
from devhost.world.people import Person
from devhost.world.state import World

# Where the list of sites is.
SITES = "/sites"


@dataclass(slots=True, kw_only=True, eq=False)
class UserToken:
    """An access token with which an add-on acts as a person."""

    installation: SiteInstallation
    person: Person
    scopes: frozenset[str]
    expires: float
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A frame that another dialect shows on a page of a site."""

    title: str
    app_name: str
    url: str
    # What the dialect's script must know of it: members of the frame's data set.
    data: dict[str, str]
    script: str
    # A frame of the devhost's own address must not be the devhost.
    sandbox: str
    height: str = "medium"


# The event, where it happened, and what a webhook's body says of it.
Listener = Callable[[str, Place, dict[str, Any]], Awaitable[None]]


class AtlassianState:
    """Everything of this dialect; one per devhost."""

    def __init__(self, shell: World, outbound: Outbound) -> None:
        self.shell = shell
        self.outbound = outbound
        self.sites: Sites = seed(shell)
        self.keys = Keys()
        self.sent = Deliveries()
        self.user_tokens: dict[str, UserToken] = {}
        # Other dialects on the same sites: who hears of events, and what they show.
        self.listeners: list[Listener] = []
        self.beside: list[Callable[[Place], list[Beside]]] = []

    def show(self) -> None:
        """Let other pages lead to the sites from now on."""
        self.shell.lead_to("Jira and Confluence", SITES)

    @property
    def settings(self) -> HostSettings:
        """The host's knobs."""
        return self.shell.settings

    @property
    def clock(self) -> Clock:
        """The host's time."""
        return self.shell.clock

    @property
    def broken(self) -> Broken:
        """What is broken on purpose."""
        return self.shell.broken

    @property
    def keys_url(self) -> str:
        """Where the keys of installs are: what the setting ATLASSIAN_KEYS_URL of an add-on says."""
        return self.shell.base_url + PATH

    @property
    def authorization_url(self) -> str:
        """The server that gives tokens for calls as a user: ATLASSIAN_OAUTH_URL."""
        return f"{self.shell.base_url}/authorization"

    def now(self) -> float:
        """Return the time with which the host signs, in Unix seconds."""
        return self.clock.now() + self.broken.clock_skew


def get_state(request: Request) -> AtlassianState:
    """Return the state of the app that serves a request."""
    state = request.app.state.atlassian.state
    if not isinstance(state, AtlassianState):
        raise TypeError("app.state.atlassian has no state: build the app with create_devhost")
    return state


StateDep = Annotated[AtlassianState, Depends(get_state)]
