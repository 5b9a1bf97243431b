"""The key server of invocation tokens, and what can be wrong with it (reference 5)."""

import base64
import json
from typing import Any, Literal, get_args

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from fastapi import APIRouter
from fastapi.responses import Response

from devhost.dialects.forge.state import JWKS_PATH, JwksFault, StateDep

router = APIRouter(include_in_schema=False)

FAULTS: tuple[JwksFault, ...] = get_args(JwksFault)
# A careful reader stops long before.
HUGE = 64 * 1024 * 1024
_CHUNK = b" " * 65_536
# Where the keys are, too: only who follows redirects finds them there.
ELSEWHERE = f"{JWKS_PATH}/elsewhere"
_JSON = "application/json"

Kind = Literal["down", "slow", "error"]
# What the table of faults of the whole devhost does to any path.
SHARED: tuple[Kind, ...] = get_args(Kind)


def written(key_id: str, key: RSAPrivateKey) -> dict[str, str]:
    """Write the public half of a key."""
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key_id, "n": _number(numbers.n), "e": _number(numbers.e)}


def _number(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


@router.get(JWKS_PATH)
async def keys(state: StateDep) -> Response:
    """Return the keys, or what is left of them."""
    state.jwks_reads += 1
    listed = [written(key_id, key) for key_id, key in state.keys.all]
    match state.jwks_fault:
        case "huge":
            return Response(_CHUNK * (HUGE // len(_CHUNK)) + json.dumps({"keys": listed}).encode(), media_type=_JSON)
        case "redirect":
            return Response(status_code=302, headers={"location": f"{state.shell.base_url}{ELSEWHERE}"})
        case "empty":
            listed = []
        case "missing":
            listed = [one for one in listed if one["kid"] != state.keys.current[0]]
        case "garbage":
            return Response(b'{"keys": [{"kty"', media_type=_JSON)
    return _answer({"keys": listed})


@router.get(ELSEWHERE)
async def elsewhere(state: StateDep) -> Response:
    """Return the keys to who followed a redirect."""
    return _answer({"keys": [written(key_id, key) for key_id, key in state.keys.all]})


def _answer(body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), media_type=_JSON, headers={"Cache-Control": "public, max-age=300"})
