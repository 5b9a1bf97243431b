"""The settings of Pebble hosts, `PEBBLE_*`, and what an installation of one knows of its host."""

from typing import Annotated

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.connect.settings import FROM_ENVIRONMENT


class PebbleSettings(BaseSettings):
    """What Pebble's makers gave to the author of the add-on."""

    model_config = SettingsConfigDict(**{**FROM_ENVIRONMENT, "env_prefix": "PEBBLE_"})

    key: Annotated[SecretStr, Field(min_length=32)]
    """Signs the first install of a board."""


class PebbleDetails(BaseModel):
    """What is stored of an installation besides what every host has."""

    board: str
