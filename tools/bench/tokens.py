"""Signs requests as a host does, by hand: the benchmark must not depend on what it measures."""

import base64
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Iterator

SECRET = b"bench-0123456789abcdefghijklmnopqrstuvwxyz"
HEADER = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=")
_counter = itertools.count()


def signed_request(tenant: int) -> bytes:
    """Return a glance request with a token that was never used before."""
    now = int(time.time())
    claims = {
        "iss": f"t{tenant}",
        "sub": "1",
        "iat": now,
        "exp": now + 3600,
        "jti": f"{next(_counter):020d}",
        "context": {"room_id": 1, "user_tz": "UTC"},
    }
    payload = base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).rstrip(b"=")
    signing_input = HEADER + b"." + payload
    signature = base64.urlsafe_b64encode(hmac.digest(SECRET, signing_input, hashlib.sha256)).rstrip(b"=")
    return (
        b"GET /hipchat/glance/builds?signed_request="
        + signing_input
        + b"."
        + signature
        + b"&connect_client_api_version=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n"
    )


def bare_request() -> bytes:
    """Return the request to compare with."""
    return b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n"


def fresh(tenants: int, count: int) -> Iterator[bytes]:
    """Return `count` requests, each with a token of its own, spread over all tenants."""
    step = 7_919  # a prime: neighbours in time are not neighbours in the table
    return iter([signed_request((number * step) % tenants) for number in range(count)])


def repeated(tenants: int, pool: int) -> Iterator[bytes]:
    """Return the same `pool` of requests over and over."""
    return itertools.cycle(list(fresh(tenants, pool)))
