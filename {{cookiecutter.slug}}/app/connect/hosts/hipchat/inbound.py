"""Where a HipChat host's tokens may stand in a request, and what they prove: HS256 with the installation's secret.

Where a token may stand: `signed_request` or `jwt` in the query, or `Authorization: JWT` (reference 6.1). The protocol
binds a token to nothing but its installation, so a page token or nothing else says for which page it was made.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote_plus

from app.connect.hosts.hipchat.settings import HipChatDetails
from app.connect.hosts.protocol import Asked, Found, Proof, Unproven
from app.connect.keys.jwt import DUMMY_KEY, TokenRefused, UnverifiedToken, VerifyKey, verify
from app.connect.keys.jwt import read as read_token
from app.connect.tenancy.tenant import Caller, Tenant

QUERY_NAMES = (b"signed_request", b"jwt")
LONGEST_LIFE = 24 * 3600.0
"""Seconds between `iat` and `exp` that are believed."""
ID = re.compile(r"[\x21-\x7e]{1,64}", re.ASCII)


class HipChatInbound:
    """Reads and checks what a HipChat host signed; `leeway` is in seconds."""

    def __init__(self, *, leeway: float) -> None:
        self._leeway = leeway

    def find(self, asked: Asked) -> Found | None:
        """Return the one token of a request; two different ones are refused."""
        found: set[str] = set()
        if asked.query:
            for part in asked.query.split(b"&"):
                name, _, value = part.partition(b"=")
                if name in QUERY_NAMES:
                    found.add(unquote_plus(value.decode("latin-1")))
        for name, value in asked.headers:
            if name == b"authorization":
                token = _from_header(value.decode("latin-1"))
                if token is not None:
                    found.add(token)
        if not found:
            return None
        if len(found) > 1:
            raise TokenRefused("two different tokens")
        return Found(found.pop())

    def read(self, found: Found) -> Unproven:
        """Take a token apart: its issuer is the client key."""
        token = read_token(found.token)
        return Unproven(token.issuer, token)

    async def keys(self, _: Unproven, stored: Sequence[VerifyKey]) -> Sequence[VerifyKey]:
        """Return the installation's keys; a stranger gets one that nobody has."""
        return stored or (DUMMY_KEY,)

    def check(
        self,
        unproven: Unproven,
        keys: Sequence[VerifyKey],
        asked: Asked,  # noqa: ARG002 - the protocol binds a token to nothing of its request
        *,
        tenant: Tenant | None,
        now: float,
    ) -> Proof:
        """Check signature and times, and that the claims fit the installation."""
        claims = _verified(unproven.token, keys, now, self._leeway)
        if tenant is None:
            raise TokenRefused("unknown issuer")
        return Proof(read_caller(claims, tenant), claims, float(claims["exp"]) + self._leeway)


def read_caller(claims: Mapping[str, Any], tenant: Tenant) -> Caller:
    """Read `sub` (or the old `prn`) and `context`; a room installation's claims must name its room."""
    user_id = _id(claims.get("sub", claims.get("prn")), "sub")
    context = claims.get("context")
    context = {} if context is None else context
    if not isinstance(context, dict):
        raise TokenRefused("context is not an object")
    room_id = _id(context.get("room_id"), "room_id")
    own = tenant.details(HipChatDetails).room_id
    if own is not None and room_id is not None and room_id != own:
        raise TokenRefused("the context is another room than the installation's")
    timezone = context.get("user_tz", context.get("tz"))
    return Caller(user_id, timezone if isinstance(timezone, str) else None, room_id or own)


def _verified(token: UnverifiedToken, keys: Sequence[VerifyKey], now: float, leeway: float) -> Mapping[str, Any]:
    for key in keys:
        try:
            return verify(token, key, now=now, leeway=leeway, longest_life=LONGEST_LIFE)
        except TokenRefused as error:
            refused = error
    raise refused


def _from_header(value: str) -> str | None:
    """Read `JWT <token>` and `JWT token=<token>`; another scheme is not for us."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "jwt":
        return None
    return rest.strip().removeprefix("token=").strip('"')


def _id(value: Any, name: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | str) or not ID.fullmatch(str(value)):
        raise TokenRefused(f"{name} is not an id")
    return str(value)
