"""What the add-on does when something happens in a room, and when it comes and goes."""

from typing import Literal

from app.addon.reports import failing, glance_of, latest_builds, summary_of
from app.connect import AddonRouter, Ctx
from app.connect.hosts.hipchat import (
    HipChatCtx,
    HipChatRouter,
    Notification,
    RoomArchived,
    RoomMessage,
    RoomUnarchived,
)

router = AddonRouter()
hipchat = HipChatRouter()


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


@router.on_uninstalled
async def say_goodbye(ctx: Ctx) -> None:
    """Last chance to tidy up elsewhere. The host answers no more, and every row of the tenant is deleted next."""
    ctx.log.info("builds of this tenant are deleted", extra={"projects": len(await latest_builds(ctx))})
