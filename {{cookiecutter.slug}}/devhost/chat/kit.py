"""The test kit's part for the chat: its host's acts, named rooms, and clients of its API."""

from typing import Unpack

import httpx

from devhost.acts.frame import Frame
from devhost.acts.kit import Kit
from devhost.chat.dialect import View
from devhost.chat.host import Host
from devhost.world.installations import Installation
from devhost.world.rooms import Room


class ChatKit(Kit):
    """The chat as tests hold it."""

    @property
    def host(self) -> Host:
        """The host's acts."""
        host: Host = self.app.state.host
        return host

    @property
    def lobby(self) -> Room:
        """A public room, owned by the admin."""
        return self.host.room("Lobby")

    @property
    def releases(self) -> Room:
        """A private room, owned by the developer."""
        return self.host.room("Releases")

    async def open(self, client_id: str, kind: str, key: str = "", **view: Unpack[View]) -> Frame:
        """Open an add-on's page as a person does; the frame has its text, its page token and its forms.

        frame = await devhost.open(addon.client_id, "webPanel", "report", room_id=1)
        answer = await frame.submit({"points": "3"})
        """
        look = self.host.look(client_id, kind, key, **view)
        response = (await self.host.ask(look)).response()
        return self.frame(response, module=f"{kind} {key}", client_id=client_id)

    def said(self, room: Room | int | str) -> list[str]:
        """List the texts in a room, oldest first."""
        return [message.text for message in self.host.timeline(room)]

    async def api(self, installation: Installation, *scopes: str) -> httpx.AsyncClient:
        """Make an API client with a token of an installation, as the add-on itself would get it."""
        form = {"grant_type": "client_credentials"}
        if scopes:
            form["scope"] = " ".join(scopes)
        answer = await self.client.post(
            "/v2/oauth/token", data=form, auth=(installation.client_id, installation.secret)
        )
        return self.api_with(answer.raise_for_status().json()["access_token"])

    def api_with(self, token: str) -> httpx.AsyncClient:
        """Make an API client with a token."""
        return httpx.AsyncClient(
            transport=self.transport,
            base_url=self.host.base_url,
            headers={"authorization": f"Bearer {token}"},
        )
