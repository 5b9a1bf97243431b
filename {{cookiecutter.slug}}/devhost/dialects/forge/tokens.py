"""Access tokens that a remote gets with its requests: of the app itself, and of who is there (reference 6.2)."""

import secrets
import uuid
from dataclasses import dataclass

from devhost.dialects.forge.apps import ForgeInstallation
from devhost.errors import HostError
from devhost.wire.signing import sign
from devhost.world.broken import Broken
from devhost.world.clock import Clock
from devhost.world.people import Person

SECONDS = 4 * 3600
# The token that comes with a request directly lives so long at least.
LEAST = 2 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """One token; `person` is None for that of the app itself."""

    value: str
    installation: ForgeInstallation
    person: Person | None
    expires: float


class AccessTokens:
    """All tokens that were given. They are opaque to a remote, save `exp`, which it may read."""

    def __init__(self, clock: Clock, broken: Broken) -> None:
        self._clock = clock
        self._broken = broken
        self._given: dict[str, AccessToken] = {}
        self._key = secrets.token_urlsafe(32)

    def give(self, installation: ForgeInstallation, person: Person | None = None) -> AccessToken:
        """Return a token: the one of before while it lives long enough, else a new one."""
        now = self._clock.now()
        seconds = SECONDS if self._broken.token_seconds is None else self._broken.token_seconds
        for one in reversed(self._given.values()):
            is_same = one.installation is installation and one.person is person
            if is_same and one.expires >= now + min(LEAST, seconds):
                return one
        return self.make(installation, person, seconds)

    def make(self, installation: ForgeInstallation, person: Person | None, seconds: float) -> AccessToken:
        """Make a token of its own, which lives so long."""
        now = self._clock.now()
        claims = {
            "iss": "devhost",
            "sub": installation.number,
            "iat": int(now),
            "exp": int(now + seconds),
            "jti": uuid.uuid4().hex,
        }
        made = AccessToken(
            value=sign(claims, self._key), installation=installation, person=person, expires=int(now + seconds)
        )
        self._given[made.value] = made
        return made

    def proven(self, value: str) -> AccessToken:
        """Return the token with this value. Raises HostError 401."""
        found = self._given.get(value)
        if found is None:
            raise HostError(401, "Unauthorized: an access token of Forge is needed, which came with an invocation")
        if not found.installation.works:
            raise HostError(401, "Unauthorized: the app was uninstalled")
        if found.expires <= self._clock.now():
            raise HostError(401, "Unauthorized: the access token has expired")
        return found

    def end(self, installation: ForgeInstallation) -> int:
        """End all tokens of an installation at once, and return how many there were."""
        ended = [name for name, one in self._given.items() if one.installation is installation]
        for name in ended:
            del self._given[name]
        return len(ended)
