"""The keys of this installation: seals secrets for the database, digests tokens, derives the key of page tokens.

AES-256-GCM, because a sealed secret is opened when its tenant is first met: it costs a twentieth of what Fernet does.
A sealed value is: format (1 byte), name of the key (4 bytes), nonce (12 bytes), ciphertext with its tag.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.connect.errors import ConfigurationError

FORMAT = b"\x01"
NAME = 4
NONCE = 12


def _derive(key: str, purpose: str, length: int = 32) -> bytes:
    return HKDF(hashes.SHA256(), length=length, salt=None, info=purpose.encode()).derive(key.encode())


class Vault:
    """Seal with the newest key, open with any: prepend a key to SECRET_KEYS to rotate."""

    def __init__(self, keys: Sequence[str]) -> None:
        names = [FORMAT + _derive(key, "connect/key-name/1", NAME) for key in keys]
        self._newest = names[0]
        self._ciphers = {name: AESGCM(_derive(key, "connect/sealing/2")) for name, key in zip(names, keys, strict=True)}
        self.page_keys = tuple(_derive(key, "connect/page-tokens/1").hex() for key in keys)
        self._digest_keys = tuple(
            (_derive(key, "connect/key-name/1", NAME).hex(), _derive(key, "connect/api-tokens/1")) for key in keys
        )
        self.digest_names = tuple(name for name, _ in self._digest_keys)
        """How every digest under each key begins, newest first."""

    def digests(self, token: str) -> tuple[str, ...]:
        """Return what a token may be kept as, under each key, newest first: name of the key (8), HMAC-SHA256 (64)."""
        return tuple(
            name + hmac.new(key, token.encode(), hashlib.sha256).hexdigest() for name, key in self._digest_keys
        )

    def seal(self, secret: str, *, owner: str) -> bytes:
        """Encrypt `secret` for one row; `owner` names that row, so a sealed value moved to another is refused."""
        nonce = secrets.token_bytes(NONCE)
        return self._newest + nonce + self._ciphers[self._newest].encrypt(nonce, secret.encode(), owner.encode())

    def is_newest(self, sealed: bytes) -> bool:
        """Tell whether a value is sealed with the newest key, without opening it."""
        return sealed.startswith(self._newest)

    def open(self, sealed: bytes, *, owner: str) -> str:
        """Decrypt what `seal` wrote for the same owner; `ConfigurationError` when no key fits."""
        start = len(FORMAT) + NAME
        cipher = self._ciphers.get(sealed[:start])
        if cipher is None:
            raise ConfigurationError(
                "A stored secret cannot be opened with SECRET_KEYS. Put the key that was in use back, behind the new."
            )
        try:
            return cipher.decrypt(sealed[start : start + NONCE], sealed[start + NONCE :], owner.encode()).decode()
        except (InvalidTag, ValueError):
            raise ConfigurationError(
                f"A sealed secret was changed or belongs to another row than {owner!r}. Restore the database."
            ) from None
