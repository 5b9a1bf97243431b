"""The keys of this installation: seals secrets for the database, derives the key of page tokens."""

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.connect.errors import ConfigurationError


def _derive(key: str, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=None, info=purpose.encode()).derive(key.encode())


class Vault:
    """Seal with the newest key, open with any: prepend a key to SECRET_KEYS to rotate."""

    def __init__(self, keys: Sequence[str]) -> None:
        derived = [base64.urlsafe_b64encode(_derive(key, "connect/sealing/1")) for key in keys]
        self._fernet = MultiFernet([Fernet(key) for key in derived])
        self.page_keys = tuple(_derive(key, "connect/page-tokens/1").hex() for key in keys)

    def seal(self, secret: str, *, owner: str) -> bytes:
        """Encrypt `secret` for one row; `owner` names that row, so a sealed value moved to another is refused."""
        return self._fernet.encrypt(f"{owner}\0{secret}".encode())

    def open(self, sealed: bytes, *, owner: str) -> str:
        """Decrypt what `seal` wrote for the same owner; `ConfigurationError` when no key fits."""
        try:
            name, _, secret = self._fernet.decrypt(sealed).decode().partition("\0")
        except InvalidToken:
            raise ConfigurationError(
                "A stored secret cannot be opened with SECRET_KEYS. Put the key that was in use back, behind the new."
            ) from None
        if name != owner:
            raise ConfigurationError(f"A sealed secret belongs to another row than {owner!r}. Restore the database.")
        return secret
