"""What the host shows: the glance, the sidebar, a dialog and a page of its own."""

from sqlalchemy import select

from app.addon.models import Build
from app.addon.reports import glance_of, latest_builds
from app.addon.settings import BuildSettings
from app.connect import AddonRouter, Ctx, Page
from app.connect.hosts.hipchat import Glance, HipChatCtx, HipChatRouter

router = AddonRouter()
hipchat = HipChatRouter()


@hipchat.glance("builds")
async def builds(ctx: HipChatCtx) -> Glance:
    """Say how many builds fail. Asked for whenever anybody opens a room, so it reads memory, not the database."""
    return glance_of(ctx.memo.get("failing"))


@router.panel("report")
async def report(ctx: Ctx) -> Page:
    """List the last builds in the sidebar."""
    chosen = await ctx.settings(BuildSettings)
    query = select(Build).order_by(Build.reported_at.desc(), Build.number.desc()).limit(chosen.listed)
    return ctx.render("report.html", builds=list(await ctx.db.scalars(query)))


@hipchat.dialog("build")
async def how_to_report(ctx: HipChatCtx) -> Page:
    """Show how a CI server reports a build."""
    return ctx.render("how_to_report.html")


@router.page("overview")
async def overview(ctx: Ctx) -> Page:
    """Show where every project stands, in a browser tab."""
    return ctx.render("report.html", builds=await latest_builds(ctx))
