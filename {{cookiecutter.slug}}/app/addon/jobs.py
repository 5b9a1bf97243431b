"""What runs later: after a report, and when a tenant goes."""

from pydantic import BaseModel

from app.addon.reports import failing, latest_builds
from app.connect import AddonRouter, Context, Ctx

router = AddonRouter()


class Reported(BaseModel):
    """Which build a job is about, and whether it passed where the one before had failed."""

    build_id: str
    recovered: bool = False


async def remember_failing(ctx: Context) -> int:
    """Count the projects that fail, and keep the figure where every process has it at hand."""
    count = len(failing(await latest_builds(ctx)))
    await ctx.memo.set("failing", count)
    return count


@router.job("announce")
async def announce(ctx: Ctx, _: Reported) -> None:
    """Count anew after a report. A host that is told more has a job of its own with this key."""
    await remember_failing(ctx)


@router.on_uninstalled
async def say_goodbye(ctx: Ctx) -> None:
    """Last chance to tidy up elsewhere. The host answers no more, and every row of the tenant is deleted next."""
    ctx.log.info("builds of this tenant are deleted", extra={"projects": len(await latest_builds(ctx))})
