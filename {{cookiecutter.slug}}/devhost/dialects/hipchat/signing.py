"""Signs the host's tokens with the standard library alone, and forges them on purpose."""

import base64
import hashlib
import hmac
import json
import random
import string
from enum import StrEnum
from typing import Any

_ALPHABET = string.ascii_letters + string.digits


class Forgery(StrEnum):
    """A way in which a token can be wrong or unusual."""

    WRONG_KEY = "wrong_key"
    ALG_NONE = "alg_none"
    EXPIRED = "expired"
    MISSING_EXP = "missing_exp"
    MISSING_IAT = "missing_iat"
    FUTURE_IAT = "future_iat"
    WRONG_ROOM = "wrong_room"
    UNKNOWN_ISSUER = "unknown_issuer"
    OTHER_ALGORITHM = "other_algorithm"
    TAMPERED = "tampered"
    # The next two are not attacks: old hosts signed so, and an add-on accepts them.
    PRN = "prn"
    INTEGER_SUB = "integer_sub"


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _compact(value: dict[str, Any]) -> str:
    return _encode(json.dumps(value, separators=(",", ":")).encode("utf-8"))


def sign(claims: dict[str, Any], secret: str, *, algorithm: str = "HS256") -> str:
    """Sign claims with HMAC; the algorithm `none` leaves the signature empty."""
    signed = f"{_compact({'alg': algorithm, 'typ': 'JWT'})}.{_compact(claims)}"
    if algorithm == "none":
        return f"{signed}."
    digest = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(algorithm, hashlib.sha256)
    return f"{signed}.{_encode(hmac.new(secret.encode('utf-8'), signed.encode('ascii'), digest).digest())}"


def read_claims(token: str) -> dict[str, Any] | None:
    """Read a token's claims without trusting them; None when it is no token."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        return None
    try:
        claims = json.loads(_decode(parts[1]))
    except (ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def new_jti() -> str:
    """Make a token id of 20 random characters."""
    return "".join(random.choices(_ALPHABET, k=20))  # noqa: S311 - an id, not a secret


_ALGORITHMS: dict[Forgery, str] = {Forgery.ALG_NONE: "none", Forgery.OTHER_ALGORITHM: "HS512"}
_REMOVED: dict[Forgery, str] = {
    Forgery.MISSING_EXP: "exp",
    Forgery.MISSING_IAT: "iat",
    Forgery.PRN: "sub",
}


def _altered(claims: dict[str, Any], forgery: Forgery | None, now: float) -> dict[str, Any]:
    if forgery is None:
        return claims
    sub, context = claims.get("sub", "0"), claims["context"]
    changes: dict[Forgery, dict[str, Any]] = {
        Forgery.EXPIRED: {"iat": int(now - 7200), "exp": int(now - 3600)},
        Forgery.FUTURE_IAT: {"iat": int(now + 3600), "exp": int(now + 7200)},
        Forgery.WRONG_ROOM: {"context": context | {"room_id": context.get("room_id", 0) + 424_242}},
        Forgery.UNKNOWN_ISSUER: {"iss": f"{claims['iss']}-another"},
        Forgery.PRN: {"prn": sub},
        Forgery.INTEGER_SUB: {"sub": int(sub)},
    }
    altered = claims | changes.get(forgery, {})
    altered.pop(_REMOVED.get(forgery, ""), None)
    return altered


def mint(
    issuer: str,
    secret: str,
    *,
    now: float,
    seconds: float,
    user_id: int | None,
    room_id: int | None,
    timezone: str = "UTC",
    forgery: Forgery | None = None,
) -> tuple[str, dict[str, Any]]:
    """Make a token of the host and return it with its claims; `forgery` makes it wrong in one way."""
    context: dict[str, Any] = {"user_tz": timezone}
    if room_id is not None:
        context["room_id"] = room_id
    claims: dict[str, Any] = {
        "iss": issuer,
        "iat": int(now),
        "exp": int(now + seconds),
        "jti": new_jti(),
        "context": context,
    }
    if user_id is not None:
        claims["sub"] = str(user_id)
    claims = _altered(claims, forgery, now)
    algorithm = _ALGORITHMS.get(forgery, "HS256") if forgery else "HS256"
    if forgery is Forgery.WRONG_KEY:
        secret += "-another"
    token = sign(claims, secret, algorithm=algorithm)
    if forgery is Forgery.TAMPERED:
        claims["sub"] = "999"
        head, _, signature = token.split(".")
        token = f"{head}.{_compact(claims)}.{signature}"
    return token, claims
