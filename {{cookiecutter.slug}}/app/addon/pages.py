"""What every host shows: the last builds, and where each project stands."""

from sqlalchemy import select

from app.addon.models import Build
from app.addon.reports import latest_builds
from app.addon.settings import BuildSettings
from app.connect import AddonRouter, Ctx, Page

router = AddonRouter()


@router.panel("report")
async def report(ctx: Ctx) -> Page:
    """List the last builds in the sidebar."""
    chosen = await ctx.settings(BuildSettings)
    query = select(Build).order_by(Build.reported_at.desc(), Build.number.desc()).limit(chosen.listed)
    return ctx.render("report.html", builds=list(await ctx.db.scalars(query)))


@router.page("overview")
async def overview(ctx: Ctx) -> Page:
    """Show where every project stands, on a page of its own."""
    return ctx.render("report.html", builds=await latest_builds(ctx))
