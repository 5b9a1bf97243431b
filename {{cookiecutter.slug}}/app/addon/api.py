"""What other programs call: CI servers report builds with an API token from the settings page."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, HttpUrl
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.addon.jobs import Reported
from app.addon.models import Build
from app.addon.reports import status_before
from app.connect import AddonRouter, ConnectError, Context, access

router = AddonRouter()


class ReportedTwice(ConnectError):
    """Two reports of one run arrived in the same moment."""

    status = 409
    code = "reported_twice"
    sentence = "This build is being reported right now. Send the report again."


Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["web"])]


class BuildReport(BaseModel):
    """One run of a project, as its CI server tells it."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    number: Annotated[int, Field(ge=1, le=2**53, strict=True, examples=[12])]
    status: Literal["passed", "failed"]
    branch: (
        Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["feature/login"])]
        | None
    ) = None
    url: Annotated[HttpUrl, Field(max_length=500)] | None = None


class ReportAccepted(BaseModel):
    """The build as it is kept."""

    id: str


@router.route("/api/builds", methods=["POST"], status_code=201, summary="Report a build")
async def report_build(ctx: Annotated[Context, access("builds.{name}.report")], report: BuildReport) -> ReportAccepted:
    """Keep the build and have it announced; both or neither. The same run again replaces the first report."""
    same = select(Build).where(Build.name == report.name, Build.number == report.number)
    build = (await ctx.db.scalars(same)).one_or_none()
    before = build.status if build else await status_before(ctx, report.name, report.number, report.branch)
    if build is None:
        build = Build(name=report.name, number=report.number)
        ctx.db.add(build)
    build.status = report.status
    build.branch = report.branch
    build.url = str(report.url) if report.url else None
    try:
        await ctx.db.flush()
    except IntegrityError:
        raise ReportedTwice from None
    await ctx.enqueue("announce", Reported(build_id=build.id, recovered=(before, build.status) == ("failed", "passed")))
    return ReportAccepted(id=build.id)


class BuildTold(BaseModel):
    """One build as it was reported."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    status: str
    branch: str | None
    url: str | None
    reported_at: datetime


@router.route("/api/builds", methods=["GET"], summary="List the builds of a project")
async def list_builds(
    ctx: Annotated[Context, access("builds.{name}.read")],
    name: Annotated[Name, Query()],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[BuildTold]:
    """List the runs of one project, the newest first."""
    newest = select(Build).where(Build.name == name).order_by(Build.number.desc()).limit(limit)
    return [BuildTold.model_validate(build) for build in await ctx.db.scalars(newest)]
