"""Page tokens: how a page in a frame calls back without cookies.

Our own key, issuer and audience, so a page token is never taken for a token of the host. It lives 15 minutes and is
renewed while the page is open, for 12 hours in total; it names tenant, user and generation, so a new installation
ends it.
"""

import time
from collections.abc import Mapping
from typing import Any

from app.connect.keys.jwt import TokenRefused, UnverifiedToken, VerifyKey, prepare_key, sign, verify
from app.connect.tenancy.tables import Tenant
from app.connect.tenancy.tenant import Identity, User, Verified

ISSUER = "connect:page"
"""No tenant can have this client key: installs refuse it."""
LIFE = 15 * 60.0
LONGEST_SESSION = 12 * 3600.0
LEEWAY = 10.0


class PageTokens:
    """Make and check page tokens with the keys of this installation, newest first."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._keys: tuple[VerifyKey, ...] = tuple(prepare_key(key) for key in keys)

    def issue(self, verified: Verified) -> str:
        """Make a token for whoever this request proved; never beyond 12 hours after the first."""
        now = time.time()
        started = verified.session_started or now
        user = verified.identity.user
        claims = {
            "iss": ISSUER,
            "aud": ISSUER,
            "host": verified.tenant.host,
            "key": verified.tenant.client_key,
            "tenant": verified.tenant.id,
            "generation": verified.tenant.generation,
            "sub": user.id if user else None,
            "tz": user.timezone if user else None,
            "room": verified.identity.room_id,
            "started": started,
            "iat": int(now),
            "exp": int(min(now + LIFE, started + LONGEST_SESSION)),
        }
        return sign(claims, self._keys[0])

    def check(self, token: UnverifiedToken) -> Mapping[str, Any]:
        """Return the claims of a token of ours that holds; `TokenRefused` otherwise."""
        for key in self._keys:
            try:
                claims = verify(token, key, now=time.time(), leeway=LEEWAY, longest_life=LIFE + 1)
            except TokenRefused as refused:
                reason = refused
                continue
            if claims.get("aud") != ISSUER:
                raise TokenRefused("the audience is not a page")
            return claims
        raise reason

    @staticmethod
    def identify(claims: Mapping[str, Any], tenant: Tenant) -> Verified:
        """Turn checked claims into the request's identity; `TokenRefused` when the installation is another by now."""
        if claims["tenant"] != tenant.id or claims["generation"] != tenant.generation:
            raise TokenRefused("the page belongs to an earlier installation")
        user = User(claims["sub"], claims["tz"]) if claims["sub"] is not None else None
        return Verified(
            tenant=tenant,
            identity=Identity(user, claims["room"]),
            claims=claims,
            expires=claims["exp"],
            session_started=claims["started"],
        )
