"""Events with new tokens of Forge, signed by a key server of our own on loopback, beside a bare route that commits.

Runs in the project's environment and folder. Arguments: the ports of the key server, the add-on and the bare route,
the rounds, and the seconds of a slice. Prints the throughputs, and what verifying a signature alone costs.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import random
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path.cwd()))

from app.connect.keys.jwt import prepare_key
from app.connect.keys.rs256 import read_jwk
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tools.bench import load

APP = "ari:cloud:ecosystem::app/11111111-1111-4111-8111-111111111111"
SITE = "22222222-2222-4222-8222-222222222222"
INSTALLATION = "ari:cloud:ecosystem::installation/33333333-3333-4333-8333-333333333333"
API = f"https://api.atlassian.com/ex/jira/{SITE}"
MOST_PER_SECOND = 1_500
"""Tokens signed for each second of a slice; a server that takes more ends its slice early."""
TIMES = 2_000
KEY = rsa.generate_private_key(65537, 2048)


def encode(raw: bytes) -> bytes:
    """Write bytes as tokens have them."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def written(number: int) -> str:
    """Write a number as key sets have it."""
    return encode(number.to_bytes((number.bit_length() + 7) // 8)).decode()


NUMBERS = KEY.public_key().public_numbers()
JWK = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "bench", "n": written(NUMBERS.n), "e": written(NUMBERS.e)}
HEADER = encode(json.dumps({"alg": "RS256", "typ": "JWT", "kid": "bench"}).encode())


def token() -> tuple[bytes, bytes]:
    """Sign a token that was never used; return what is signed, and the signature."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": "forge/invocation-token",
        "aud": APP,
        "iat": now,
        "nbf": now,
        "exp": now + 25,
        "jti": uuid.uuid4().hex,
        "app": {
            "id": APP,
            "installationId": INSTALLATION,
            "installation": {
                "id": INSTALLATION,
                "contexts": [{"name": "jira", "apiBaseUrl": API, "cloudId": SITE}],
            },
            "apiBaseUrl": API,
            "appVersion": "2.0.0",
            "environment": {"type": "PRODUCTION", "id": SITE},
            "module": {"type": "core:endpoint", "key": "forge-events"},
        },
    }
    text = HEADER + b"." + encode(json.dumps(claims).encode())
    return text, KEY.sign(text, padding.PKCS1v15(), hashes.SHA256())


def event(number: int) -> bytes:
    """Return an event that was never sent, with a token of its own."""
    text, signature = token()
    body = {
        "eventType": "avi:jira:created:version",
        "timestamp": f"{time.time_ns()}",
        "version": {"id": f"{number}", "name": "one"},
    }
    authorization = b"Authorization: Bearer " + text + b"." + encode(signature) + b"\r\n"
    return posted(b"/forge/events", authorization, body)


def posted(path: bytes, header: bytes, document: object) -> bytes:
    """Return a request with a JSON body."""
    body = json.dumps(document).encode()
    head = b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
    return head % (path, len(body)) + header + b"\r\n" + body


def events(seconds: float) -> Iterator[bytes]:
    """Sign the events of one slice."""
    return iter([event(number) for number in range(int(seconds * MOST_PER_SECOND))])


def rows(_: float) -> Iterator[bytes]:
    """Return bodies for the bare route."""
    return iter([posted(b"/", b"", {"number": number, "text": "x" * 150}) for number in range(100_000)])


def microseconds(verify: Callable[[bytes, bytes], bool], signed: list[tuple[bytes, bytes]]) -> float:
    """Measure one verification, each of another token."""
    took = []
    for text, signature in signed:
        began = time.perf_counter()
        if not verify(text, signature):
            raise RuntimeError("a signature does not hold")
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1e6


def alone() -> dict[str, float]:
    """Measure what verifying costs: RS256, and HS256 of the same text."""
    signed = [token() for _ in range(TIMES)]
    secret = "bench-0123456789abcdefghijklmnopqrstuvwxyz"
    shared = [(text, hmac.digest(secret.encode(), text, hashlib.sha256)) for text, _ in signed]
    return {
        "RS256": microseconds(read_jwk(JWK).verify, signed),
        "HS256": microseconds(prepare_key(secret).verify, shared),
    }


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Give the key set."""
    await reader.readuntil(b"\r\n\r\n")
    body = json.dumps({"keys": [JWK]}).encode()
    start = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
    writer.write(start % len(body) + body)
    await writer.drain()
    writer.close()


async def main() -> None:
    """Measure in interleaved slices."""
    keys, addon, bare, rounds = map(int, sys.argv[1:5])
    seconds = float(sys.argv[5])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    subjects = {"event": (addon, events), "bare": (bare, rows)}
    found: dict[str, list[float]] = {name: [] for name in subjects}
    async with await asyncio.start_server(serve, "127.0.0.1", keys):
        for turn in range(rounds + 1):
            for name in random.sample(list(subjects), len(subjects)):
                port, make = subjects[name]
                result = await load.run(port, make(seconds), seconds=seconds)
                if turn:  # the first round warms up
                    found[name].append(result.per_second)
    print(json.dumps({"per_second": {name: statistics.median(slices) for name, slices in found.items()}} | alone()))


asyncio.run(main())
