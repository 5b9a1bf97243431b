"""Tokens that the platform would never sign so: made for attacks (reference 14, row 2)."""

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from devhost.dialects.atlassian.keys import public_pem, sign_rs256, stranger
from devhost.dialects.forge.apps import ENVIRONMENTS
from devhost.dialects.forge.claims import signed
from devhost.dialects.forge.jwks import written
from devhost.dialects.forge.state import ForgeState
from devhost.wire.signing import compact

# An app that somebody else has; the platform signs for it as for any other.
OTHER_APP = "ari:cloud:ecosystem::app/99999999-9999-4999-8999-999999999999"


def hs256(state: ForgeState, claims: dict[str, Any], secret: str) -> str:
    """Sign with a text that everybody may read, under the id of the platform's own key."""
    signed_part = f"{compact({'alg': 'HS256', 'kid': state.keys.current[0], 'typ': 'JWT'})}.{compact(claims)}"
    digest = hmac.new(secret.encode("utf-8"), signed_part.encode("ascii"), hashlib.sha256).digest()
    return f"{signed_part}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode('ascii')}"


def modulus(state: ForgeState) -> str:
    """Return the number that the key server publishes, as it writes it."""
    return written(*state.keys.current)["n"]


def pem(state: ForgeState) -> str:
    """Return the public key as PEM."""
    return public_pem(state.keys.current[1])


def jwk(state: ForgeState) -> str:
    """Return the public key as the key server writes it."""
    return json.dumps(written(*state.keys.current))


def unsigned(state: ForgeState, claims: dict[str, Any]) -> str:
    """Write a token with `alg: none` and no signature."""
    return f"{compact({'alg': 'none', 'kid': state.keys.current[0], 'typ': 'JWT'})}.{compact(claims)}."


def by_stranger(claims: dict[str, Any], key_id: str) -> str:
    """Sign with a key that is published nowhere, under any id."""
    return sign_rs256(claims, stranger(), key_id)


def with_own_key(state: ForgeState, claims: dict[str, Any]) -> str:
    """Sign with a stranger's key, and say in the header where it is to be had."""
    header = {
        "alg": "RS256",
        "typ": "JWT",
        "kid": "attacker",
        "jwk": written("attacker", stranger()),
        "jku": f"{state.shell.base_url}/attacker/jwks.json",
    }
    signed_part = f"{compact(header)}.{compact(claims)}"
    signature = stranger().sign(signed_part.encode("ascii"), PKCS1v15(), SHA256())
    return f"{signed_part}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode('ascii')}"


def tampered(state: ForgeState, claims: dict[str, Any]) -> str:
    """Change the claims of a token of the platform after it was signed."""
    head, _, signature = signed(state, claims).split(".")
    return f"{head}.{compact(claims | {'principal': 'devhost:00000001'})}.{signature}"


def other_environment(claims: dict[str, Any]) -> dict[str, Any]:
    """Return the claims as another environment of the same app has them."""
    here = claims["app"]["environment"]["type"]
    other = next(one for one in reversed(ENVIRONMENTS) if one != here)
    return within(claims, environment={"type": other, "id": claims["app"]["environment"]["id"] + "-other"})


def within(claims: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return the claims with members of `app` replaced."""
    return claims | {"app": claims["app"] | members}


def without(claims: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the claims without one."""
    return {key: value for key, value in claims.items() if key != name}
