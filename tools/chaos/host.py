"""A HipChat host that counts, written from the protocol alone: it shares no code with the add-on or the devhost.

It installs the add-on in rooms, says `/builds` there with a number of its own as the message's id, and notes when an
answer comes that is attached to it.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

NOTIFICATION = re.compile(r"/v2/room/\d+/notification")
MESSAGE = "room_message"
OK = 200
NO_CONTENT = 204
CAPABILITIES = "/v2/capabilities"
TOKEN = "/v2/oauth/token"  # noqa: S105 - an address


@dataclass
class Host:
    """One group with a room for each tenant; `handled` says when each message was answered, in order."""

    port: int
    rooms: int
    handled: dict[str, list[float]] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    connections: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def install(self, room: int) -> dict[str, Any]:
        """Write what installs the add-on in a room."""
        return {
            "oauthId": f"chaos-{room}",
            "oauthSecret": _secret(room),
            "capabilitiesUrl": f"{self.address}{CAPABILITIES}",
            "groupId": 1,
            "roomId": room,
        }

    def message(self, number: int) -> tuple[dict[str, Any], str]:
        """Write the webhook of a message, and the token that signs it."""
        room = 1 + number % self.rooms
        now = int(time.time())
        # Messages of one room must not have the time alone as their name.
        claims = {
            "iss": f"chaos-{room}",
            "sub": "7",
            "iat": now,
            "exp": now + 900,
            "jti": f"message-{number}",
            "context": {"room_id": room, "user_tz": "UTC"},
        }
        item = {
            "message": {
                "date": "2026-01-01T00:00:00+00:00",
                "from": {"id": 7, "name": "Ann", "mention_name": "ann"},
                "id": f"message-{number}",
                "mentions": [],
                "message": "/builds",
                "type": "message",
            },
            "room": {"id": room, "name": f"Room {room}"},
        }
        body = {"event": MESSAGE, "item": item, "oauth_client_id": f"chaos-{room}", "webhook_id": 1}
        return body, _signed(claims, _secret(room))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        self.connections.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                method, target, _ = head.split(" ", 2)
                status, answer = self.answer(method, target, body)
                text = b"" if answer is None else json.dumps(answer).encode()
                start = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n"
                writer.write(f"{start}content-length: {len(text)}\r\n\r\n".encode() + text)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.connections.discard(writer)
            writer.close()

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        """Answer one request with a status and JSON."""
        path = target.partition("?")[0]
        self.requests[f"{method} {path}"] += 1
        if path == CAPABILITIES:
            provider = {"tokenUrl": f"{self.address}{TOKEN}", "authorizationUrl": f"{self.address}/authorize"}
            return OK, {
                "name": "Chaos",
                "links": {"self": f"{self.address}{CAPABILITIES}", "homepage": self.address},
                "capabilities": {
                    "oauth2Provider": provider,
                    "hipchatApiProvider": {"url": f"{self.address}/v2/", "availableScopes": {}},
                },
            }
        if path == TOKEN:
            scope = "send_notification view_group view_room view_messages send_message admin_room"
            return OK, {
                "access_token": hashlib.sha256(body + str(time.time()).encode()).hexdigest(),
                "expires_in": 3600,
                "group_id": 1,
                "group_name": "Chaos",
                "scope": scope,
                "token_type": "bearer",
            }
        if NOTIFICATION.fullmatch(path):
            answered = json.loads(body).get("attach_to")
            if answered is not None:
                self.handled.setdefault(answered, []).append(time.monotonic())
        return NO_CONTENT, None


def _secret(room: int) -> str:
    return hashlib.sha256(f"secret of {room}".encode()).hexdigest()


def _signed(claims: dict[str, Any], secret: str) -> str:
    parts = [_encoded(json.dumps(one).encode()) for one in ({"alg": "HS256", "typ": "JWT"}, claims)]
    text = ".".join(parts)
    return f"{text}.{_encoded(hmac.digest(secret.encode(), text.encode(), 'sha256'))}"


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
