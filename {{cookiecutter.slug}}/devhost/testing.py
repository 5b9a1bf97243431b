"""A test kit: a host in this process with named people, rooms and faults, and add-ons served beside it.

async with Devhost() as devhost:
devhost.serve("http://127.0.0.1:8000", create_addon(transport=devhost.transport))
addon = await devhost.host.install("http://127.0.0.1:8000/descriptor.json", room_id=devhost.lobby)
devhost.host.faults.error(503, times=1)
await devhost.host.say(devhost.lobby, "/builds", user=devhost.guest)
assert devhost.said(devhost.lobby) == ["/builds", "No builds"]
frame = await devhost.open(addon.client_id, "configurable")
assert (await frame.submit({"announce": "failures"}, form="settings-form")).is_success
"""

from types import TracebackType
from typing import Self, Unpack

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp

from devhost.acts.dialect import View
from devhost.acts.frame import Frame
from devhost.acts.host import Host
from devhost.app import create_devhost
from devhost.settings import HostSettings
from devhost.world.installations import Installation
from devhost.world.people import Person
from devhost.world.rooms import Room


class Routes(httpx.AsyncBaseTransport):
    """Carries requests to ASGI apps by origin; an origin nobody serves cannot be connected to."""

    def __init__(self) -> None:
        self._apps: dict[tuple[str, str, int | None], httpx.ASGITransport] = {}

    def add(self, origin: str, app: ASGIApp) -> None:
        """Serve an origin with an app from now on."""
        url = httpx.URL(origin)
        self._apps[(url.scheme, url.host, url.port)] = httpx.ASGITransport(app)

    def remove(self, origin: str) -> None:
        """Stop serving an origin."""
        url = httpx.URL(origin)
        self._apps.pop((url.scheme, url.host, url.port), None)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand a request to the app of its origin."""
        found = self._apps.get((request.url.scheme, request.url.host, request.url.port))
        if found is None:
            raise httpx.ConnectError(f"nothing is served at {request.url.host}", request=request)
        return await found.handle_async_request(request)


class Devhost:
    """A host over ASGI; use it with `async with`."""

    def __init__(self, base_url: str = "http://127.0.0.1:9000", *, settings: HostSettings | None = None) -> None:
        self._addons = Routes()
        self.app: FastAPI = create_devhost(base_url, transport=self._addons, settings=settings)
        # What an add-on uses to call the host.
        self.transport = Routes()
        self.transport.add(base_url, self.app)
        self.client = httpx.AsyncClient(transport=self.transport, base_url=base_url)

    @property
    def host(self) -> Host:
        """The host's acts."""
        host: Host = self.app.state.host
        return host

    @property
    def admin(self) -> Person:
        """The group's admin."""
        return self.host.person("Admin")

    @property
    def developer(self) -> Person:
        """A user without rights."""
        return self.host.person("Developer")

    @property
    def guest(self) -> Person:
        """A guest."""
        return self.host.person("Guest")

    @property
    def lobby(self) -> Room:
        """A public room, owned by the admin."""
        return self.host.room("Lobby")

    @property
    def releases(self) -> Room:
        """A private room, owned by the developer."""
        return self.host.room("Releases")

    def serve(self, origin: str, addon: ASGIApp) -> None:
        """Serve an add-on to the host at an origin such as http://127.0.0.1:8000."""
        self._addons.add(origin, addon)

    def stop(self, origin: str) -> None:
        """Take an add-on off the network: the host can no longer connect."""
        self._addons.remove(origin)

    async def open(self, client_id: str, kind: str, key: str = "", **view: Unpack[View]) -> Frame:
        """Open an add-on's page as a person does; the frame has its text, its page token and its forms.

        frame = await devhost.open(addon.client_id, "webPanel", "report", room_id=1)
        answer = await frame.submit({"points": "3"})
        """
        look = self.host.look(client_id, kind, key, **view)
        return Frame(self.host.outbound, look, (await self.host.ask(look)).response())

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

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        await self.client.aclose()
        await self.host.aclose()
