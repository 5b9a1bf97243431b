"""What was proven, and the memory of it: bounded in number, in bytes and for each tenant.

Tokens repeat: a host sends one token with every look at a module. A proof is kept under a keyed digest of its token,
and of it only what cannot be read from the next request again, so a hostile token costs no more memory than a good one.
A tenant that floods the memory pushes out what it proved itself.
"""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from app.connect.hosts.protocol import Proof
from app.connect.pages.page_tokens import Visit
from app.connect.tenancy.entry import Entry
from app.connect.tenancy.tenant import Caller, Tenant

MOST = 20_000
MOST_OF_ONE_TENANT = 4_000
LONGEST_TOKEN = 1_500
"""Characters. Hosts send 300 to 1,000; the parts of a caller that are kept are within a token's length."""


class Proven(NamedTuple):
    """Who is asking; `visit` is the page a page token was made for."""

    tenant: Tenant
    proof: Proof
    visit: Visit | None = None


class Kept(NamedTuple):
    """What the memory holds of a proof; `until` is in Unix seconds."""

    entry: Entry
    caller: Caller
    visit: Visit | None
    until: float


class Claims(Mapping[str, Any]):
    """The claims of a token proven before, read from it again when somebody asks."""

    __slots__ = ("_read", "_token")

    def __init__(self, read: Callable[[Any], Mapping[str, Any]], token: Any) -> None:
        self._read = read
        self._token = token

    def __getitem__(self, name: str) -> Any:
        return self._read(self._token)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read(self._token))

    def __len__(self) -> int:
        return len(self._read(self._token))


class ProofMemory:
    """Recall proofs until they expire or their tenant changes."""

    def __init__(self, holds: Callable[[Entry], bool]) -> None:
        self._holds = holds
        # Nobody outside can look for two names that are one.
        self._key = secrets.token_bytes(32)
        # Ordered, because taking the oldest from a plain dict gets slower the more were taken before.
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._of_tenant: dict[str, OrderedDict[bytes, None]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def tenants(self) -> int:
        """Count the tenants of whom something is kept."""
        return len(self._of_tenant)

    def name(self, realm: str, token: str, binding: bytes = b"") -> bytes:
        """Return the name of a proof; `realm` is the host and the kind of proof, which hold no line break."""
        text = f"{realm}\n{len(binding)}\n{token}".encode("utf-8", "surrogatepass")
        return blake2b(text + binding, digest_size=16, key=self._key).digest()

    def recall(self, name: bytes) -> Kept | None:
        """Return what was kept, if it still holds."""
        kept = self._kept.get(name)
        if kept is None:
            return None
        if time.time() < kept.until and self._holds(kept.entry):
            return kept
        self._forget(name)
        return None

    def keep(self, name: bytes, kept: Kept, *, token: str) -> None:
        """Remember a proof, unless its token is longer than any that hosts send."""
        if len(token) > LONGEST_TOKEN:
            return
        tenant = kept.entry.tenant.id
        names = self._of_tenant.get(tenant)
        if names is None:
            names = self._of_tenant[tenant] = OrderedDict()
        if len(names) >= MOST_OF_ONE_TENANT:
            self._forget(next(iter(names)))
        elif len(self._kept) >= MOST:
            self._forget(next(iter(self._kept)))
        # The oldest may have been this tenant's only one.
        self._of_tenant.setdefault(tenant, names)[name] = None
        self._kept[name] = kept

    def _forget(self, name: bytes) -> None:
        tenant = self._kept.pop(name).entry.tenant.id
        names = self._of_tenant[tenant]
        del names[name]
        if not names:
            del self._of_tenant[tenant]
