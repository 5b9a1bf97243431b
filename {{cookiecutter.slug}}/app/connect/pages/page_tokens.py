"""Page tokens: how a page in a frame calls back without cookies.

Our own key, issuer and audience, so a page token is never taken for a token of the host. It lives 15 minutes and is
renewed while the page is open, for 12 hours in total; it names tenant, caller, generation, the module it was made for
and the parameters it was opened with, so it acts for that page alone and a new installation ends it.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.connect.keys.jwt import TokenRefused, UnverifiedToken, VerifyKey, prepare_key, sign, verify
from app.connect.pages.opened_with import OpenedWith
from app.connect.tenancy.tenant import Caller, Tenant

ISSUER = "connect:page"
"""No installation can have this client key: installs refuse it."""
LIFE = 15 * 60.0
"""Seconds; longer than `RENEW_EVERY` in the page script."""
LONGEST_SESSION = 12 * 3600.0
LEEWAY = 10.0
SETTINGS = "settings"
"""The module of the settings page."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One page that a person opened: which module, and when (Unix seconds) its first token was made."""

    kind: str
    key: str | None
    started: float
    opened_with: OpenedWith | None = None
    """The parameters that a handler reads and the host signed."""

    @classmethod
    def begin(cls, kind: str, key: str | None, opened_with: OpenedWith | None = None) -> "Visit":
        """Begin a visit now."""
        return cls(kind, key, time.time(), opened_with)

    @property
    def module(self) -> str:
        """Return the module's name, such as `panel.report` or `settings`."""
        return f"{self.kind}.{self.key}" if self.key else self.kind


class PageTokens:
    """Make and check page tokens with the keys of this installation, newest first."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._keys: tuple[VerifyKey, ...] = tuple(prepare_key(key) for key in keys)

    def issue(self, tenant: Tenant, caller: Caller, visit: Visit) -> str:
        """Make a token for one page and its viewer; never beyond 12 hours after the visit began."""
        now = time.time()
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": ISSUER,
            "host": tenant.host,
            "key": tenant.client_key,
            "installation": tenant.installation_id,
            "generation": tenant.generation,
            "caller": caller.dump(),
            "page": [visit.kind, visit.key],
            "started": visit.started,
            "iat": int(now),
            "exp": int(min(now + LIFE, visit.started + LONGEST_SESSION)),
        }
        if visit.opened_with is not None:
            claims["with"] = visit.opened_with
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


def visit_of(claims: Mapping[str, Any]) -> Visit:
    """Read which page checked claims were made for."""
    kind, key = claims["page"]
    names, digest = claims.get("with") or ((), None)
    return Visit(kind, key, claims["started"], None if digest is None else OpenedWith(tuple(names), digest))


def require_same(claims: Mapping[str, Any], tenant: Tenant) -> None:
    """Raise `TokenRefused` when the installation is another by now."""
    if claims["installation"] != tenant.installation_id or claims["generation"] != tenant.generation:
        raise TokenRefused("the page belongs to an earlier installation")
