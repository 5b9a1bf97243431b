"""Signed installs as Atlassian sends them, and a key server that counts: one fetch for each key, however many installs.

Runs in the project's environment. Arguments: the port of the key server, then of the add-on its address, its key and
what it says its address is.
Prints how many installs were taken, how many keys signed them, and how many fetches that cost.
"""

import asyncio
import hashlib
import http.client
import json
import sys
import time
import uuid
from base64 import urlsafe_b64encode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

KEYS = 3
INSTALLS = 60
PATH = "/jira/installed"


def encode(raw: bytes) -> str:
    """Write bytes as tokens have them."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def segment(document: object) -> str:
    """Write one part of a token."""
    return encode(json.dumps(document).encode())


class KeyServer:
    """Gives public keys by their ids, slowly, and counts."""

    def __init__(self) -> None:
        self.keys = {f"key-{number}": rsa.generate_private_key(65537, 2048) for number in range(KEYS)}
        self.fetches = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        head = await reader.readuntil(b"\r\n\r\n")
        self.fetches += 1
        await asyncio.sleep(0.2)
        key = self.keys[head.split(b" ", 2)[1].decode().removeprefix("/")].public_key()
        body = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        start = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
        writer.write(start % len(body) + body)
        await writer.drain()
        writer.close()

    def sign(self, key_id: str, claims: dict[str, object]) -> str:
        """Sign as Atlassian does."""
        text = f"{segment({'alg': 'RS256', 'typ': 'JWT', 'kid': key_id})}.{segment(claims)}"
        return f"{text}.{encode(self.keys[key_id].sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def install(server: KeyServer, address: str, number: int) -> int:
    """Install the add-on for one more site; return the status."""
    client_key, now = f"site-{number}", int(time.time())
    body = {
        "key": sys.argv[3],
        "clientKey": client_key,
        "sharedSecret": uuid.uuid4().hex * 2,
        "baseUrl": f"http://127.0.0.1:{9_100 + number}",
        "productType": "jira",
        "eventType": "installed",
    }
    qsh = hashlib.sha256(f"POST&{PATH}&".encode()).hexdigest()
    claims: dict[str, object] = {"iss": client_key, "aud": sys.argv[4], "iat": now, "exp": now + 180, "qsh": qsh}
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"JWT {server.sign(f'key-{number % KEYS}', claims)}",
    }
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    connection.request("POST", PATH, json.dumps(body).encode(), headers)
    status = connection.getresponse().status
    connection.close()
    return status


async def main() -> None:
    """Serve the keys, send the installs at once, and say what it cost."""
    server = KeyServer()
    async with await asyncio.start_server(server.serve, "127.0.0.1", int(sys.argv[1])):
        statuses = await asyncio.gather(
            *(asyncio.to_thread(install, server, sys.argv[2], number) for number in range(INSTALLS))
        )
    print(json.dumps({"installs": statuses.count(204), "keys": KEYS, "fetches": server.fetches}))


asyncio.run(main())
