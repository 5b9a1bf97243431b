"""HS256 tokens: the only module that imports python-jose, and the rules that make it safe to use.

python-jose 3.5 has ended upstream, and its `jwt.decode` answers some hostile tokens with errors of its own kind or
accepts what RFC 7515 forbids. So the token is taken apart here by strict rules, the claims are checked here, and
python-jose does what it does well: HMAC with one pinned algorithm and a prepared key. Another library fits behind
`prepare_key`, `verify` and `sign` without any change elsewhere. Leeway and longest life are the caller's: a host's
`inbound.py`, `pages/page_tokens.py`.
"""

import hmac
import json
import math
import re
from binascii import a2b_base64
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn, Protocol, cast

from jose import jwt
from jose.backends.base import Key
from jose.backends.native import HMACKey
from jose.exceptions import JOSEError

ALGORITHM = "HS256"
MAX_TOKEN = 4096
MAX_HEADER = 1024
MAX_ISSUER = 255
MINIMUM_SECRET = 16
"""Bytes. Hosts hand out 31 and more; anything shorter than this can be guessed."""

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", re.ASCII)
"""Three segments, the last the 32 bytes of HS256 in their one canonical spelling."""


class _Secret(HMACKey):
    """python-jose's key for HMAC, whose digest is made in one call: what it does in three costs twice as much."""

    def sign(self, msg: Any) -> bytes:
        return hmac.digest(self.prepared_key, msg, "sha256")


class TokenRefused(Exception):
    """The token does not hold; the text is the reason, for the log only."""


class VerifyKey(Protocol):
    """A prepared secret; made once a tenant and kept."""

    def verify(self, msg: bytes, sig: bytes) -> bool:
        """Tell whether `sig` is the HMAC of `msg`, in constant time."""
        ...


class UnverifiedToken(NamedTuple):
    """A token taken apart but not believed: `issuer` only says which key to try."""

    issuer: str
    claims: Mapping[str, Any]
    signing_input: bytes
    signature: bytes


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)


_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""An escape of half a surrogate pair; two in order are a whole character."""


def decode_segment(segment: str) -> bytes:
    """Decode base64url without its padding; `ValueError` for a wrong length. The alphabet is the caller's to check."""
    return a2b_base64(segment.replace("-", "+").replace("_", "/") + "==")


def decode_object(segment: str) -> dict[str, Any]:
    """Decode a segment of a token that holds a JSON object; `TokenRefused` otherwise."""
    try:
        text = decode_segment(segment).decode()
        value = _decoder.decode(text)
        if _HALF.search(text):
            # Who is named by a claim is written down, and no database takes half a character.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise TokenRefused("a segment is not base64url JSON") from None
    if not isinstance(value, dict):
        raise TokenRefused("a segment is not a JSON object")
    return value


@lru_cache(maxsize=256)
def _check_header(segment: str) -> None:
    """Refuse every header but plain HS256. Hosts send the same header every time, so the answer is remembered."""
    check_header(segment, ALGORITHM)


def check_header(segment: str, algorithm: str) -> Mapping[str, Any]:
    """Return a header that asks for this algorithm and nothing unusual; `TokenRefused` for any other."""
    if len(segment) > MAX_HEADER:
        raise TokenRefused("the header is too large")
    header = decode_object(segment)
    if header.get("alg") != algorithm:
        raise TokenRefused(f"the algorithm is not {algorithm}")
    if header.get("typ", "JWT") not in ("JWT", "jwt"):
        raise TokenRefused("the type is not JWT")
    if not header.keys().isdisjoint({"crit", "b64", "zip", "enc"}):
        raise TokenRefused("the header asks for an extension")
    return header


def read(text: str) -> UnverifiedToken:
    """Take a compact token apart without believing it; `TokenRefused` when its form is not the one allowed."""
    if len(text) > MAX_TOKEN or not _COMPACT.fullmatch(text):
        raise TokenRefused("not a compact HS256 token")
    signing_input, _, signature = text.rpartition(".")
    header, _, payload = signing_input.partition(".")
    _check_header(header)
    claims = decode_object(payload)
    return UnverifiedToken(read_issuer(claims), claims, signing_input.encode(), decode_segment(signature))


def read_issuer(claims: Mapping[str, Any]) -> str:
    """Return `iss`; `TokenRefused` when it is not a string of 1 to 255 characters."""
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or not 0 < len(issuer) <= MAX_ISSUER:
        raise TokenRefused("iss is not a string of 1 to 255 characters")
    return issuer


def prepare_key(secret: str) -> VerifyKey:
    """Make the key object of a secret; `TokenRefused` when the secret cannot be one."""
    if len(secret.encode(errors="replace")) < MINIMUM_SECRET:
        raise TokenRefused(f"the secret is shorter than {MINIMUM_SECRET} bytes")
    try:
        return cast("VerifyKey", _Secret(secret, ALGORITHM))
    except UnicodeEncodeError:
        raise TokenRefused("the secret is not text") from None
    except JOSEError:
        raise TokenRefused("the secret has the form of an asymmetric key") from None


DUMMY_KEY = prepare_key("no tenant has this secret; it makes an unknown issuer cost what a known one costs")


def verify(
    token: UnverifiedToken, key: VerifyKey, *, now: float, leeway: float, longest_life: float
) -> Mapping[str, Any]:
    """Check signature and times and return the claims.

    `now` and the limits are seconds. `exp` and `iat` are required numbers, `nbf` an optional one; a token that lives
    longer than `longest_life` is refused. Raises `TokenRefused` and nothing else.
    """
    try:
        holds = key.verify(token.signing_input, token.signature)
    except (JOSEError, TypeError, ValueError):
        holds = False
    if not holds:
        raise TokenRefused("the signature does not hold")
    expires = _seconds(token.claims, "exp")
    issued = _seconds(token.claims, "iat")
    if expires <= now - leeway:
        raise TokenRefused("expired")
    if issued > now + leeway:
        raise TokenRefused("issued in the future")
    if not 0 <= expires - issued <= longest_life:
        raise TokenRefused("lives too long")
    if "nbf" in token.claims and _seconds(token.claims, "nbf") > now + leeway:
        raise TokenRefused("not valid yet")
    return token.claims


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused(f"{name} is not a number")
    try:
        seconds = float(value)
    except OverflowError:
        raise TokenRefused(f"{name} is out of range") from None
    if not math.isfinite(seconds):
        raise TokenRefused(f"{name} is out of range")
    return seconds


def sign(claims: Mapping[str, Any], key: VerifyKey) -> str:
    """Sign a copy of `claims` with a prepared key; header fixed to HS256."""
    return jwt.encode(dict(claims), cast("Key", key), algorithm=ALGORITHM)
