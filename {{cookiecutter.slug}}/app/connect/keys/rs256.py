"""RS256 tokens: read by the same strict rules as HS256 ones, verified with a public key that was fetched.

The algorithm is pinned here as it is there, and each kind of key verifies its own signatures alone: a public key is
never taken for a secret. The signature is checked by cryptography itself, since the choice of python-jose
(decision 6) is for HMAC and every other use of it needs guards of its own. Times: `jwt.verify`.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from app.connect.keys.jwt import MAX_TOKEN, TokenRefused, UnverifiedToken, check_header, decode_object, read_issuer

ALGORITHM = "RS256"
SMALLEST_KEY = 2048
LARGEST_KEY = 8192
"""Bits. A larger one would cost more than any caller may make us spend."""
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{342,1366}", re.ASCII)
_PEM = b"-----BEGIN PUBLIC KEY-----"
EXPONENT = 65537


class KeyUnusable(Exception):
    """What was fetched is no public key that this add-on verifies with; the text is the reason, for the log."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public RSA key; fits where `jwt.verify` takes a key."""

    rsa: RSAPublicKey

    def verify(self, msg: bytes, sig: bytes) -> bool:
        """Tell whether `sig` is the RS256 signature of `msg`."""
        try:
            self.rsa.verify(sig, msg, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True


def read_key(text: bytes) -> PublicKey:
    """Read a public key as PEM; `KeyUnusable` unless it is an RSA key of 2,048 to 8,192 bits."""
    if not text.strip().startswith(_PEM):
        raise KeyUnusable("it does not begin as a public key in PEM")
    try:
        key = load_pem_public_key(text)
    except (ValueError, UnsupportedAlgorithm):
        raise KeyUnusable("it is not a public key in PEM") from None
    if not isinstance(key, RSAPublicKey):
        raise KeyUnusable("it is not an RSA key")
    if not SMALLEST_KEY <= key.key_size <= LARGEST_KEY:
        raise KeyUnusable(f"it has {key.key_size} bits")
    return PublicKey(key)


def read_jwk(document: Mapping[str, Any]) -> PublicKey:
    """Read a public key as the JSON of a key set has it; `KeyUnusable` unless it is one for RS256 as in `read_key`."""
    if document.get("kty") != "RSA" or document.get("alg", ALGORITHM) != ALGORITHM:
        raise KeyUnusable("it is not an RSA key for RS256")
    if document.get("use", "sig") != "sig":
        raise KeyUnusable("it is not for signatures")
    modulus, exponent = _number(document.get("n")), _number(document.get("e"))
    if not SMALLEST_KEY <= modulus.bit_length() <= LARGEST_KEY:
        raise KeyUnusable(f"it has {modulus.bit_length()} bits")
    if exponent != EXPONENT:
        raise KeyUnusable("its exponent is not the usual one")
    try:
        return PublicKey(RSAPublicNumbers(exponent, modulus).public_key())
    except ValueError:
        raise KeyUnusable("its numbers make no key") from None


def read(text: str, *, longest: int = MAX_TOKEN) -> tuple[str, UnverifiedToken]:
    """Take a compact RS256 token apart without believing it, and return the key id that its header names.

    `TokenRefused` when its form is not the one allowed. Whether a key id is one to ask for is the caller's to say.
    """
    if len(text) > longest or not _COMPACT.fullmatch(text):
        raise TokenRefused("not a compact RS256 token")
    signing_input, _, signature = text.rpartition(".")
    header, _, payload = signing_input.partition(".")
    key_id = check_header(header, ALGORITHM).get("kid")
    if not isinstance(key_id, str):
        raise TokenRefused("the header names no key")
    claims = decode_object(payload)
    return key_id, UnverifiedToken(read_issuer(claims), claims, signing_input.encode(), _signature(signature))


def _number(text: object) -> int:
    """Decode an unsigned number, in base64url and of no more bytes than the largest key has."""
    if not isinstance(text, str) or len(text) > LARGEST_KEY // 6 + 4 or not text.isascii():
        raise KeyUnusable("a number is missing")
    try:
        return int.from_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, Base64Error):
        raise KeyUnusable("a number is not base64url") from None


def _signature(segment: str) -> bytes:
    """Decode a signature that has its one canonical spelling."""
    try:
        decoded = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except (ValueError, Base64Error):
        raise TokenRefused("the signature is not base64url") from None
    if urlsafe_b64encode(decoded).rstrip(b"=").decode() != segment:
        raise TokenRefused("the signature is not spelled canonically")
    return decoded
