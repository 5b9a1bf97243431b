"""The API tokens that this process verified of late: a question to the database costs several times a whole request.

A token is believed as long as the directory holds the very entry that its tenant had when the token was read. Whoever
revokes one marks the tenant as changed in the same transaction, so no process believes it for longer than
`directory.DISTRUST_AFTER`, and the one that revokes it not at all.
"""

import secrets
import time
from collections import OrderedDict
from collections.abc import Collection
from hashlib import blake2b
from typing import NamedTuple

from app.connect.api_tokens.principal import Principal
from app.connect.tenancy.directory import TenantDirectory
from app.connect.tenancy.entry import Entry
from app.connect.tenancy.tenant import Tenant

MOST = 10_000
LONGEST = 300
"""Characters of the accesses of one token. Compiled they take up to a hundred times as much; larger ones are read."""


class Known(NamedTuple):
    """What is remembered of a token; `until` is in Unix seconds."""

    entry: Entry
    principal: Principal
    until: float


class TokenMemory:
    """Recall what tokens prove; when there are as many as may be, the oldest is forgotten.

    Each is named by a digest under a key of this process. That takes a fifth of what the digest in the database does.
    """

    def __init__(self, directory: TenantDirectory) -> None:
        self._directory = directory
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, Known] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def recall(self, token: str) -> Principal | None:
        """Return who shows a token, if that still holds."""
        name = self._name(token)
        known = self._known.get(name)
        if known is None:
            return None
        if time.time() < known.until and self._directory.holds(known.entry):
            return known.principal
        del self._known[name]
        return None

    async def keep(self, token: str, principal: Principal, *, size: int, until: float) -> None:
        """Remember what was read with its tenant in one query, unless the directory knows of another state of that."""
        tenant = principal.tenant
        entry = await self._directory.find(tenant.host, tenant.client_key) if size <= LONGEST else None
        if entry is None or _state(entry.tenant) != _state(tenant):
            return
        name = self._name(token)
        if name not in self._known and len(self._known) >= MOST:
            self._known.popitem(last=False)
        self._known[name] = Known(entry, principal, until)

    def forget(self, tenant: Tenant, token_ids: Collection[str]) -> None:
        """Forget tokens that this process has just revoked, and read their tenant again."""
        for name, known in list(self._known.items()):
            if known.principal.token_id in token_ids:
                del self._known[name]
        self._directory.drop(tenant)

    def _name(self, token: str) -> bytes:
        return blake2b(token.encode(), digest_size=16, key=self._key).digest()


def _state(tenant: Tenant) -> tuple[str, int, float]:
    return tenant.installation_id, tenant.generation, tenant.changed_at
