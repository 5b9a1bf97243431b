"""Signs requests as a host does, by hand: the benchmark must not depend on what it measures."""

import base64
import hashlib
import hmac
import itertools
import json
import string
import time
import zlib
from collections.abc import Callable, Iterator

SECRET = b"bench-0123456789abcdefghijklmnopqrstuvwxyz"
HEADER = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=")
BASE_62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
PAGE = "/jira/panel/report"
PARAMETERS = {
    "cp": "",
    "cv": "1001.0.0-SNAPSHOT",
    "issue": "TP-7",
    "lic": "none",
    "xdm_c": "channel-com.example.bench__report",
    "xdm_e": "https%3A%2F%2Fhost.example",
}
"""As a site writes them, in the order in which they are hashed."""
Make = Callable[[int], bytes]
"""Makes the request of a tenant."""
QUERY = "&".join(f"{name}={value}" for name, value in PARAMETERS.items())
_counter = itertools.count()


def glance_request(tenant: int) -> bytes:
    """Return a glance request with a token that was never used before."""
    token = _signed(tenant, {"context": {"room_id": 1, "user_tz": "UTC"}})
    return _get(b"/hipchat/glance/builds?signed_request=" + token + b"&connect_client_api_version=1")


def page_request(tenant: int) -> bytes:
    """Return the request of a page on a site, whose token was never used before and holds for this address."""
    qsh = hashlib.sha256(f"GET&{PAGE}&{QUERY}".encode()).hexdigest()
    return _get(f"{PAGE}?{QUERY}&jwt=".encode() + _signed(tenant, {"qsh": qsh, "context": {}}))


def api_request(number: int) -> bytes:
    """Return the request of a program with the API token of this number."""
    token = f"addon_{number:043}"
    rest, checksum = zlib.crc32(token.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, len(BASE_62))
        checksum = BASE_62[digit] + checksum
    return _get(b"/bench/web", f"Authorization: Bearer {token}{checksum}\r\n".encode())


def _signed(tenant: int, more: dict[str, object]) -> bytes:
    now = int(time.time())
    known = {"iss": f"t{tenant}", "sub": "1", "iat": now, "exp": now + 3600, "jti": f"{next(_counter):020d}"}
    claims = known | more
    payload = base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).rstrip(b"=")
    signing_input = HEADER + b"." + payload
    signature = base64.urlsafe_b64encode(hmac.digest(SECRET, signing_input, hashlib.sha256)).rstrip(b"=")
    return signing_input + b"." + signature


def bare_request() -> bytes:
    """Return the request to compare with."""
    return _get(b"/")


def _get(target: bytes, more: bytes = b"") -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n" + more + b"\r\n"


def fresh(make: Make, tenants: int, count: int) -> Iterator[bytes]:
    """Return `count` requests, each with a token of its own, spread over all tenants."""
    step = 7_919  # a prime: neighbours in time are not neighbours in the table
    return iter([make((number * step) % tenants) for number in range(count)])


def repeated(make: Make, tenants: int, pool: int) -> Iterator[bytes]:
    """Return the same `pool` of requests over and over."""
    return itertools.cycle(list(fresh(make, tenants, pool)))
