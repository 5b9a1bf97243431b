"""What every part of the test kit shares: the devhost in this process, and add-ons served beside it."""

from types import TracebackType
from typing import Self

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp

from devhost.acts.frame import Frame
from devhost.acts.shell import Shell
from devhost.world.people import Person


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


class Kit:
    """A devhost over ASGI; use it with `async with`."""

    def __init__(self, app: FastAPI, addons: Routes) -> None:
        self.app = app
        self._addons = addons
        self.shell: Shell = app.state.shell
        # What an add-on uses to call the host.
        self.transport = Routes()
        self.transport.add(self.base_url, app)
        self.client = httpx.AsyncClient(transport=self.transport, base_url=self.base_url)

    @property
    def base_url(self) -> str:
        """The devhost's address without a slash at its end."""
        return self.shell.world.base_url

    @property
    def admin(self) -> Person:
        """The group's admin."""
        return self.shell.world.person("Admin")

    @property
    def developer(self) -> Person:
        """A user without rights."""
        return self.shell.world.person("Developer")

    @property
    def guest(self) -> Person:
        """A guest."""
        return self.shell.world.person("Guest")

    def serve(self, origin: str, addon: ASGIApp) -> None:
        """Serve an add-on to the host at an origin such as http://127.0.0.1:8000."""
        self._addons.add(origin, addon)

    def stop(self, origin: str) -> None:
        """Take an add-on off the network: the host can no longer connect."""
        self._addons.remove(origin)

    async def settle(self) -> None:
        """Wait for what the hosts report after a call has its answer."""
        await self.shell.world.settle()

    def frame(self, response: httpx.Response, *, module: str, client_id: str) -> Frame:
        """Hold an add-on's page as a browser would."""
        return Frame(self.shell.outbound, response, module=module, client_id=client_id)

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        await self.client.aclose()
        await self.shell.aclose()
