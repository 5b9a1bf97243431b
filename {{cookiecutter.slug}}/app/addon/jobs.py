"""What runs later: after a report, and once a day."""

from pydantic import BaseModel

from app.addon.models import Build
from app.addon.reports import card_of, failing_builds, glance_of, summary_of
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
    failing = len(await failing_builds(ctx))
    await ctx.memo.set("failing", failing)
    match ctx:
        case HipChatContext():
            await _announce_in_chat(ctx, build, failing)


async def _announce_in_chat(ctx: HipChatContext, build: Build, failing: int) -> None:
    if ctx.room_id is None:
        await ctx.group.push_glance("builds", glance_of(failing))
        return
    await ctx.room.push_glance("builds", glance_of(failing))
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
    if chosen.digest and ctx.room_id is not None:
        await ctx.room.notify(summary_of(await failing_builds(ctx)), color="gray")
