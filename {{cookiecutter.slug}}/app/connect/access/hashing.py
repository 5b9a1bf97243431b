"""Hashes of passwords: argon2id, few at once, each in a thread beside the event loop."""

import asyncio
import base64
import logging
import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from argon2 import Parameters, PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import ARGON2_VERSION

from app.connect.errors import Busy

AT_ONCE = 2
"""Hashes; each takes 19 MiB and a processor for some 30 ms."""
MOST_WAITING = 32
MOST_OF_ONE = 8
"""Of one tenant: whoever floods it leaves places to the others."""

log = logging.getLogger(__name__)
COST = Parameters(
    type=Type.ID,
    version=ARGON2_VERSION,
    salt_len=16,
    hash_len=32,
    time_cost=2,
    memory_cost=19 * 1024,
    parallelism=1,
)
"""What OWASP recommends where several are hashed at once (Password Storage Cheat Sheet); memory in KiB."""
_HASHER = PasswordHasher.from_parameters(COST)


def _unpadded(length: int) -> str:
    return base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")


NOBODYS = (
    f"$argon2id$v={COST.version}$m={COST.memory_cost},t={COST.time_cost},p={COST.parallelism}"
    f"${_unpadded(COST.salt_len)}${_unpadded(COST.hash_len)}"
)
"""The hash of no password that anybody knows: a user that is not there costs what one costs that is."""


def hash_password(password: str) -> str:
    """Return what is kept of a password; takes a moment."""
    return _HASHER.hash(password)


def is_password(password: str, password_hash: str) -> bool:
    """Tell whether a hash is of a password; takes a moment."""
    try:
        return _HASHER.verify(password_hash, password)
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError):
        log.error("the stored hash of a password cannot be read: remove the user and add it again")  # noqa: TRY400
        return False


class Hashing:
    """Compare passwords with hashes, by `compare`."""

    def __init__(self, compare: Callable[[str, str], bool] = is_password) -> None:
        self._compare = compare
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")
        self._waiting: Counter[str] = Counter()

    async def matches(self, password: str, password_hash: str | None, *, owner: str) -> bool:
        """Tell whether it is the password; None is compared all the same. `Busy` when too many wait already."""
        if self._waiting[owner] >= MOST_OF_ONE or self._waiting.total() >= MOST_WAITING:
            raise Busy
        self._waiting[owner] += 1
        try:
            given = password_hash or NOBODYS
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._compare, password, given)
        finally:
            self._waiting[owner] -= 1
            if not self._waiting[owner]:
                del self._waiting[owner]
