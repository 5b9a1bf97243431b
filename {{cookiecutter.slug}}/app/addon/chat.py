"""The add-on in chat: what it answers in a room, the glance, the dialog, the cards, and what its tenants choose."""

from typing import Literal

from pydantic import Field

from app.addon.chat_looks import card_of, glance_of
from app.addon.jobs import Reported, remember_failing
from app.addon.models import Build
from app.addon.reports import failing, latest_builds, summary_of
from app.addon.settings import BuildSettings
from app.connect import Page
from app.connect.hosts.hipchat import (
    Glance,
    HipChatCtx,
    HipChatRouter,
    Notification,
    RoomArchived,
    RoomMessage,
    RoomUnarchived,
)

hipchat = HipChatRouter()


@hipchat.settings
class ChatSettings(BuildSettings):
    """The choices of one tenant in chat."""

    announce: Literal["all", "failures", "nothing"] = Field(
        "all", title="Announce builds", description="Which builds get a card in the room."
    )
    digest: bool = Field(default=True, title="Daily digest", description="A summary in the room once a day.")


@hipchat.glance("builds")
async def builds(ctx: HipChatCtx) -> Glance:
    """Say how many builds fail. Asked for whenever anybody opens a room, so it reads memory, not the database."""
    return glance_of(ctx.memo.get("failing"))


@hipchat.dialog("build")
async def how_to_report(ctx: HipChatCtx) -> Page:
    """Show how a CI server reports a build."""
    return ctx.render("chat_how_to_report.html")


@hipchat.job("announce")
async def announce(ctx: HipChatCtx, reported: Reported) -> None:
    """Bring glance and room up to date after a report. May run twice, so it writes only what is true now."""
    build = await ctx.db.get(Build, reported.build_id)
    if build is None:
        return
    count = await remember_failing(ctx)
    if ctx.room_id is None:
        await ctx.group.push_glance("builds", glance_of(count))
        return
    await ctx.room.push_glance("builds", glance_of(count))
    chosen = await ctx.settings(ChatSettings)
    wanted = chosen.announce == "all" or (chosen.announce == "failures" and build.status == "failed")
    if wanted and not await ctx.store.narrow("archived").get(ctx.room_id):
        await ctx.room.notify(
            Notification(
                message=f"{build.title} {build.status}.",
                color="red" if build.status == "failed" else "green",
                card=card_of(build),
            )
        )


@hipchat.every("digest", hours=24)
async def digest(ctx: HipChatCtx) -> None:
    """Sum up the day in the room of a room installation."""
    chosen = await ctx.settings(ChatSettings)
    latest = await latest_builds(ctx)
    if chosen.digest and latest and ctx.room_id is not None:
        await ctx.room.notify(summary_of(latest), color="gray")


@hipchat.on_message("list", pattern=r"^/builds\b")
async def list_builds(ctx: HipChatCtx, message: RoomMessage) -> None:
    """Answer `/builds` in the room it was said in. Runs from the inbox, so it is tried again if the host is down."""
    latest = await latest_builds(ctx)
    color: Literal["red", "green"] = "red" if failing(latest) else "green"
    await ctx.room.notify(summary_of(latest), color=color, attach_to=message.id or None)


@hipchat.on_message("help", pattern=r"^/build-help\b", inline=True)
async def explain(_: HipChatCtx, __: RoomMessage) -> Notification:
    """Answer `/build-help` in the response itself: quick, and needs nothing but the message."""
    return Notification(message="Say /builds to see what fails. Create an API token in the settings to report builds.")


@hipchat.on(RoomArchived)
async def stop_announcing(ctx: HipChatCtx, change: RoomArchived) -> None:
    """Remember that a room is quiet now; jobs look at it before they announce."""
    await ctx.store.narrow("archived").set(change.room.id, value=True)


@hipchat.on(RoomUnarchived)
async def announce_again(ctx: HipChatCtx, change: RoomUnarchived) -> None:
    """Forget it again."""
    await ctx.store.narrow("archived").delete(change.room.id)


@hipchat.on_installed
async def say_hello(ctx: HipChatCtx) -> None:
    """Show the glance at once, and say how to begin."""
    if ctx.room_id is None:
        await ctx.group.push_glance("builds", glance_of(None))
        return
    await ctx.room.push_glance("builds", glance_of(None))
    await ctx.room.notify("Builds is here. Say /builds, or open its settings to create an API token.")
