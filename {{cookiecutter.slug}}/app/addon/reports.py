"""What the builds say: which are the newest, and which fail."""

from sqlalchemy import func, select

from app.addon.models import Build
from app.connect import Context

_newest = select(Build.name, func.max(Build.number).label("number")).group_by(Build.name).subquery()
LATEST = (
    select(Build)
    .join(_newest, (Build.name == _newest.c.name) & (Build.number == _newest.c.number))
    .order_by(Build.name)
)


async def latest_builds(ctx: Context) -> list[Build]:
    """Return the newest build of every project, by name."""
    return list(await ctx.db.scalars(LATEST))


async def status_before(ctx: Context, name: str, number: int, branch: str | None) -> str | None:
    """Return how the run before this one went, on the same branch; None when there was none."""
    earlier = select(Build.status).where(
        Build.name == name, Build.number < number, Build.branch.is_not_distinct_from(branch)
    )
    return await ctx.db.scalar(earlier.order_by(Build.number.desc()).limit(1))


def failing(builds: list[Build]) -> list[Build]:
    """Return the builds that failed."""
    return [build for build in builds if build.status == "failed"]


def summary_of(latest: list[Build]) -> str:
    """Name what fails among the newest builds, for people."""
    if not latest:
        return "No builds were reported yet."
    failed = failing(latest)
    if not failed:
        return "All builds pass."
    return f"{len(failed)} failing: " + ", ".join(build.title for build in failed)
