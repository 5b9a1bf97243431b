"""An add-on that shows one of everything a host can show, whatever your own add-on declares."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.connect import AddonRouter, ApiCtx, ConfigForm, Context, Ctx, CurrentTenant, Done, Form, Page, access
from app.connect.declare.router import Router
from app.connect.hosts.hipchat import (
    Glance,
    HipChatCtx,
    HipChatRouter,
    Lozenge,
    Notification,
    RoomEnter,
    RoomMessage,
)

DOCUMENT: dict[str, Any] = {
    "addon": {
        "key": "com.example.showcase",
        "name": "Showcase",
        "description": "Shows one of everything",
        "vendor": {"name": "Example", "url": "https://example.com"},
    },
    "access": {"policies": {"readers": ["reports.*.read"], "mine": ["reports.me.*"]}},
    "hipchat": {
        "scopes": ["send_notification", "view_group", "view_room"],
        "glance": {"status": {"name": "Status", "icon": "https://example.com/status.svg", "opens": "list"}},
        "panel": {"list": {"name": "List", "icon": "https://example.com/list.svg"}},
        "dialog": {"ask": {"title": "Ask", "size": "small"}},
        "action": {"ask": {"name": "Ask", "location": "hipchat.message.action", "opens": "ask"}},
        "page": {"sheet": {"name": "Sheet"}},
    },
}


class Vote(Form):
    """A form on the panel."""

    who: str = Field(title="Who", max_length=20)
    points: int = Field(1, ge=1, le=5, title="Points")


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


def make_routers() -> tuple[Router[Any], ...]:
    """Declare the handlers on routers of their own."""
    router, hipchat = AddonRouter(), HipChatRouter()
    router.settings(ShowcaseSettings)
    _declare_modules(router, hipchat)
    _declare_events(hipchat)
    _declare_routes(router, hipchat)
    return router, hipchat


def _declare_modules(router: AddonRouter, hipchat: HipChatRouter) -> None:
    @hipchat.glance("status")
    async def status(ctx: HipChatCtx) -> Glance:
        user = ctx.caller.user_id or "-"
        return Glance(label=f"user {user} room {ctx.room_id}", status=Lozenge(label="GOOD", type="success"))

    @router.panel("list")
    async def panel(ctx: Ctx) -> Page:
        return ctx.render("connect/frame.html")

    @hipchat.dialog("ask")
    async def dialog(ctx: HipChatCtx) -> Page:
        return ctx.render("connect/frame.html")

    @router.page("sheet")
    async def page(ctx: Ctx) -> Page:
        return ctx.render("connect/frame.html")

    @router.form("vote", on="list")
    async def vote(ctx: Ctx, given: Vote) -> Done:
        await ctx.store.set("vote", [given.who, given.points])
        return Done("Counted.", refresh=True)


def _declare_events(hipchat: HipChatRouter) -> None:
    @hipchat.on_installed
    async def greet(ctx: HipChatCtx) -> None:
        if ctx.room_id is not None:
            await ctx.room.notify("Hello")

    @hipchat.on_message("said", pattern=r"^/show\b")
    async def said(ctx: HipChatCtx, message: RoomMessage) -> None:
        await ctx.store.set("said", message.text)

    @hipchat.on_message("asked", pattern=r"^/ask\b", inline=True)
    async def asked(ctx: HipChatCtx, message: RoomMessage) -> Notification:
        return Notification(message=f"{len(message.text)} characters")

    @hipchat.on(RoomEnter)
    async def entered(ctx: HipChatCtx, event: RoomEnter) -> None:
        await ctx.store.set("entered", event.sender.name)


def _declare_routes(router: AddonRouter, hipchat: HipChatRouter) -> None:
    @router.route("/showcase/tenant", methods=["GET"])
    async def show_tenant(tenant: CurrentTenant) -> str:
        return tenant.client_key

    @router.route("/showcase/any-page", methods=["GET"])
    async def for_any_page(ctx: Ctx) -> str:
        return ctx.tenant.client_key

    @router.route("/showcase/list", methods=["GET"], page="list")
    async def for_the_panel(ctx: Ctx) -> str:
        return ctx.tenant.client_key

    @router.route("/showcase/admin", methods=["POST"], require_admin=True, status_code=204)
    async def for_administrators(ctx: Ctx) -> None:
        await ctx.store.set("administered", value=True)

    @hipchat.route("/showcase/signed", methods=["GET"])
    async def signed(ctx: HipChatCtx) -> str:
        return ctx.tenant.client_key

    @hipchat.route("/showcase/broken", methods=["POST"])
    async def break_down(ctx: HipChatCtx) -> None:
        raise RuntimeError(f"oauthSecret={_secret_of(ctx)} cannot be used")

    @router.route("/showcase/report", methods=["POST"], status_code=201)
    async def report(ctx: ApiCtx, report: Report) -> Received:
        await ctx.store.set("report", report.model_dump())
        return Received(name=report.name)

    @router.route("/showcase/reports/{name}", methods=["GET"])
    async def read_report(ctx: Annotated[Context, access("reports.{name}.read")], name: str) -> Received:
        return Received(name=name)

    @router.route("/showcase/reports", methods=["POST"], status_code=201)
    async def write_report(ctx: Annotated[Context, access("reports.{name}.write")], report: Report) -> Received:
        await ctx.store.set("report", report.model_dump())
        return Received(name=report.name)


def _secret_of(ctx: Context) -> str:
    return f"a-secret-of-{ctx.tenant.id}"
