"""What the parts of the dialect share: the sites below, its apps and installations, keys, tokens and the agenda."""

from contextvars import ContextVar
from typing import Annotated, Literal

from fastapi import Depends, Request

from devhost.dialects.atlassian.keys import Keys
from devhost.dialects.atlassian.sites import Site
from devhost.dialects.atlassian.state import AtlassianState
from devhost.dialects.forge.agenda import Agenda
from devhost.dialects.forge.apps import ForgeApp, ForgeInstallation
from devhost.dialects.forge.knobs import ForgeKnobs
from devhost.dialects.forge.tokens import AccessTokens
from devhost.errors import not_found
from devhost.settings import HostSettings
from devhost.wire.deliveries import Deliveries
from devhost.wire.outbound import Outbound
from devhost.world.broken import Broken
from devhost.world.clock import Clock
from devhost.world.state import World

JWKS_PATH = "/.well-known/jwks.json"
JwksFault = Literal["huge", "redirect", "empty", "missing", "garbage"]
# The keys of Connect's installs are other ones, and one that nobody has comes between.
_FIRST_KEY = 1000

# The app that calls at the moment: what happens by it is its own doing, also after it has its answer.
ACTING: ContextVar[ForgeInstallation | None] = ContextVar("acting", default=None)


class ForgeState:
    """Everything of this dialect; one per devhost."""

    def __init__(self, sites: AtlassianState) -> None:
        self.sites = sites
        self.apps: list[ForgeApp] = []
        self.installations: list[ForgeInstallation] = []
        self.knobs = ForgeKnobs()
        self.keys = Keys(_FIRST_KEY)
        self.tokens = AccessTokens(sites.clock, sites.broken)
        self.agenda = Agenda(sites.clock, sites.shell.spawn)
        self.sent = Deliveries()
        self.jwks_fault: JwksFault | None = None
        # How often the keys were asked for.
        self.jwks_reads = 0

    @property
    def shell(self) -> World:
        """People, clock and faults, which all dialects share."""
        return self.sites.shell

    @property
    def outbound(self) -> Outbound:
        """The way out."""
        return self.sites.outbound

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
    def jwks_url(self) -> str:
        """Where the keys of invocation tokens are: FORGE_JWKS_URL of an add-on."""
        return self.shell.base_url + JWKS_PATH

    def api_url(self, site: Site) -> str:
        """Return where a site's API is for apps: what `apiBaseUrl` says."""
        return f"{self.shell.base_url}/ex/{site.product}/{site.cloud_id}"

    def now(self) -> float:
        """Return the time with which the host signs, in Unix seconds."""
        return self.sites.now()

    @property
    def installed(self) -> list[ForgeInstallation]:
        """What is installed now."""
        return [one for one in self.installations if one.works]

    def find(self, ref: str | ForgeInstallation) -> ForgeInstallation:
        """Return an installation that is there, by its ARI, number or the app's ARI. Raises HostError 404."""
        for one in reversed(self.installed):
            if one is ref or ref in (one.id, one.number, one.app.id, one.app.number):
                return one
        raise not_found(f"Forge installation {ref if isinstance(ref, str) else ref.id}")


def get_state(request: Request) -> ForgeState:
    """Return the state of the app that serves a request."""
    state = request.app.state.forge.state
    if not isinstance(state, ForgeState):
        raise TypeError("app.state.forge has no state: build the app with create_devhost")
    return state


StateDep = Annotated[ForgeState, Depends(get_state)]
