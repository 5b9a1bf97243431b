"""The backend `passwords`: HTTP Basic with `TENANT_ID/NAME` and a password that `addon user add` was given.

A password that was right is remembered for as long as it is, so its owner gets in whoever else tries to; one that was
wrong is refused without being hashed again. Neither is kept: only a digest under a key that ends with this process.
"""

import secrets
from collections import OrderedDict
from hashlib import blake2b

from app.connect.access.attempts import Attempts
from app.connect.access.backends import BackendRequest
from app.connect.access.basic import Shown, read_basic
from app.connect.access.hashing import Hashing
from app.connect.access.users import Found, Users
from app.connect.api_tokens.principal import Principal
from app.connect.api_tokens.rules import read_accesses
from app.connect.errors import Busy
from app.connect.tenancy.misses import Misses
from app.connect.tenancy.tenant import Caller

REMEMBERED = 10_000


class PasswordBackend:
    """Tell who shows a password."""

    name = "passwords"

    def __init__(
        self,
        users: Users,
        *,
        attempts: Attempts | None = None,
        hashing: Hashing | None = None,
        questions: Misses | None = None,
    ) -> None:
        self._users = users
        self._attempts = Attempts() if attempts is None else attempts
        self._hashing = Hashing() if hashing is None else hashing
        self._questions = Misses() if questions is None else questions
        self._key = secrets.token_bytes(32)
        self._right = _Remembered()
        self._wrong = _Remembered()
        self._was_right = _Remembered()

    def can_handle(self, request: BackendRequest) -> bool:
        """Take what is HTTP Basic."""
        return request.authorization[0] == "basic"

    async def authenticate(self, request: BackendRequest) -> Principal | None:
        """Return the user; `TooManyAttempts` when this was tried too often, `Busy` when too much is hashed."""
        shown = read_basic(request.authorization[1])
        if shown is None:
            return None
        # Whoever got in before is not put off by strangers who ask for what nobody has.
        if self._digest(shown) not in self._was_right and not self._questions.may_ask():
            raise Busy
        found = await self._users.find(shown.tenant_id, shown.name)
        # It was right or wrong for this very hash: a new password, or a user who was removed, is another question.
        proof = self._digest(shown, (found.password_hash if found else None) or "")
        if found is not None and proof in self._right:
            return _principal(shown, found)
        if proof in self._wrong:
            return None
        if not await self._compare(shown, found, request.client):
            self._wrong.add(proof)
            return None
        # That took a while, in which the user may have been removed.
        again = await self._users.find(shown.tenant_id, shown.name)
        if found is None or again is None or again.password_hash != found.password_hash:
            return None
        self._right.add(proof)
        self._was_right.add(self._digest(shown))
        return _principal(shown, again)

    async def _compare(self, shown: Shown, found: Found | None, client: str | None) -> bool:
        """Tell whether it is the password, in turn; what is no user's is compared as well."""
        asks = (shown.tenant_id, shown.name)
        await self._attempts.turn(asks, client)
        try:
            # Tenants that are not there share the places of one.
            owner = "" if found is None else found.tenant.id
            is_right = await self._hashing.matches(shown.password, found.password_hash if found else None, owner=owner)
        except Busy:
            self._attempts.give_back(asks, client)
            raise
        if is_right:
            self._attempts.give_back(asks, client)
        return is_right

    def _digest(self, shown: Shown, *more: str) -> bytes:
        text = "\0".join((*shown, *more))
        return blake2b(text.encode(), digest_size=16, key=self._key).digest()


def _principal(shown: Shown, found: Found) -> Principal:
    accesses = None if found.accesses is None else read_accesses(found.accesses)
    return Principal(found.tenant, Caller(user_id=shown.name), accesses)


class _Remembered:
    """The newest digests."""

    def __init__(self) -> None:
        self._digests: OrderedDict[bytes, None] = OrderedDict()

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._digests

    def add(self, digest: bytes) -> None:
        self._digests[digest] = None
        if len(self._digests) > REMEMBERED:
            self._digests.popitem(last=False)
