"""Requests that are accepted, for tests that spoil them."""

from typing import Any

from tests.connect.http.attacking import SIGNED

WEBHOOK = b"/hipchat/webhook/said?" + SIGNED
API_ROUTE = b"/showcase/report"
INSTALL = {
    "oauthId": "nobody",
    "oauthSecret": "a-secret-that-the-host-never-gave-out",
    "capabilitiesUrl": "http://127.0.0.1:9000/v2/capabilities",
    "groupId": 1,
    "roomId": 1,
}
REPORT = {"name": "web", "number": 1, "is_done": True, "ratio": 0.5, "words": ["a"]}
EVENT: dict[str, Any] = {
    "event": "room_message",
    "webhook_id": 1,
    "item": {
        "message": {
            "id": "m-1",
            "date": "2026-01-01T00:00:00+00:00",
            "from": {"id": 1, "name": "Admin", "mention_name": "admin"},
            "mentions": [],
            "message": "/show me",
            "type": "message",
            "file": {"name": "f", "size": 1, "url": "https://host.example/f"},
        },
        "room": {"id": 1, "name": "Lobby", "is_archived": False},
    },
}
