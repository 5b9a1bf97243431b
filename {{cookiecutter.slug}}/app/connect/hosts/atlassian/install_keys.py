"""The public keys with which Atlassian signs installs, fetched by their ids and kept (reference 5).

Who vouches for a site is a fixed table by the site's own name; a token only says which of that server's keys it is.
Every rotation has a new id, so a key that was found is kept as long as there is room.
"""

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from app.connect.errors import HostError
from app.connect.keys.jwt import TokenRefused
from app.connect.keys.rs256 import KeyUnusable, PublicKey, read_key
from app.connect.network.fetch import KIBIBYTE, Outbound

log = logging.getLogger(__name__)

KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
LARGEST = 16 * KIBIBYTE
PATIENCE = 3.0
"""Seconds for one try: the site waits for the answer to its install."""
KEPT = 256
UNKNOWN_FOR = 5.0
"""Seconds for which a key is not asked for again that was not there: a new one may be on its way."""
MOST_UNKNOWN = 1_000
MOST_AT_ONCE = 16
"""Keys asked for at a time: whoever makes up ids must not make us call as often as they like."""
OK = 200
NOT_FOUND = 404
CLOUD = (
    "https://connect-install-keys.atlassian.com",
    "https://asap-distribution.us-west-2.prod.atl-asap.net",
)
SERVERS: Mapping[str, Sequence[str]] = {
    ".atlassian.net": CLOUD,
    ".jira.com": CLOUD,
    ".jira-dev.com": (
        "https://asap-distribution.us-west-2.staging.atl-asap.net",
        "https://cs-migrations--cdn.us-east-1.staging.public.atl-paas.net",
    ),
    ".atlassian-us-gov-mod.net": (
        "https://asap-distribution.us-west-2.prod.atl-auth-us-gov-mod.net",
        "https://cs-migrations--fedrampcdn.us-east-1.prod.cdn.atlassian-us-gov-mod.com",
    ),
    ".atlassian-stg-fedm.net": (
        "https://asap-distribution.us-west-2.staging.atl-auth-us-gov-mod.net",
        "https://cs-migrations--fedrampcdn.us-east-1.staging.cdn.atlassian-us-gov-mod.com",
    ),
}
"""For the end of a site's name, who has the keys: the second is asked when the first does not answer. Whether such a
site may install at all is what ATLASSIAN_ORIGINS says."""

Name = tuple[Sequence[str], str]


class KeysUnavailable(HostError):
    """No key server answers; the install can be tried again."""

    status = 503
    code = "install_keys_unavailable"
    sentence = "The key that signed this cannot be fetched now. Try again in a moment."


class InstallKeys:
    """Find keys by their ids: each is fetched once, however many installs wait for it."""

    def __init__(
        self, client: Outbound, servers: Sequence[str] = (), *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._servers = tuple(servers)
        self._clock = clock
        self._kept: OrderedDict[Name, PublicKey] = OrderedDict()
        self._unknown: dict[Name, float] = {}
        self._flights: dict[Name, asyncio.Task[PublicKey]] = {}

    async def get(self, key_id: str, *, site: str) -> PublicKey:
        """Return a key of whoever vouches for the site at this address.

        `TokenRefused` for an id that cannot be one or is not known there, `KeysUnavailable` when nobody answers.
        """
        if not KEY_ID.fullmatch(key_id):
            raise TokenRefused("the key id has a form that is not asked for")
        name = (self._servers_of(site), key_id)
        known = self._kept.get(name)
        if known is not None:
            self._kept.move_to_end(name)
            return known
        if self._clock() < self._unknown.get(name, 0.0):
            raise TokenRefused("the key is not known")
        flight = self._flights.get(name)
        if flight is None:
            if len(self._flights) >= MOST_AT_ONCE:
                raise KeysUnavailable
            flight = self._flights[name] = asyncio.create_task(self._fetch(name))
            flight.add_done_callback(lambda done: self._land(name, done))
        # An install that is given up must not take the key from the others that wait for it.
        return await asyncio.shield(flight)

    def _servers_of(self, site: str) -> Sequence[str]:
        if self._servers:
            return self._servers
        host = urlsplit(site).hostname or ""
        for ending, servers in SERVERS.items():
            if host.endswith(ending):
                return servers
        raise TokenRefused("nobody vouches for this site; set ATLASSIAN_KEYS_URL to its key server")

    def _land(self, name: Name, flight: asyncio.Task[PublicKey]) -> None:
        del self._flights[name]
        if not flight.cancelled():
            flight.exception()  # marks it as seen, when nobody waits any longer

    async def _fetch(self, name: Name) -> PublicKey:
        servers, key_id = name
        for server in servers:
            try:
                key = await self._ask(server, key_id)
            except (HostError, KeyUnusable, TimeoutError) as error:
                log.warning("no key from %s: %s: %s", server, type(error).__name__, error)
                continue
            if key is None:
                if len(self._unknown) >= MOST_UNKNOWN:
                    self._unknown.clear()
                self._unknown[name] = self._clock() + UNKNOWN_FOR
                raise TokenRefused("the key is not known")
            self._kept[name] = key
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return key
        raise KeysUnavailable

    async def _ask(self, server: str, key_id: str) -> PublicKey | None:
        """Ask one server; None when it has no such key."""
        async with asyncio.timeout(PATIENCE):
            answer = await self._client.send(
                "GET",
                f"{server}/{key_id}",
                headers={"Accept": "application/x-pem-file, text/plain, */*"},
                limit=LARGEST,
            )
        if answer.status_code == NOT_FOUND:
            return None
        if answer.status_code != OK:
            raise KeyUnusable(f"the server answered {answer.status_code}")
        return read_key(answer.content)
