"""The settings of Echo hosts, `ECHO_*`, and what an installation of one knows of its host."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.connect.settings import FROM_ENVIRONMENT


class EchoSettings(BaseSettings):
    """The key with which the makers of Echo vouch for installations that are new."""

    model_config = SettingsConfigDict(**{**FROM_ENVIRONMENT, "env_prefix": "ECHO_"})

    vendor_key: Annotated[SecretStr, Field(min_length=32)]
    """Signs first installs, and every token of an installation that has no secret of its own."""


class EchoDetails(BaseModel):
    """What is stored of an installation besides what every host has."""

    model_config = ConfigDict(frozen=True)

    plan: str = "free"
