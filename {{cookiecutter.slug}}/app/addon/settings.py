"""What a tenant can choose. The model is the settings page: titles, hints and limits come from it."""

from typing import Literal

from pydantic import Field

from app.connect import AddonRouter, ConfigForm

router = AddonRouter()


@router.settings
class BuildSettings(ConfigForm):
    """The choices of one tenant."""

    announce: Literal["all", "failures", "nothing"] = Field(
        "all", title="Announce builds", description="Which builds get a card in the room."
    )
    digest: bool = Field(default=True, title="Daily digest", description="A summary in the room once a day.")
    listed: int = Field(20, ge=1, le=200, title="Builds in the list", description="How many the sidebar shows.")
