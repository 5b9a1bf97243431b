"""What other programs call: CI servers report builds with an API token from the settings page."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.addon.jobs import Reported
from app.addon.models import Build
from app.connect import AddonRouter, ApiCtx, ConnectError

router = AddonRouter()


class ReportedTwice(ConnectError):
    """Two reports of one run arrived in the same moment."""

    status = 409
    code = "reported_twice"
    sentence = "This build is being reported right now. Send the report again."


class BuildReport(BaseModel):
    """One run of a project, as its CI server tells it."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["web"])]
    number: Annotated[int, Field(ge=1, le=2**53, strict=True, examples=[12])]
    status: Literal["passed", "failed"]
    url: Annotated[HttpUrl, Field(max_length=500)] | None = None


class ReportAccepted(BaseModel):
    """The build as it is kept."""

    id: str


@router.route("/api/builds", methods=["POST"], status_code=201, summary="Report a build")
async def report_build(ctx: ApiCtx, report: BuildReport) -> ReportAccepted:
    """Keep the build and have it announced; both or neither. The same run again replaces the first report."""
    same = select(Build).where(Build.name == report.name, Build.number == report.number)
    build = (await ctx.db.scalars(same)).one_or_none()
    if build is None:
        build = Build(name=report.name, number=report.number)
        ctx.db.add(build)
    build.status = report.status
    build.url = str(report.url) if report.url else None
    try:
        await ctx.db.flush()
    except IntegrityError:
        raise ReportedTwice from None
    await ctx.enqueue("announce", Reported(build_id=build.id))
    return ReportAccepted(id=build.id)
