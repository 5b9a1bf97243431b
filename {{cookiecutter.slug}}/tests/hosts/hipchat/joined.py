"""An installation at the devhost, joined with the clients that call it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import FastAPI, Request

from app.connect.database.engine import Database
from app.connect.hosts.hipchat.client.api import HipChatApi
from app.connect.hosts.hipchat.client.group import GroupClient
from app.connect.hosts.hipchat.client.oauth import ClientTokens
from app.connect.hosts.hipchat.client.room import RoomClient
from app.connect.hosts.hipchat.outbound import HipChatOutbound
from app.connect.keys.sealing import Vault
from app.connect.network.fetch import Outbound
from app.connect.network.tokens import TokenManager
from app.connect.network.waiting import Patience
from app.connect.tenancy.tenant import Tenant
from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.hosts.hipchat.tenants import ALL_SCOPES, Clock, store_tenant

ORIGIN = "http://addon.localhost:8000"
HOST = "http://127.0.0.1:9000"
IMAGE = "https://x.example/image.png"


def addon_with_all_scopes() -> FastAPI:
    """Make an add-on which asks for everything, answers every glance, and is told its installation by the test."""
    app = FastAPI()

    @app.get("/descriptor")
    async def descriptor() -> dict[str, object]:
        icon = {"url": IMAGE, "url@2x": IMAGE}
        return {
            "key": "com.example.client",
            "name": "Client",
            "description": "Calls the host",
            "links": {"self": f"{ORIGIN}/descriptor"},
            "capabilities": {
                "hipchatApiConsumer": {"scopes": [s for s in ALL_SCOPES if s != "import_data"]},
                "installable": {"callbackUrl": f"{ORIGIN}/installed"},
                "glance": [{"key": "builds", "name": {"value": "Builds"}, "icon": icon}],
            },
        }

    @app.post("/installed")
    async def installed(request: Request) -> dict[str, object]:
        return {}

    return app


@dataclass
class Joined:
    """An installation at the devhost, and the clients which call it."""

    devhost: Devhost
    installation: Installation
    tenant: Tenant
    api: HipChatApi
    tokens: TokenManager
    clock: Clock

    @property
    def room(self) -> RoomClient:
        return RoomClient(self.api, str(self.devhost.lobby.id))

    @property
    def group(self) -> GroupClient:
        return GroupClient(self.api)


@asynccontextmanager
async def join(devhost: Devhost, database: Database, clock: Clock) -> AsyncIterator[Joined]:
    devhost.serve(ORIGIN, addon_with_all_scopes())
    installation = await devhost.host.install(f"{ORIGIN}/descriptor")
    tenant = await store_tenant(database, base_url=HOST, client_key=installation.client_id)
    outbound = Outbound(production=False, transport=devhost.transport)

    async def read_secret(tenant: Tenant) -> str:
        return installation.secret

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        devhost.host.world.clock.advance(seconds)

    clock.now = datetime.now(UTC).timestamp()
    tokens = TokenManager(
        database=database,
        vault=Vault(["k" * 40]),
        source=HipChatOutbound(outbound, ClientTokens(outbound, clock=clock)),
        read_secret=read_secret,
        clock=clock,
        sleep=sleep,
    )
    patience = Patience(budget=100.0, clock=clock, sleep=sleep)
    api = HipChatApi(outbound, tokens, tenant, scopes_of_addon=ALL_SCOPES, patience=patience)
    yield Joined(devhost, installation, tenant, api, tokens, clock)
    await tokens.aclose()
    await outbound.aclose()
