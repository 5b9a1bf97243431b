"""The add-on as an app of Forge: what its panel, the folder forge/, asks for. docs/forge.md switches both on."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from app.addon.issue_keys import builds_of, issue_in_view
from app.connect import BadRequest
from app.connect.hosts.forge import ForgeCtx, ForgeRouter


class InPanel(BaseModel):
    """What the panel's script sends and gets, in its own spelling; forge/src/panel.js reads the same names."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", from_attributes=True)


class Wanted(InPanel):
    """Which builds; of which issue is in the signed token of the call, and nothing in the body can say another."""

    failed_only: bool = False


class ListedBuild(InPanel):
    """One line of the panel."""

    title: str
    status: Literal["passed", "failed"]
    branch: str | None
    url: str | None
    reported_at: datetime


class Listed(InPanel):
    """What the panel shows."""

    issue_key: str
    builds: list[ListedBuild]


async def list_builds(ctx: ForgeCtx, wanted: Wanted) -> Listed:
    """List the builds of the issue that the caller looks at."""
    issue_key = issue_in_view(ctx)
    if issue_key is None:
        raise BadRequest("This lists the builds of an issue. Show the panel on an issue.")
    builds = await builds_of(ctx, issue_key, failed_only=wanted.failed_only)
    return Listed(issue_key=issue_key, builds=[ListedBuild.model_validate(build) for build in builds])


def panel_router() -> ForgeRouter:
    """Make the router that answers the panel.

    It is made where app/addon/__init__.py lists it, and not above: an add-on whose addon.toml shows no such panel has
    no router for it, and starts.
    """
    forge = ForgeRouter()
    forge.resolver("issue-builds")(list_builds)
    return forge
