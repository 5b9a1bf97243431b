"""Makes a site's tokens, and makes them wrong on purpose (reference 5, 7, 9)."""

import base64
import hashlib
import hmac
import json
from typing import Any

from devhost.dialects.atlassian.qsh import CONTEXT, qsh
from devhost.wire.signing import compact, read_claims, sign
from devhost.world.broken import Forgery

FRAME_SECONDS = 180
# How long tokens of scripts live is not documented; `exp` says it.
CONTEXT_SECONDS = 900
_ALGORITHMS = {Forgery.ALG_NONE: "none", Forgery.OTHER_ALGORITHM: "HS512"}
_REMOVED = {Forgery.MISSING_EXP: "exp", Forgery.MISSING_IAT: "iat", Forgery.PRN: "sub"}
_PARTS = 3


def claims_of(
    issuer: str, *, now: float, hashed: str, sub: str | None = None, context: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Say what a token says; `hashed` is the qsh, or the literal of tokens for scripts."""
    seconds = CONTEXT_SECONDS if hashed == CONTEXT else FRAME_SECONDS
    claims: dict[str, Any] = {"iss": issuer, "iat": int(now), "exp": int(now + seconds), "qsh": hashed}
    if sub is not None:
        claims["sub"] = sub
    if context is not None:
        claims["context"] = context
    return claims


def sign_hs256(claims: dict[str, Any], secret: str, forgery: Forgery | None = None) -> tuple[str, dict[str, Any]]:
    """Sign with a site's secret and return the token with its claims; `forgery` makes it wrong in one way."""
    if forgery is None:
        return sign(claims, secret), claims
    claims = _altered(claims, forgery)
    key = f"{secret}-another" if forgery is Forgery.WRONG_KEY else secret
    token = sign(claims, key, algorithm=_ALGORITHMS.get(forgery, "HS256"))
    if forgery is Forgery.TAMPERED:
        claims = claims | {"sub": "somebody-else"}
        head, _, signature = token.split(".")
        token = f"{head}.{compact(claims)}.{signature}"
    return token, claims


def _altered(claims: dict[str, Any], forgery: Forgery) -> dict[str, Any]:
    now = claims["iat"]
    changes: dict[Forgery, dict[str, Any]] = {
        Forgery.EXPIRED: {"iat": now - 7200, "exp": now - 3600},
        Forgery.FUTURE_IAT: {"iat": now + 3600, "exp": now + 7200},
        # A site's token is bound to an address.
        Forgery.WRONG_PLACE: {"qsh": qsh("GET", "/another/address")},
        Forgery.UNKNOWN_ISSUER: {"iss": f"{claims['iss']}-another"},
        Forgery.PRN: {"prn": claims.get("sub", "")},
        Forgery.INTEGER_SUB: {"sub": 1},
    }
    altered = claims | changes.get(forgery, {})
    altered.pop(_REMOVED.get(forgery, ""), None)
    return altered


def read_hs256(token: str) -> dict[str, Any] | None:
    """Read the claims of an HS256 token without trusting them; None for any other algorithm."""
    parts = token.split(".")
    if len(parts) != _PARTS:
        return None
    try:
        header = json.loads(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except (ValueError, RecursionError):
        return None
    if not isinstance(header, dict) or header.get("alg") != "HS256":
        return None
    return read_claims(token)


def is_signed(token: str, secret: str) -> bool:
    """Say whether a secret signed a token."""
    signed, _, signature = token.rpartition(".")
    made = hmac.new(secret.encode("utf-8"), signed.encode("utf-8"), hashlib.sha256).digest()
    expected = base64.urlsafe_b64encode(made).rstrip(b"=")
    return hmac.compare_digest(expected, signature.encode("utf-8"))
