"""The settings of HipChat hosts, `HIPCHAT_*`, and what an installation of one knows of its host."""

from pydantic import BaseModel, ConfigDict
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.connect.network.addresses import OriginList
from app.connect.settings import FROM_ENVIRONMENT


class HipChatSettings(BaseSettings):
    """Who may install, and who may frame."""

    model_config = SettingsConfigDict(**{**FROM_ENVIRONMENT, "env_prefix": "HIPCHAT_"})

    origins: OriginList = ()
    """Origins that may install. Empty: this machine in development, nobody in production. `*`: any https host."""

    frame_ancestors: OriginList = ()
    """Origins besides the tenant's own web address that may frame the pages (desktop clients)."""


class HipChatDetails(BaseModel):
    """What is stored of an installation besides what every host has."""

    model_config = ConfigDict(frozen=True)

    capabilities_url: str
    token_url: str
    group_id: str | None = None
    group_name: str | None = None
    room_id: str | None = None
    """The one room of a room installation; None for a whole group."""
