"""Where the tokens of a Jira or Confluence site may stand in a request, and what they prove (reference 7, 9.1).

HS256 with the installation's secret, bound to one method, path and query by its hash. A context token, which scripts
in the site's pages get, is bound to nothing: it opens the routes that are declared for it, and no other.
"""

from collections.abc import Mapping, Sequence
from hmac import compare_digest
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from app.connect.hosts.atlassian.place import place_of
from app.connect.hosts.atlassian.qsh import LITERAL, candidates
from app.connect.hosts.protocol import Asked, Found, Proof, ProofKind, Unproven
from app.connect.keys.jwt import DUMMY_KEY, TokenRefused, UnverifiedToken, VerifyKey, verify
from app.connect.keys.jwt import read as read_token
from app.connect.tenancy.tenant import Caller, Tenant

QUERY_NAME = b"jwt"
QUERY_START = b"jwt="
SCHEME = "jwt"
LEEWAY = 30.0
LONGEST_LIFE = 24 * 3600.0
"""Seconds between `iat` and `exp` that are believed: how long context tokens live is not documented."""
LONGEST_ACCOUNT_ID = 128
HEADER_ALONE = frozenset({ProofKind.LIFECYCLE, ProofKind.CONTEXT})
"""Kinds of routes that take a token from the header only: an address is copied and logged."""


class AtlassianInbound:
    """Reads and checks what a site signed; `base_url` is the add-on's own, below which paths are hashed."""

    def __init__(self, base_url: str) -> None:
        self._context = urlsplit(base_url).path

    def find(self, asked: Asked) -> Found | None:
        """Return the one token of a request; two different ones are refused."""
        text = find_token(asked)
        return None if text is None else Found(text, binding_of(asked))

    def read(self, found: Found) -> Unproven:
        """Take a token apart: its issuer is the client key."""
        token = read_token(found.token)
        return Unproven(token.issuer, token)

    async def keys(self, _: Unproven, stored: Sequence[VerifyKey]) -> Sequence[VerifyKey]:
        """Return the installation's keys; a stranger gets one that nobody has."""
        return stored or (DUMMY_KEY,)

    def check(
        self, unproven: Unproven, keys: Sequence[VerifyKey], asked: Asked, *, tenant: Tenant | None, now: float
    ) -> Proof:
        """Check signature, times and what the token is bound to."""
        claims = verify_any(unproven.token, keys, now=now)
        self.require_bound(claims, asked)
        if tenant is None:
            raise TokenRefused("unknown issuer")
        return Proof(
            Caller(_account(claims.get("sub")), None, place_of(claims.get("context"))),
            claims,
            float(claims["exp"]) + LEEWAY,
        )

    def require_bound(self, claims: Mapping[str, Any], asked: Asked) -> None:
        """Raise `TokenRefused` unless the token was made for this very request, or for a script where those call."""
        qsh = claims.get("qsh")
        if not isinstance(qsh, str) or not qsh.isascii():
            raise TokenRefused("qsh is not text")
        if asked.proof is ProofKind.CONTEXT:
            if qsh != LITERAL:
                raise TokenRefused("this route takes context tokens alone")
            return
        if qsh == LITERAL:
            raise TokenRefused("a context token does not open this route")
        path, query = asked.raw_path.decode("latin-1"), asked.query.decode("latin-1")
        if not any(compare_digest(qsh, one) for one in candidates(asked.method, path, query, context=self._context)):
            raise TokenRefused("qsh is of another request")


def find_token(asked: Asked) -> str | None:
    """Return the one token of a request, or None; `TokenRefused` for two, or for one where this route takes none."""
    found: set[str] = set()
    for part in asked.query.split(b"&") if QUERY_NAME in asked.query else ():
        if part.startswith(QUERY_START) or part == QUERY_NAME:
            found.add(unquote_plus(part[len(QUERY_START) :].decode("latin-1")))
    if found and asked.proof in HEADER_ALONE:
        raise TokenRefused("the token is in the query, where this route takes none")
    for name, value in asked.headers:
        if name == b"authorization":
            scheme, _, rest = value.decode("latin-1").strip().partition(" ")
            if scheme.lower() == SCHEME:
                found.add(rest.strip())
    if len(found) > 1:
        raise TokenRefused("two different tokens")
    return found.pop() if found else None


def verify_any(token: UnverifiedToken, keys: Sequence[VerifyKey], *, now: float) -> Mapping[str, Any]:
    """Return the claims of a token that one of the keys signed and whose times hold."""
    refused = TokenRefused("no key")
    for key in keys:
        try:
            return verify(token, key, now=now, leeway=LEEWAY, longest_life=LONGEST_LIFE)
        except TokenRefused as error:
            refused = error
    raise refused


def binding_of(asked: Asked) -> bytes:
    """Name what a token is proven for, without working its hash out: bytes that differ are another request."""
    return b"\n".join((asked.method.encode(), asked.raw_path, asked.query))


def _account(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ACCOUNT_ID or not value.isascii():
        raise TokenRefused("sub is not an account id")
    if not value.isprintable():
        raise TokenRefused("sub is not an account id")
    return value
