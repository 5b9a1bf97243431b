"""What Echo's tokens prove: HS256, made for one kind of route (`for`) and one method, path and query (`req`).

The key is the installation's secret; an installation that has none speaks with the key of Echo's makers, and the
first such token of a stranger lets it come into being.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from app.connect.hosts.protocol import Asked, Found, Proof, Unproven
from app.connect.keys.jwt import TokenRefused, VerifyKey, prepare_key, verify
from app.connect.keys.jwt import read as read_token
from app.connect.network.addresses import AddressRefused, origin_of
from app.connect.network.tokens import GrantedToken, Wanted
from app.connect.tenancy.tenant import Caller, Installed, Tenant
from tests.hosts.echo.settings import EchoDetails

LEEWAY = 5.0
LONGEST_LIFE = 600.0
PARAMETER = b"echo="
SCHEME = "echo "


class EchoInbound:
    """Reads and checks what an Echo host signed."""

    def __init__(self, vendor_key: str) -> None:
        self._vendor = prepare_key(vendor_key)

    def find(self, asked: Asked) -> Found | None:
        """Return the one token, of the query or of `Authorization: Echo`."""
        found = {part[len(PARAMETER) :].decode("latin-1") for part in asked.query.split(b"&") if _is_token(part)}
        for name, value in asked.headers:
            text = value.decode("latin-1")
            if name == b"authorization" and text.lower().startswith(SCHEME):
                found.add(text[len(SCHEME) :].strip())
        if not found:
            return None
        if len(found) > 1:
            raise TokenRefused("two different tokens")
        return Found(found.pop(), binding_of(asked))

    def read(self, found: Found) -> Unproven:
        """Take it apart; the issuer is the client key."""
        token = read_token(found.token)
        return Unproven(token.issuer, token, found.binding)

    async def keys(self, _: Unproven, stored: Sequence[VerifyKey]) -> Sequence[VerifyKey]:
        """Return the installation's keys, or the makers' key for one that has none."""
        return stored or (self._vendor,)

    def check(
        self, unproven: Unproven, keys: Sequence[VerifyKey], asked: Asked, *, tenant: Tenant | None, now: float
    ) -> Proof:
        """Check signature, times, kind and binding."""
        claims = checked_claims(unproven, keys, asked, now=now)
        return Proof(
            Caller(_text(claims, "sub"), _text(claims, "tz"), _text(claims, "place")),
            claims,
            float(claims["exp"]) + LEEWAY,
            enrol=_newcomer(unproven.client_key, claims) if tenant is None else None,
            deposit=_pushed(claims),
        )


def checked_claims(unproven: Unproven, keys: Sequence[VerifyKey], asked: Asked, *, now: float) -> Mapping[str, Any]:
    """Return the claims of a token that holds for this very request."""
    refused = TokenRefused("no key")
    for key in keys:
        try:
            claims = verify(unproven.token, key, now=now, leeway=LEEWAY, longest_life=LONGEST_LIFE)
        except TokenRefused as error:
            refused = error
            continue
        if claims.get("for") != asked.proof.value:
            raise TokenRefused("made for another kind of route")
        if claims.get("req") != unproven.binding.decode():
            raise TokenRefused("made for another request")
        return claims
    raise refused


def binding_of(asked: Asked) -> bytes:
    """Digest method, path and query, the token itself left out; parameters in whatever order."""
    query = b"&".join(sorted(part for part in asked.query.split(b"&") if part and not _is_token(part)))
    return hashlib.sha256(b"\n".join((asked.method.encode(), asked.raw_path, query))).hexdigest().encode()


def _is_token(part: bytes) -> bool:
    return part.startswith(PARAMETER)


def _newcomer(client_key: str, claims: Mapping[str, Any]) -> Installed:
    """Read the installation that a token of Echo's makers vouches for."""
    url = _text(claims, "url")
    if url is None:
        raise TokenRefused("unknown issuer")
    try:
        return Installed(
            client_key, origin_of(url), f"{url}/api/", url, EchoDetails(plan=_text(claims, "plan") or "free")
        )
    except AddressRefused:
        raise TokenRefused("url is no address") from None


def _pushed(claims: Mapping[str, Any]) -> tuple[Wanted, GrantedToken] | None:
    token = _text(claims, "access")
    return None if token is None else (Wanted(), GrantedToken(token, 3600.0))


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is not None and not isinstance(value, str):
        raise TokenRefused(f"{name} is not text")
    return value
