"""What a tenant can choose. The model is the settings page: titles, hints and limits come from it.

The file of a host may derive a model from it, with what can be chosen there alone.
"""

from pydantic import Field

from app.connect import AddonRouter, ConfigForm

router = AddonRouter()


@router.settings
class BuildSettings(ConfigForm):
    """The choices of one tenant."""

    listed: int = Field(20, ge=1, le=200, title="Builds in the list", description="How many a list of builds shows.")
