"""An add-on that shows one of everything a host can show, whatever your own add-on declares."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.connect import (
    AddonRouter,
    ApiCtx,
    ConfigForm,
    Context,
    Ctx,
    CurrentTenant,
    Glance,
    Lozenge,
    Notification,
    Page,
    RoomEnter,
    RoomMessage,
)
from app.connect.declare.manifest import Manifest

MANIFEST = Manifest.model_validate(
    {
        "addon": {
            "key": "com.example.showcase",
            "name": "Showcase",
            "description": "Shows one of everything",
            "vendor": {"name": "Example", "url": "https://example.com"},
            "scopes": ["send_notification", "view_room"],
        },
        "glance": {"status": {"name": "Status", "icon": "https://example.com/status.svg", "opens": "list"}},
        "panel": {"list": {"name": "List", "icon": "https://example.com/list.svg"}},
        "dialog": {"ask": {"title": "Ask", "size": "small"}},
        "action": {"ask": {"name": "Ask", "location": "hipchat.message.action", "opens": "ask"}},
        "page": {"sheet": {"name": "Sheet"}},
    }
)


class Report(BaseModel):
    """What the showcase's API takes: one field of each kind."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=20)
    number: int = Field(ge=1, le=2**53, strict=True)
    is_done: bool = False
    ratio: float | None = None
    words: list[str] = []


class Received(BaseModel):
    """What the showcase's API answers."""

    name: str


class ShowcaseSettings(ConfigForm):
    """One input of each kind."""

    greeting: str = Field("Hello", min_length=2, max_length=40, title="Greeting", description="Said on arrival.")
    limit: int = Field(10, ge=1, le=99, title="Limit")
    share: float = Field(0.5, ge=0, le=1, title="Share")
    loud: bool = Field(True, title="Loud")
    colour: Literal["red", "green"] = Field("red", title="Colour")


def make_router() -> AddonRouter:
    """Declare the handlers on a router of their own."""
    router = AddonRouter()
    router.settings(ShowcaseSettings)
    _declare_modules(router)
    _declare_events(router)
    _declare_routes(router)
    return router


def _declare_modules(router: AddonRouter) -> None:
    @router.glance("status")
    async def status(ctx: Ctx) -> Glance:
        user = ctx.user.id if ctx.user else "-"
        return Glance(label=f"user {user} room {ctx.room_id}", status=Lozenge(label="GOOD", type="success"))

    async def page(ctx: Ctx) -> Page:
        return ctx.render("connect/frame.html")

    router.panel("list")(page)
    router.dialog("ask")(page)
    router.page("sheet")(page)


def _declare_events(router: AddonRouter) -> None:
    @router.on_installed
    async def greet(ctx: Ctx) -> None:
        if ctx.room_id is not None:
            await ctx.room.notify("Hello")

    @router.on_message("said", pattern=r"^/show\b")
    async def said(ctx: Ctx, message: RoomMessage) -> None:
        await ctx.store.set("said", message.text)

    @router.on_message("asked", pattern=r"^/ask\b", inline=True)
    async def asked(ctx: Ctx, message: RoomMessage) -> Notification:
        return Notification(message=f"{len(message.text)} characters")

    @router.on_event("room_enter")
    async def entered(ctx: Ctx, event: RoomEnter) -> None:
        await ctx.store.set("entered", event.sender.name)


def _declare_routes(router: AddonRouter) -> None:
    @router.route("/showcase/tenant", methods=["GET"])
    async def show_tenant(tenant: CurrentTenant) -> str:
        return tenant.client_key

    @router.route("/showcase/broken", methods=["POST"])
    async def break_down(ctx: Ctx) -> None:
        raise RuntimeError(f"oauthSecret={_secret_of(ctx)} cannot be used")

    @router.route("/showcase/report", methods=["POST"], status_code=201)
    async def report(ctx: ApiCtx, report: Report) -> Received:
        await ctx.store.set("report", report.model_dump())
        return Received(name=report.name)


def _secret_of(ctx: Context) -> str:
    return f"a-secret-of-{ctx.tenant.id}"
