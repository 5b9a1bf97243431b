"""HipChat, played for the conformance suite by the devhost."""

import json
import time
from base64 import b64decode
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import httpx
from fastapi import FastAPI
from pydantic_settings import BaseSettings

from app.conformance import STRANGER, Grants, Guest, Hear, HintsUninstalls, HostCase, Listens, Sent, TellsAdministrators
from app.connect.declare.router import Router
from app.connect.hosts.hipchat import HipChatCtx, HipChatRouter, Notification, RoomMessage
from app.connect.hosts.hipchat.settings import HipChatSettings
from app.connect.hosts.protocol import ProofKind
from devhost.dialects.hipchat.host import HipChatHost
from devhost.dialects.hipchat.install import payload, revoke
from devhost.testing import Devhost
from devhost.wire.signing import sign
from devhost.world.installations import Installation

LOBBY = 1


class Watched(httpx.AsyncBaseTransport):
    """Notes what is asked about people, and the access tokens that are given."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.about_people = 0
        self.granted: list[tuple[str, str]] = []
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.about_people += request.url.path.startswith("/v2/user/")
        response = await self._inner.handle_async_request(request)
        if request.url.path != "/v2/oauth/token" or response.status_code != httpx.codes.OK:
            return response
        body = await response.aread()
        client_id = b64decode(request.headers["authorization"].partition(" ")[2]).decode().partition(":")[0]
        self.granted.append((client_id, json.loads(body)["access_token"]))
        return httpx.Response(response.status_code, headers=response.headers, content=body)


class HipChatCase(HostCase, Listens, HintsUninstalls, Grants, TellsAdministrators):
    """The devhost; its protocol has one kind of token, bound to nothing, and does not sign installs."""

    name = "hipchat"
    section: ClassVar[Mapping[str, Any]] = {
        "scopes": ["send_notification", "view_group", "view_room"],
        "panel": {"report": {"name": "Report"}},
    }
    wrong = (
        ({**section, "scopes": ["send_everything"]}, "hipchat.scopes"),
        ({**section, "install": ["planet"]}, "hipchat.install"),
        (
            {**section, "action": {"a": {"name": "A", "location": "hipchat.input.action", "opens": "b"}}},
            "hipchat.action",
        ),
    )

    def __init__(self) -> None:
        self._devhost = Devhost()
        self._installations: dict[str, Installation] = {}
        self._base_url = ""
        self._watched = Watched(self._devhost.transport)

    @property
    def transport(self) -> httpx.AsyncBaseTransport:
        return self._watched

    def settings(self) -> BaseSettings:
        return HipChatSettings(_env_file=None)

    def routers(self, hear: Hear) -> Sequence[Router[Any]]:
        hipchat = HipChatRouter()

        @hipchat.on_message("heard", pattern=r"^event ")
        async def heard(ctx: HipChatCtx, message: RoomMessage) -> Notification:
            await hear(ctx, message.text)
            return Notification(message=f"heard {message.text}")

        return (hipchat,)

    async def begin(self, app: FastAPI, base_url: str) -> None:
        self._base_url = base_url
        self._devhost.serve(base_url, app)

    async def end(self) -> None:
        await self._devhost.__aexit__(None, None, None)

    async def guest(self) -> Guest:
        url = f"{self._base_url}/hipchat/capabilities.json"
        consent = await self._host.consent(url)
        installation: Installation = Installation(
            descriptor_url=url,
            descriptor=consent.descriptor,
            room_id=None,
            created=self._host.world.clock.date(),
        )
        self._host.hipchat.installations.add(installation)
        self._installations[installation.client_id] = installation
        return Guest(installation.client_id, installation.secret)

    def install(self, guest: Guest) -> Sent:
        return self._posted(guest)

    def renew(self, guest: Guest) -> Sent:
        return self._posted(guest)

    def takeovers(self, guest: Guest) -> Sequence[Sent]:
        elsewhere = "http://127.0.0.1:9999/v2/capabilities"
        return (
            self._posted(guest, oauthSecret=STRANGER),
            self._posted(guest, capabilitiesUrl=elsewhere),
            self._posted(guest, capabilitiesUrl=elsewhere, oauthSecret=STRANGER),
            self._posted(guest, groupId=4242),
        )

    def endpoint(self, guest: Guest, sent: Sent) -> Sent:
        return sent

    def sign(self, guest: Guest, sent: Sent, kind: ProofKind, *, user: str | None = None, **claims: Any) -> str:
        now = int(time.time())
        said: dict[str, Any] = {
            "iss": guest.client_key,
            "iat": now,
            "exp": now + 60,
            "sub": user or "1",
            "context": {"room_id": LOBBY, "user_tz": "UTC"},
        } | claims
        return sign({name: value for name, value in said.items() if value is not None}, guest.secret)

    def carry(self, sent: Sent, token: str) -> Sent:
        return sent.with_query(f"signed_request={token}")

    def carry_elsewhere(self, sent: Sent, token: str) -> Sent:
        return sent.with_header("authorization", f"JWT {token}")

    def event(self, guest: Guest, number: int) -> Sent:
        message = {"id": f"message-{number}", "message": f"event {number}", "from": {"id": 1, "name": "Admin"}}
        body = {
            "event": "room_message",
            "item": {"message": message, "room": {"id": LOBBY, "name": "Lobby"}},
            "oauth_client_id": guest.client_key,
            "webhook_id": 1,
        }
        return Sent.post("/hipchat/webhook/heard", body)

    def replies(self, guest: Guest) -> Sequence[str]:
        return [one.text for one in self._host.timeline(LOBBY) if one.client_id == guest.client_key]

    def frame_origins(self, guest: Guest) -> Collection[str]:
        return {self._host.base_url}

    def hint(self, guest: Guest) -> Sent:
        return Sent("DELETE", f"/hipchat/installed/{guest.client_key}")

    def forget(self, guest: Guest) -> None:
        revoke(self._host.hipchat, self._installations[guest.client_key])

    def remember(self, guest: Guest) -> None:
        self._installations[guest.client_key].state = "installed"

    def granted(self, guest: Guest) -> Sequence[str]:
        return [token for client_id, token in self._watched.granted if client_id == guest.client_key]

    def people(self) -> tuple[str, str]:
        return str(self._devhost.admin.id), str(self._devhost.developer.id)

    def asked(self) -> int:
        return self._watched.about_people

    @property
    def origin(self) -> str:
        """Where the product is."""
        return self._host.base_url

    @property
    def product(self) -> FastAPI:
        """The product itself."""
        return self._devhost.app

    @property
    def _host(self) -> HipChatHost:
        host = self._devhost.host
        assert isinstance(host, HipChatHost)
        return host

    def _posted(self, guest: Guest, **changes: object) -> Sent:
        installation = self._installations[guest.client_key]
        return Sent.post("/hipchat/installed", payload(self._host.world, installation) | changes)
