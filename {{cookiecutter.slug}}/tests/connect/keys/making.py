"""HS256 tokens made with the standard library, so that reader and writer cannot share a mistake."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from hypothesis import settings

from app.connect.keys.jwt import prepare_key, read, verify

SECRET = "gN3vQ9s7Zr1bXw5kTf8yLh2mCj6pDa4uEe0iOoRt"
KEY = prepare_key(SECRET)
NOW = 1_800_000_000
LEEWAY = 10
LONGEST_LIFE = 3600
HEADER = {"alg": "HS256", "typ": "JWT"}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
EXAMPLES = settings(max_examples=200, deadline=None, database=None)


def encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def segment(value: object) -> str:
    """Encode JSON, or bytes and strings as they are: some of them are no JSON at all."""
    if isinstance(value, bytes):
        return encode(value)
    return encode((value if isinstance(value, str) else json.dumps(value)).encode())


def token(
    claims: object,
    *,
    header: object = HEADER,
    secret: str = SECRET,
    digest: str = "sha256",
    signature: str | None = None,
) -> str:
    """Make a compact token that is signed as it should be, whatever it says."""
    signing_input = f"{segment(header)}.{segment(claims)}"
    made = encode(hmac.digest(secret.encode(), signing_input.encode(), digest))
    return f"{signing_input}.{made if signature is None else signature}"


def claims(**changes: object) -> dict[str, Any]:
    """Return good claims with changes; `...` takes a member away."""
    good = {"iss": "tenant", "sub": "1", "iat": NOW, "exp": NOW + 60, "context": {"room_id": 1}} | changes
    return {name: value for name, value in good.items() if value is not ...}


def believe(
    text: str, *, now: float = NOW, leeway: float = LEEWAY, longest_life: float = LONGEST_LIFE
) -> Mapping[str, Any]:
    """Do what the add-on does with a token."""
    return verify(read(text), KEY, now=now, leeway=leeway, longest_life=longest_life)


GOOD = token(claims())
HEAD, PAYLOAD, SIGNATURE = GOOD.split(".")
