"""What a Forge Invocation Token says, as models; everything here is signed, and nothing is believed before that.

Source: reference 5. Members that are not known are left alone; those that decide anything are required.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from app.connect.errors import name_fields
from app.connect.hosts.forge.settings import APP, ForgeDetails, Place
from app.connect.keys.jwt import TokenRefused

ISSUER = "forge/invocation-token"
INSTALLATION = re.compile(r"ari:cloud:ecosystem::installation/([0-9a-fA-F-]{36})", re.ASCII)
API_PATH = re.compile(r"(?:/ex/[a-z-]{1,40}/[A-Za-z0-9-]{1,64})?", re.ASCII)
"""What may follow the origin of an API: nothing, or a product and its cloud id."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
Address = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Claim(BaseModel):
    """What all parts of a token have in common."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, alias_generator=to_camel)


class ClaimedPlace(Claim):
    """A product of the site."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z-]{1,40}$")]
    api_base_url: Address
    cloud_id: Text | None = None
    workspace_id: Text | None = None


class ClaimedInstallation(Claim):
    """The installation again, with all its products."""

    contexts: tuple[ClaimedPlace, ...] = Field((), max_length=20)


class ClaimedEnvironment(Claim):
    """Which environment of the app is installed."""

    type: Literal["DEVELOPMENT", "STAGING", "PRODUCTION"]
    id: Text


class ClaimedModule(Claim):
    """For what the token was made: a module that somebody sees, or an endpoint of the manifest."""

    type: Text
    key: Text


class ClaimedApp(Claim):
    """The app and its installation."""

    id: Annotated[str, StringConstraints(pattern=rf"^{APP.pattern}$")]
    installation_id: Annotated[str, StringConstraints(pattern=rf"^{INSTALLATION.pattern}$")]
    installation: ClaimedInstallation = ClaimedInstallation()
    api_base_url: Address
    app_version: str = ""
    environment: ClaimedEnvironment
    module: ClaimedModule
    license: dict[str, Any] | None = None

    @property
    def client_key(self) -> str:
        """The id of the installation, without what all ids begin with."""
        return read_installation(self.installation_id)

    def places(self) -> tuple[Place, ...]:
        """Return the products of the site; the one the app was called from comes first."""
        made = [
            Place(name=one.name, api_url=one.api_base_url, cloud_id=one.cloud_id or one.workspace_id)
            for one in self.installation.contexts
        ]
        if self.api_base_url not in {one.api_url for one in made}:
            made.insert(0, Place(name=product_of(self.api_base_url), api_url=self.api_base_url, cloud_id=None))
        # A stable sort: what is not called from stays in its order.
        return tuple(sorted(made, key=lambda one: one.api_url != self.api_base_url))


class Claims(Claim):
    """A whole token."""

    iss: Literal["forge/invocation-token"]
    aud: Annotated[str, StringConstraints(pattern=rf"^{APP.pattern}$")]
    jti: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    nbf: float
    app: ClaimedApp
    principal: Text | None = None
    context: Mapping[str, Any] | None = None


def read_claims(claims: Mapping[str, Any]) -> Claims:
    """Read the claims of a token; `TokenRefused` names what does not fit."""
    try:
        return Claims.model_validate(claims)
    except ValidationError as error:
        raise TokenRefused(f"the claims do not fit: {name_fields(error)}") from None
    except RecursionError:
        raise TokenRefused("the claims do not fit") from None


def read_installation(value: object) -> str:
    """Return the bare id of an installation, from its whole name or from itself; `TokenRefused` otherwise."""
    text = value if isinstance(value, str) else ""
    found = INSTALLATION.fullmatch(text) or re.fullmatch(r"([0-9a-fA-F-]{36})", text, re.ASCII)
    if found is None:
        raise TokenRefused("app.installationId is not the id of an installation")
    return found[1].lower()


def product_of(api_url: str) -> str:
    """Return the product whose API this is."""
    found = re.search(r"/ex/([a-z-]+)/", api_url)
    return found[1] if found else "bitbucket"


def details_of(claims: Claims, before: ForgeDetails | None = None) -> ForgeDetails:
    """Return what is stored of an installation by one of its tokens; what tokens do not say stays as it was."""
    app = claims.app
    places = app.places()
    site = claims.context.get("siteUrl") if claims.context else None
    kept: dict[str, Any] = {"found_at": claims.nbf}
    if before is not None:
        kept = before.model_dump(include={"found_at", "heard_at", "joined", "display_url"})
    said: dict[str, Any] = {
        "base_url": app.api_base_url,
        "product": places[0].name,
        "cloud_id": places[0].cloud_id or cloud_of(claims),
        "forge_installation_id": app.client_key,
        "app_id": app.id,
        "environment": app.environment.type,
        "environment_id": app.environment.id,
        "version": app.app_version[:100],
        "places": places,
        "license": app.license,
    }
    if isinstance(site, str) and site.startswith("https://"):
        said["display_url"] = site[:500]
    return ForgeDetails.model_validate(kept | said)


def cloud_of(claims: Claims) -> str | None:
    """Return the id of the site (of Bitbucket: the workspace) that a token was made for."""
    for one in claims.app.installation.contexts:
        if one.api_base_url == claims.app.api_base_url and (one.cloud_id or one.workspace_id):
            return one.cloud_id or one.workspace_id
    tail = claims.app.api_base_url.rpartition("/")[2] if "/ex/" in claims.app.api_base_url else ""
    return tail or None
