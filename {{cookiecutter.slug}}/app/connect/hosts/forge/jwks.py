"""The public keys with which Forge signs its tokens: one document, fetched as a whole and kept (reference 5).

A key set is fetched when a key is asked for that is not there, at most once a minute, and once an hour besides, so
that a key which was withdrawn ends. While its server is down the keys that are there go on to serve.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from app.connect.errors import HostError
from app.connect.hosts.forge.settings import LABEL
from app.connect.keys.jwt import TokenRefused
from app.connect.keys.rs256 import KeyUnusable, PublicKey, read_jwk
from app.connect.network.fetch import KIBIBYTE, Outbound, ResponseInvalid

log = logging.getLogger(__name__)

KEY_ID = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
LARGEST = 64 * KIBIBYTE
MOST_KEYS = 64
PATIENCE = 3.0
"""Seconds for the document: an event must be answered within five."""
AGAIN_AFTER = 60.0
"""Seconds between two fetches for keys that are not there: whoever makes up ids makes us call no more often."""
FAILED_FOR = 5.0
"""Seconds after a failure until the server is asked again."""
OLD_AFTER = 3600.0
MOST_LABELS = 16
NEW_LABEL_EVERY = 1.0
"""Seconds. A token names its label before it is believed, so made-up ones must neither cost much nor stay."""


class KeysUnavailable(HostError):
    """The key server does not answer, and the key is not here; the request can be sent again."""

    status = 503
    code = "forge_keys_unavailable"
    sentence = "The key that signed this cannot be fetched now. Try again in a minute."


class KeySet:
    """The keys of one address; however many requests want the same unknown key, one fetch is made."""

    def __init__(self, client: Outbound, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._url = url
        self._clock = clock
        self._keys: Mapping[str, PublicKey] = {}
        self._fetched_at = float("-inf")
        self._failed_at = float("-inf")
        self._has_failed = False
        self._flight: asyncio.Task[None] | None = None

    @property
    def has_keys(self) -> bool:
        """Tell whether it was ever fetched."""
        return bool(self._keys)

    async def get(self, key_id: str) -> PublicKey:
        """Return a key by its id; `TokenRefused` when there is none, `KeysUnavailable` when that cannot be known."""
        if not KEY_ID.fullmatch(key_id):
            raise TokenRefused("the key id has a form that is not asked for")
        known = self._keys.get(key_id)
        now = self._clock()
        if known is not None:
            if now - self._fetched_at > OLD_AFTER and now - self._failed_at > AGAIN_AFTER:
                self._begin().add_done_callback(lambda _: None)
            return known
        pause = FAILED_FOR if self._has_failed else AGAIN_AFTER
        if self._flight is not None or now - max(self._fetched_at, self._failed_at) >= pause:
            # A request that is given up must not take the keys from the others that wait for them.
            await asyncio.shield(self._begin())
            known = self._keys.get(key_id)
        if known is not None:
            return known
        if self._has_failed:
            raise KeysUnavailable
        raise TokenRefused("the key is not known")

    def _begin(self) -> asyncio.Task[None]:
        if self._flight is None:
            self._flight = asyncio.create_task(self._fetch())
            self._flight.add_done_callback(self._land)
        return self._flight

    def _land(self, _: asyncio.Task[None]) -> None:
        self._flight = None

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                document = await self._client.get_json(self._url, limit=LARGEST)
            keys = read_keys(document)
        except (HostError, TimeoutError) as error:
            self._failed_at, self._has_failed = self._clock(), True
            log.warning("the keys of Forge cannot be fetched from %s: %s: %s", self._url, type(error).__name__, error)
            return
        self._keys, self._fetched_at, self._has_failed = keys, self._clock(), False


def read_keys(document: Mapping[str, Any]) -> Mapping[str, PublicKey]:
    """Read a key set; keys of other kinds are passed over. `ResponseInvalid` when it holds no key for tokens."""
    listed = document.get("keys")
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise ResponseInvalid(f"The key set has no list of at most {MOST_KEYS} keys.")
    found: dict[str, PublicKey] = {}
    for one in listed:
        key_id = one.get("kid") if isinstance(one, Mapping) else None
        if not isinstance(key_id, str):
            continue
        try:
            found[key_id] = read_jwk(one)
        except KeyUnusable as error:
            log.warning("a key of Forge is passed over: %s", error)
    if not found:
        raise ResponseInvalid("The key set has no key for tokens.")
    return found


class KeySets:
    """The key set of the cloud, and where a template is configured those of isolated clouds, by their labels."""

    def __init__(
        self, client: Outbound, url: str, template: str = "", *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._template = template
        self._clock = clock
        self._cloud = KeySet(client, url, clock=clock)
        self._isolated: dict[str, KeySet] = {}
        self._next_label_at = float("-inf")

    async def get(self, key_id: str, label: str | None = None) -> PublicKey:
        """Return a key by its id and the label of an isolated cloud, if there is one; errors as of `KeySet.get`."""
        return await (self._cloud if label is None else self._of(label)).get(key_id)

    def _of(self, label: str) -> KeySet:
        if not self._template:
            raise TokenRefused("it is of an isolated cloud; set FORGE_ISOLATED_JWKS_URL to serve those")
        found = self._isolated.get(label)
        if found is not None:
            return found
        if self._clock() < self._next_label_at:
            raise KeysUnavailable
        self._next_label_at = self._clock() + NEW_LABEL_EVERY
        if len(self._isolated) >= MOST_LABELS:
            made_up = next((name for name, keys in self._isolated.items() if not keys.has_keys), None)
            del self._isolated[made_up or next(iter(self._isolated))]
        url = self._template.replace(LABEL, label)
        found = self._isolated[label] = KeySet(self._client, url, clock=self._clock)
        return found
