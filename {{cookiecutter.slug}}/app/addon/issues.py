"""The add-on on Jira: the builds of an issue in a panel, in a property that searches find, and in comments."""

from pydantic import BaseModel, Field
from sqlalchemy import delete, func, select

from app.addon.issue_keys import IssueBuild, builds_of, issue_in_view, issue_keys
from app.addon.jobs import Reported, remember_failing
from app.addon.models import Build
from app.addon.reports import failing
from app.addon.settings import BuildSettings
from app.connect import Page
from app.connect.hosts.atlassian import HostRejected, JiraCtx, JiraRouter

jira = JiraRouter()

PROPERTY = "builds"
"""The property of an issue; addon.toml says what of it searches find."""
FORBIDDEN, MISSING = 403, 404


@jira.settings
class IssueSettings(BuildSettings):
    """The choices of one tenant on Jira."""

    comment: bool = Field(
        default=False,
        title="Comment on issues",
        description="When a build passes that failed before, on the issues that its branch names.",
    )


class IssueOfBuild(BaseModel):
    """Which issue a job is about, and which build of it."""

    issue_key: str
    build_id: str


@jira.panel("builds")
async def builds(ctx: JiraCtx) -> Page | None:
    """List the builds of an issue. The site signed which one its viewer looks at, so nothing else says it."""
    issue_key = issue_in_view(ctx)
    if issue_key is None:
        return None
    return ctx.render("issue_builds.html", issue_key=issue_key, builds=await builds_of(ctx, issue_key))


@jira.job("announce")
async def announce(ctx: JiraCtx, reported: Reported) -> None:
    """Note which issues a build is about, and leave each to jobs of its own: what one refuses, another still gets."""
    build = await ctx.db.get(Build, reported.build_id)
    if build is None:
        return
    await remember_failing(ctx)
    keys = issue_keys(build.branch)
    noted = await ctx.db.scalars(select(IssueBuild.issue_key).where(IssueBuild.build_id == build.id))
    gone = {*noted} - {*keys}
    await ctx.db.execute(delete(IssueBuild).where(IssueBuild.build_id == build.id))
    ctx.db.add_all(IssueBuild(build_id=build.id, issue_key=key) for key in keys)
    chosen = await ctx.settings(IssueSettings)
    for key in (*keys, *sorted(gone)):
        about = IssueOfBuild(issue_key=key, build_id=build.id)
        await ctx.enqueue("mark-issue", about, key=key)
        if key in keys and reported.recovered and chosen.comment:
            await ctx.enqueue("say-so", about)


@jira.job("mark-issue")
async def mark_issue(ctx: JiraCtx, about: IssueOfBuild) -> None:
    """Write into a property of the issue where its builds stand now; searches find it."""
    latest = await _latest_builds_of(ctx, about.issue_key)
    failed = len(failing(latest))
    state = ("failed" if failed else "passed") if latest else "none"
    try:
        await ctx.jira.set_property(about.issue_key, PROPERTY, {"state": state, "failing": failed})
    except HostRejected as refused:
        _accept(ctx, about.issue_key, refused)


@jira.job("say-so")
async def say_so(ctx: JiraCtx, about: IssueOfBuild) -> None:
    """Comment on the issue that a build passes again."""
    build = await ctx.db.get(Build, about.build_id)
    if build is None or build.status != "passed":
        return
    text = f"{build.title} passed on {build.branch}; it failed before."
    try:
        await ctx.jira.comment(about.issue_key, f"{text}\n{build.url}" if build.url else text)
    except HostRejected as refused:
        _accept(ctx, about.issue_key, refused)


async def _latest_builds_of(ctx: JiraCtx, issue_key: str) -> list[Build]:
    """Return the newest build of every project among those of an issue."""
    mine = select(IssueBuild.build_id).where(IssueBuild.issue_key == issue_key)
    newest = (
        select(Build.name, func.max(Build.number).label("number"))
        .where(Build.id.in_(mine))
        .group_by(Build.name)
        .subquery()
    )
    query = select(Build).join(newest, (Build.name == newest.c.name) & (Build.number == newest.c.number))
    return list(await ctx.db.scalars(query))


def _accept(ctx: JiraCtx, issue_key: str, refused: HostRejected) -> None:
    """Log what will not change by asking again; let everything else be tried again."""
    if refused.host_status == MISSING:
        ctx.log.info("%s is told nothing: the site has no such issue, or hides it from the add-on", issue_key)
    elif refused.host_status == FORBIDDEN:
        ctx.log.warning("%s is told nothing: the add-on may not change issues of that project; let it", issue_key)
    else:
        raise refused
