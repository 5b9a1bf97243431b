"""What Pebble's tokens prove: HS256 in `Authorization: Pebble`, with an audience for each kind of route."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.connect.hosts.protocol import Asked, Found, Proof, Unproven
from app.connect.keys.jwt import DUMMY_KEY, TokenRefused, VerifyKey, verify
from app.connect.keys.jwt import read as read_token
from app.connect.tenancy.tenant import Caller, Tenant

SCHEME = "pebble "
LEEWAY = 10.0
LONGEST_LIFE = 300.0


class PebbleInbound:
    """Reads and checks what a board signed."""

    def find(self, asked: Asked) -> Found | None:
        """Find the one token."""
        values = [value.decode("latin-1") for name, value in asked.headers if name == b"authorization"]
        tokens = {value[len(SCHEME) :] for value in values if value.lower().startswith(SCHEME)}
        if not tokens:
            return None
        if len(tokens) > 1:
            raise TokenRefused("two different tokens")
        return Found(tokens.pop())

    def read(self, found: Found) -> Unproven:
        """Take it apart; the issuer is the board's client key."""
        token = read_token(found.token)
        return Unproven(token.issuer, token)

    async def keys(self, _: Unproven, stored: Sequence[VerifyKey]) -> Sequence[VerifyKey]:
        """Return the board's keys; a stranger gets one that nobody has."""
        return stored or (DUMMY_KEY,)

    def check(
        self, unproven: Unproven, keys: Sequence[VerifyKey], asked: Asked, *, tenant: Tenant | None, now: float
    ) -> Proof:
        """Check signature, times and audience."""
        claims = check_claims(unproven, keys, asked, now=now)
        if tenant is None:
            raise TokenRefused("unknown issuer")
        person = claims.get("sub")
        if not isinstance(person, str):
            raise TokenRefused("sub is not text")
        return Proof(Caller(user_id=person), claims, float(claims["exp"]) + LEEWAY)


def check_claims(unproven: Unproven, keys: Sequence[VerifyKey], asked: Asked, *, now: float) -> Mapping[str, Any]:
    """Return the claims that one of the keys signed for this kind of route."""
    refused = TokenRefused("no key")
    for key in keys:
        try:
            claims = verify(unproven.token, key, now=now, leeway=LEEWAY, longest_life=LONGEST_LIFE)
        except TokenRefused as error:
            refused = error
            continue
        if claims.get("aud") != asked.proof.value:
            raise TokenRefused("made for another kind of route")
        return claims
    raise refused
