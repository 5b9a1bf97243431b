"""The body of a token request."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator


class TokenRequest(BaseModel):
    """What a client asks the token endpoint for."""

    model_config = ConfigDict(extra="ignore")

    grant_type: Literal["client_credentials", "authorization_code", "refresh_token"]
    scope: str | None = None
    code: str | None = None
    redirect_uri: str | None = None
    redirect_url: str | None = None
    refresh_token: str | None = None

    @model_validator(mode="after")
    def _one_spelling(self) -> "TokenRequest":
        # Some editions of the API reference spell it redirect_url.
        if self.redirect_uri is None:
            self.redirect_uri = self.redirect_url
        return self
