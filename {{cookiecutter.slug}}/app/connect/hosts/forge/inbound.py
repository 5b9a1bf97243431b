"""What a Forge Invocation Token proves: RS256 by Forge's own keys, for one app, environment and endpoint (reference 5).

It comes as `Authorization: Bearer`, with access tokens in headers beside it. The first token of an installation lets it
come into being, since nothing of it need have come before.
"""

import base64
import json
import math
import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.connect.errors import NotAllowed
from app.connect.hosts.atlassian.forge_names import installation_name
from app.connect.hosts.forge.claims import API_PATH, Claims, cloud_of, details_of, read_claims, read_installation
from app.connect.hosts.forge.jwks import KeySets
from app.connect.hosts.forge.paths import (
    CALLS_KEY,
    EVENTS,
    EVENTS_KEY,
    HOURLY,
    HOURLY_KEY,
    UNINSTALL,
    UNINSTALL_KEY,
    call_key,
    schedule_key,
)
from app.connect.hosts.forge.place import place_of
from app.connect.hosts.forge.settings import ForgeDetails
from app.connect.hosts.protocol import Asked, Found, Proof, ProofKind, Unproven
from app.connect.keys.jwt import TokenRefused, VerifyKey, check_header, verify
from app.connect.keys.rs256 import ALGORITHM
from app.connect.keys.rs256 import read as read_signed
from app.connect.network.addresses import AddressRefused, Origins, origin_of
from app.connect.network.tokens import GrantedToken, Wanted
from app.connect.tenancy.tenant import Caller, Installed, Tenant, TenantState

LEEWAY = 30.0
LONGEST_LIFE = 3600.0
"""Seconds that a token may live; they are made for half a minute."""
LONGEST = 16 * 1024
SCHEME = "bearer"
ENDPOINT = "core:endpoint"
GATES = {EVENTS.name: EVENTS_KEY, HOURLY.name: HOURLY_KEY, UNINSTALL.name: UNINSTALL_KEY}
SYSTEM = b"x-forge-oauth-system"
USER = b"x-forge-oauth-user"
LONGEST_ACCESS = 8 * 1024
UNSTATED_LIFE = 3600.0
ACCESS = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_ACCESS}}}", re.ASCII)
_LABEL = re.compile(r"[a-z0-9_-]{1,50}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Trust:
    """What configuration says of tokens: whose, of which environments, and which APIs they may name."""

    apps: Collection[str]
    environments: Collection[str]
    origins: Origins
    patience: float = 0.0
    """Seconds that an installation waits for its site's other ways in before the add-on is told of it."""


class ForgeInbound:
    """Reads and checks what Forge signed."""

    def __init__(self, keys: KeySets, trust: Trust) -> None:
        self._keys = keys
        self._trust = trust

    def find(self, asked: Asked) -> Found | None:
        """Return the one token; two are refused."""
        found = [value for name, value in asked.headers if name == b"authorization"]
        tokens = []
        for value in found:
            scheme, _, rest = value.decode("latin-1").strip().partition(" ")
            if scheme.lower() == SCHEME:
                tokens.append(rest.strip())
        if tokens and len(found) > 1:
            raise TokenRefused("two headers Authorization")
        return Found(tokens[0], f"{asked.kind} {asked.key}".encode()) if tokens else None

    def read(self, found: Found) -> Unproven:
        """Take the token apart: the id of its installation is the client key."""
        _, token = read_signed(found.token, longest=LONGEST)
        app = token.claims.get("app")
        return Unproven(
            read_installation(app.get("installationId") if isinstance(app, Mapping) else None), token, found.binding
        )

    async def keys(self, unproven: Unproven, _: Sequence[VerifyKey]) -> Sequence[VerifyKey]:
        """Fetch the key that the token names, from an address that it has no word in."""
        label = unproven.token.claims.get("icLabel")
        if label is not None and not (isinstance(label, str) and _LABEL.fullmatch(label)):
            raise TokenRefused("icLabel has a form that no address is made of")
        return (await self._keys.get(key_id_of(unproven), label),)

    def check(
        self, unproven: Unproven, keys: Sequence[VerifyKey], asked: Asked, *, tenant: Tenant | None, now: float
    ) -> Proof:
        """Check signature, times, app, environment, API and endpoint. `NotAllowed` for an installation that ended."""
        said = verify(unproven.token, keys[0], now=now, leeway=LEEWAY, longest_life=LONGEST_LIFE)
        claims = read_claims(said)
        self._require_trusted(claims)
        require_bound(claims, asked)
        if tenant is not None and tenant.state is TenantState.UNINSTALLED and not tenant.can_be_restored:
            raise NotAllowed("This installation ended. Install the app again.")
        is_new = tenant is None or tenant.can_be_restored
        return Proof(
            Caller(claims.principal, None, place_of(claims.context)),
            said,
            float(said["exp"]) + LEEWAY,
            enrol=self._newcomer(claims, tenant, now) if is_new else None,
            deposit=_pushed(asked, now),
        )

    def _require_trusted(self, claims: Claims) -> None:
        app, trust = claims.app, self._trust
        if claims.aud not in trust.apps:
            raise TokenRefused("the audience is another app; if it is this one, add it to FORGE_APP_IDS")
        if app.id != claims.aud:
            raise TokenRefused("app.id is another than the audience")
        if app.environment.type not in trust.environments:
            raise TokenRefused(f"{app.environment.type} is not among FORGE_ENVIRONMENTS")
        for url in (app.api_base_url, *(one.api_base_url for one in app.installation.contexts)):
            self._require_api(url)

    def _require_api(self, url: str) -> None:
        try:
            origin = origin_of(url)
        except AddressRefused:
            raise TokenRefused("an apiBaseUrl is no address") from None
        if not url.startswith(origin) or not API_PATH.fullmatch(url[len(origin) :]):
            raise TokenRefused("an apiBaseUrl is not the base of an API")
        if not self._trust.origins.lists(url):
            raise TokenRefused("an apiBaseUrl is on another origin; if it is right, add that to FORGE_API_ORIGINS")

    def _newcomer(self, claims: Claims, tenant: Tenant | None, now: float) -> Installed:
        before = None if tenant is None else tenant.details(ForgeDetails)
        details = details_of(claims, before).model_copy(update={"heard_at": now})
        return Installed(
            client_key=claims.app.client_key,
            origin=origin_of(claims.app.api_base_url),
            api_url=claims.app.api_base_url + "/",
            web_url=details.display_url or claims.app.api_base_url,
            details=details,
            names=names_of(claims),
            patience=self._trust.patience,
        )


def require_bound(claims: Claims, asked: Asked) -> None:
    """Raise `TokenRefused` unless the token was made for what this route serves.

    What the manifest declares for events opens those routes alone, each its own; what people see opens the calls.
    """
    module = claims.app.module
    if asked.proof is ProofKind.EVENT:
        wanted = GATES.get(asked.kind) or schedule_key(asked.key or "")
        if (module.type, module.key) != (ENDPOINT, wanted):
            raise TokenRefused(f"made for {module.type} {module.key}, not for the endpoint {wanted}")
        return
    if asked.proof is ProofKind.LIFECYCLE and (claims.principal is not None or claims.context is not None):
        raise TokenRefused("made for a call of a frontend, which moves no data")
    if module.type == ENDPOINT and module.key != CALLS_KEY and not module.key.startswith(call_key("")):
        raise TokenRefused(f"made for the endpoint {module.key}, which takes no calls")


def names_of(claims: Claims) -> tuple[str, ...]:
    """Name the tenant: by its installation, and by site, product, app and environment, which outlive that."""
    app, cloud = claims.app, cloud_of(claims)
    names = [installation_name(app.client_key)]
    if cloud is not None:
        names.append(installation_name(app.client_key, cloud))
    if cloud is not None:
        product = app.places()[0].name
        names.append(f"forge-site:{product}:{cloud}:{app.id.rpartition('/')[2]}:{app.environment.id}"[-400:].lower())
    return tuple(names)


def access_token(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> str | None:
    """Return the access token that stands in a header; None where there is none, or two."""
    found = [value.decode("latin-1").strip() for header, value in headers if header == name]
    return found[0] if len(found) == 1 and ACCESS.fullmatch(found[0]) else None


def _pushed(asked: Asked, now: float) -> tuple[Wanted, GrantedToken] | None:
    token = access_token(asked.headers, SYSTEM)
    return None if token is None else (Wanted(), GrantedToken(token, life_of(token, now)))


def life_of(token: str, now: float | None = None) -> float:
    """Return the seconds that an access token lasts: all that may be read of it is when it ends."""
    try:
        payload = token.split(".")[1]
        ends = float(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"])
    except (IndexError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return UNSTATED_LIFE
    return ends - (time.time() if now is None else now) if math.isfinite(ends) else UNSTATED_LIFE


def key_id_of(unproven: Unproven) -> str:
    """Return the id of the key that a token names."""
    return _key_id(unproven.token.signing_input.partition(b".")[0].decode("ascii"))


@lru_cache(maxsize=256)
def _key_id(header: str) -> str:
    return str(check_header(header, ALGORITHM)["kid"])
