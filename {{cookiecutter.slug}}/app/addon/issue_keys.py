"""Which issues a build is about: the keys in its branch's name, and the table that finds builds by them."""

import re

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.addon.models import Build
from app.addon.settings import BuildSettings
from app.connect import Base, Context, TenantOwned

KEY = re.compile(r"(?<![^\W_])[A-Za-z][A-Za-z0-9]{1,9}-[1-9][0-9]{0,8}(?![^\W_]|\.[0-9])")
"""A project's key of two to ten letters and digits, and a number, neither inside a word nor part of a version."""
MOST = 10
"""Issues that one build is about at most: each is told by calls of its own."""


def issue_keys(branch: str | None) -> list[str]:
    """Return the keys that a branch names, such as TP-7 in `feature/tp-7-login`; people write them in any case."""
    return list(dict.fromkeys(found.upper() for found in KEY.findall(branch or "")))[:MOST]


class IssueBuild(TenantOwned, Base):
    """A build is about an issue."""

    __tablename__ = "issue_builds"
    __table_args__ = (Index("ix_issue_builds_issue", "tenant_id", "issue_key"),)

    build_id: Mapped[str] = mapped_column(ForeignKey("builds.id", ondelete="CASCADE"), primary_key=True)
    issue_key: Mapped[str] = mapped_column(String(20), primary_key=True)


def issue_in_view(ctx: Context) -> str | None:
    """Return the issue that the caller looks at, as the site signed it; None elsewhere: other keys have no hyphen."""
    place = ctx.caller.place
    return place if place is not None and "-" in place else None


async def builds_of(ctx: Context, issue_key: str, *, failed_only: bool = False) -> list[Build]:
    """Return the builds of an issue, newest first, as many as the tenant chose to list."""
    chosen = await ctx.settings(BuildSettings)
    query = select(Build).join(IssueBuild, IssueBuild.build_id == Build.id).where(IssueBuild.issue_key == issue_key)
    if failed_only:
        query = query.where(Build.status == "failed")
    newest = query.order_by(Build.reported_at.desc(), Build.number.desc()).limit(chosen.listed)
    return list(await ctx.db.scalars(newest))
