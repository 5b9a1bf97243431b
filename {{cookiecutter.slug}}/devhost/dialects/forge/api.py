"""What the gate and the log know of Forge's APIs: their paths, limit headers, and what their calls mean."""

import re
from typing import Literal

from devhost.dialects.atlassian.api import meaning as meaning_of_sites
from devhost.dialects.forge.gateway import PATH as API
from devhost.dialects.forge.graphql import PATH as GRAPHQL
from devhost.dialects.forge.state import JWKS_PATH, ForgeState
from devhost.dialects.forge.storage_api import PATH as STORAGE

_SITE = re.compile(r"/ex/[^/]+/[^/]+(?:/wiki)?")


class ForgeApi:
    """Forge's APIs as the gate before them sees them."""

    def __init__(self, state: ForgeState) -> None:
        self._state = state

    @property
    def start(self) -> tuple[str, ...]:
        """How the paths begin."""
        return (API, f"{STORAGE}/", GRAPHQL, JWKS_PATH)

    def purpose(self, call: str) -> str:
        """Say what a call is for."""
        if JWKS_PATH in call:
            return "asks for the keys of invocation tokens"
        if STORAGE in call:
            return f"storage: {call.rpartition('/v1/')[2]}"
        if GRAPHQL in call:
            return "asks for the token of somebody who is away"
        return meaning_of_sites(_SITE.sub("", call))

    def untouched(self) -> dict[str, str]:
        """Return the limit headers of a call that no limit concerns."""
        return {}

    def limited(self, kind: Literal["rate", "flood"], reset: float) -> dict[str, str]:
        """Return the headers of a refused call; Forge has one kind of them."""
        del kind
        return {"Retry-After": str(max(1, round(reset - self._state.clock.now())))}
