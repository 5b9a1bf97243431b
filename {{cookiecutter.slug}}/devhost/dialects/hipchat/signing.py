"""Makes the host's tokens, and forges them on purpose."""

import random
import string
from typing import Any

from devhost.wire.signing import compact, sign
from devhost.world.broken import Forgery

_ALPHABET = string.ascii_letters + string.digits


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
        Forgery.WRONG_PLACE: {"context": context | {"room_id": context.get("room_id", 0) + 424_242}},
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
        token = f"{head}.{compact(claims)}.{signature}"
    return token, claims
