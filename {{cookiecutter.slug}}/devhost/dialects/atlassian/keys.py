"""The keys with which installs are signed: an id for each, its public half served under that id (reference 5)."""

import base64
import uuid
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devhost.wire.signing import compact

PATH = "/install-keys"
_BITS = 2048


@cache
def _made(number: int) -> tuple[str, RSAPrivateKey]:
    """Make the n-th key of this process: making one takes as long as many installs, so devhosts share them."""
    return f"devhost-{number}-{uuid.uuid4()}", generate_private_key(65537, _BITS)


def public_pem(key: RSAPrivateKey) -> str:
    """Write the public half as PEM."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def sign_rs256(claims: dict[str, Any], key: RSAPrivateKey, key_id: str) -> str:
    """Sign claims with a private key."""
    signed = f"{compact({'alg': 'RS256', 'kid': key_id, 'typ': 'JWT'})}.{compact(claims)}"
    signature = base64.urlsafe_b64encode(key.sign(signed.encode("ascii"), PKCS1v15(), SHA256()))
    return f"{signed}.{signature.rstrip(b'=').decode('ascii')}"


class Keys:
    """What signs now, and every public key that was ever used; the first is made when it is needed."""

    def __init__(self, first: int = 0) -> None:
        # Another dialect begins with another number: what one key vouches for, no other does.
        self._first = self._number = first

    @property
    def current(self) -> tuple[str, RSAPrivateKey]:
        """The id of the key that signs now, and the key."""
        return _made(self._number)

    def rotate(self) -> str:
        """Sign with a new key from now on, and return its id; the older ones stay published."""
        self._number += 1
        return self.current[0]

    def public(self, key_id: str) -> str | None:
        """Return a public key as PEM; None when there is no such id."""
        return next((public_pem(key) for name, key in self.all if name == key_id), None)

    @property
    def all(self) -> list[tuple[str, RSAPrivateKey]]:
        """Every key that was ever used with its id, oldest first."""
        return [_made(number) for number in range(self._first, self._number + 1)]

    def sign(self, claims: dict[str, Any]) -> str:
        """Sign with the key of now."""
        key_id, key = self.current
        return sign_rs256(claims, key, key_id)


def stranger() -> RSAPrivateKey:
    """Return a key that is published nowhere."""
    return _made(-1)[1]
