"""What the builds say: which fail, and how a room is told."""

from sqlalchemy import func, select

from app.addon.models import Build
from app.connect import Context
from app.connect.hosts.hipchat import Card, CardAttribute, Glance, Lozenge


async def latest_builds(ctx: Context) -> list[Build]:
    """Return the newest build of every project, by name."""
    newest = select(Build.name, func.max(Build.number).label("number")).group_by(Build.name).subquery()
    query = select(Build).join(newest, (Build.name == newest.c.name) & (Build.number == newest.c.number))
    return list(await ctx.db.scalars(query.order_by(Build.name)))


def failing(builds: list[Build]) -> list[Build]:
    """Return the builds that failed."""
    return [build for build in builds if build.status == "failed"]


def glance_of(failing: int | None) -> Glance:
    """Say in one line how many builds fail; None when none was ever reported."""
    if failing is None:
        return Glance(label="No builds yet")
    if failing:
        return Glance(label=f"<b>{failing}</b> failing", status=Lozenge(label="FAILED", type="error"))
    return Glance(label="Builds", status=Lozenge(label="PASSED", type="success"))


def card_of(build: Build) -> Card:
    """Draw one build."""
    status = CardAttribute(
        label="Status",
        value=build.status.upper(),
        style="lozenge-error" if build.status == "failed" else "lozenge-success",
    )
    return Card(
        id=build.id,
        style="application",
        title=build.title,
        description=f"{build.name} {build.status}.",
        url=build.url,
        format="medium",
        attributes=(status,),
    )


def summary_of(latest: list[Build]) -> str:
    """Name what fails among the newest builds, for people."""
    if not latest:
        return "No builds were reported yet."
    failed = failing(latest)
    if not failed:
        return "All builds pass."
    return f"{len(failed)} failing: " + ", ".join(build.title for build in failed)
