"""The stamp of this process: what the sidecar said of an invocation, signed to be checked as Forge's tokens are.

The key is made at the start, is in no file and no other process, and its signatures leave neither. So the one check of
tokens, `inbound.check`, says of a container what it says of a remote: app, environment, API and endpoint.
"""

import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from app.connect.keys.rs256 import ALGORITHM, EXPONENT, SMALLEST_KEY, PublicKey

LIFE = 30
"""Seconds; a stamp is made for one request."""
INVOCATION_CLAIM = "containerInvocation"


class Stamp:
    """Signs, and knows its own signatures by their key id."""

    def __init__(self) -> None:
        self._key = generate_private_key(EXPONENT, SMALLEST_KEY)
        self.key_id = f"container-{secrets.token_hex(16)}"
        self.public = PublicKey(self._key.public_key())

    def sign(self, claims: Mapping[str, Any], *, now: float | None = None) -> str:
        """Return a token with these claims, whose times and name are its own."""
        made = int(time.time() if now is None else now)
        times = {"iat": made, "nbf": made, "exp": made + LIFE, "jti": secrets.token_hex(16)}
        header = {"alg": ALGORITHM, "typ": "JWT", "kid": self.key_id}
        text = ".".join(_segment(json.dumps(one, separators=(",", ":"))) for one in (header, {**claims, **times}))
        return f"{text}.{_encoded(self._key.sign(text.encode(), PKCS1v15(), SHA256()))}"


def _segment(text: str) -> str:
    return _encoded(text.encode())


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
