"""One add-on on two hosts at once: a portable panel, a module and an event of each, and settings."""

from typing import Any

from app.connect import AddonRouter, ConfigForm, Ctx, Page
from app.connect.declare.router import Router
from app.connect.hosts.hipchat import Glance, HipChatCtx, HipChatRouter, Notification, RoomMessage
from tests.hosts.echo import Called, Card, EchoCtx, EchoRouter, Ping
from tests.hosts.echo.case import EchoCase
from tests.hosts.hipchat_case import HipChatCase

DOCUMENT: dict[str, Any] = {
    "addon": {"key": "com.example.both", "name": "Both", "description": "On two hosts"},
    "hipchat": {
        **HipChatCase.section,
        "glance": {"state": {"name": "State", "icon": "builds.svg"}},
    },
    "echo": {**EchoCase.section, "card": {"state": {"name": "State", "opens": "report"}}},
}


def make_routers(heard: list[tuple[str, str]]) -> tuple[Router[Any], ...]:
    """Declare the add-on; `heard` notes host and text of events."""
    router, hipchat, echo = AddonRouter(), HipChatRouter(), EchoRouter()

    @router.panel("report")
    async def report(ctx: Ctx) -> Page:
        return Page(f"{ctx.host} {ctx.tenant.client_key} {ctx.page_token()}")

    @router.settings(require_admin=False)
    class Choices(ConfigForm):
        word: str = ""

    @hipchat.glance("state")
    async def state(ctx: HipChatCtx) -> Glance:
        return Glance(label=f"<b>{ctx.host}</b>")

    @echo.card("state")
    async def card(ctx: EchoCtx) -> Card:
        return Card(text=f"{ctx.host}, {ctx.details.plan}")

    @hipchat.on_message("heard", pattern="^event ")
    async def message(ctx: HipChatCtx, message: RoomMessage) -> Notification | None:
        heard.append((ctx.host, message.text))
        return None

    @echo.on(Ping)
    async def ping(ctx: EchoCtx, event: Ping) -> str | None:
        heard.append((ctx.host, event.text))
        return f"to {ctx.host}"

    @echo.on(Called, inline=True)
    async def called(ctx: EchoCtx, event: Called) -> str:
        return f"Hello, {event.name}"

    @echo.route("/both/echo", methods=["GET"])
    async def only_echo(ctx: EchoCtx) -> dict[str, str]:
        return {"host": ctx.host}

    return router, hipchat, echo
