"""The settings of HipChat hosts, `HIPCHAT_*`, and what an installation of one knows of its host."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.connect.network.addresses import OriginList, read_url
from app.connect.settings import FROM_ENVIRONMENT, Words


class HipChatSettings(BaseSettings):
    """Who may install, and who may frame."""

    model_config = SettingsConfigDict(**{**FROM_ENVIRONMENT, "env_prefix": "HIPCHAT_"})

    origins: OriginList = ()
    """Origins that may install. Empty: this machine in development, nobody in production. `*`: any https host."""

    any_host: bool = False
    """Whether `*` in `origins` is meant: whoever runs a host can then be a tenant."""

    capabilities_paths: Words = ("/v2/capabilities",)
    """Where on its origin a host's capabilities document is. Others may put files on that origin."""

    frame_ancestors: OriginList = ()
    """Origins besides the tenant's own web address that may frame the pages (desktop clients)."""

    script_url: Annotated[str, AfterValidator(read_url)] = ""
    """The address of a host's own script, `.../all.js`: it runs in the pages of every tenant and can act for all of
    them, so name it only where all tenants are on that one host. Empty: the bridge of this add-on."""

    leeway_seconds: Annotated[float, Field(ge=0, le=600)] = 60
    """By how much a host's clock may differ from this one: a host that is further ahead is refused altogether."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if "*" in self.origins and not self.any_host:
            raise ValueError(
                "HIPCHAT_ORIGINS is *, so that anybody who runs a host can install. List the origins of your hosts, or "
                "add this line: HIPCHAT_ANY_HOST=true"
            )
        if "*" in self.frame_ancestors:
            raise ValueError(
                "HIPCHAT_FRAME_ANCESTORS is *, so that every site could frame the pages and take clicks. List origins; "
                "the tenant's own may frame them anyway."
            )
        if any(not path.startswith("/") or "?" in path or "#" in path for path in self.capabilities_paths):
            raise ValueError("HIPCHAT_CAPABILITIES_PATHS lists paths, such as /v2/capabilities")
        return self


class HipChatDetails(BaseModel):
    """What is stored of an installation besides what every host has."""

    model_config = ConfigDict(frozen=True)

    capabilities_url: str
    token_url: str
    group_id: str | None = None
    group_name: str | None = None
    room_id: str | None = None
    """The one room of a room installation; None for a whole group."""
