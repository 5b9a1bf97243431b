"""What runs later: after a report, and once a day."""

from pydantic import BaseModel

from app.addon.models import Build
from app.addon.reports import card_of, failing, glance_of, latest_builds, summary_of
from app.addon.settings import BuildSettings
from app.connect import AddonRouter, Ctx
from app.connect.hosts.hipchat import HipChatContext, HipChatCtx, HipChatRouter, Notification

router = AddonRouter()
hipchat = HipChatRouter()


class Reported(BaseModel):
    """Which build a job is about."""

    build_id: str


@router.job("announce")
async def announce(ctx: Ctx, reported: Reported) -> None:
    """Bring glance and room up to date after a report. May run twice, so it writes only what is true now."""
    build = await ctx.db.get(Build, reported.build_id)
    if build is None:
        return
    count = len(failing(await latest_builds(ctx)))
    await ctx.memo.set("failing", count)
    match ctx:
        case HipChatContext():
            await _announce_in_chat(ctx, build, count)


async def _announce_in_chat(ctx: HipChatContext, build: Build, count: int) -> None:
    if ctx.room_id is None:
        await ctx.group.push_glance("builds", glance_of(count))
        return
    await ctx.room.push_glance("builds", glance_of(count))
    chosen = await ctx.settings(BuildSettings)
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
    chosen = await ctx.settings(BuildSettings)
    latest = await latest_builds(ctx)
    if chosen.digest and latest and ctx.room_id is not None:
        await ctx.room.notify(summary_of(latest), color="gray")
