"""How builds look in chat: the glance of a room, and a card."""

from functools import lru_cache

from app.addon.models import Build
from app.connect.hosts.hipchat import Card, CardAttribute, Glance, Lozenge


@lru_cache
def glance_of(failing: int | None) -> Glance:
    """Say in one line how many builds fail; None when none was ever reported. Kept, since every room asks for it."""
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
