"""What a site posts when it installs, uninstalls, enables or disables the add-on (reference 4.1).

Everything here was sent by a stranger until its token is checked. Members that are not known are left alone, and those
that nothing depends on are dropped where their form is wrong: an install must not fail for the description of a site.
"""

import re
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
)

from app.connect.errors import BadRequest, name_fields
from app.connect.keys.jwt import TokenRefused, prepare_key
from app.connect.network.addresses import AddressRefused, origin_of
from app.connect.pages.page_tokens import ISSUER

LONGEST = 500
_PATH = re.compile(r"(?:/[A-Za-z0-9_-]+)*/?", re.ASCII)
"""What may follow a site's name: nothing, or the path of one product of it, such as `/wiki`."""


def _text(value: Any) -> Any:
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable() else None


def _web_address(value: Any) -> Any:
    """Return an address that may stand in links and in the rules of who frames a page."""
    if not isinstance(value, str) or len(value) > LONGEST:
        return None
    try:
        return _site(value)
    except ValueError:
        return None


def _site(value: str) -> str:
    """Return a site's address in one form, without a slash at its end."""
    try:
        origin, parts = origin_of(value), urlsplit(value)
    except (AddressRefused, ValueError):
        raise ValueError("is no address") from None
    if parts.scheme not in {"https", "http"} or parts.query or parts.fragment or not _PATH.fullmatch(parts.path):
        raise ValueError("is not the address of a site")
    return origin + parts.path.rstrip("/")


def _usable(secret: SecretStr) -> SecretStr:
    if "\ufffd" in secret.get_secret_value():
        raise ValueError("the secret is not text")
    try:
        prepare_key(secret.get_secret_value())
    except TokenRefused as refused:
        raise ValueError(str(refused)) from None
    return secret


Text = Annotated[str | None, BeforeValidator(_text)]
WebAddress = Annotated[str | None, BeforeValidator(_web_address)]
Site = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST), AfterValidator(_site)]
ClientKey = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,255}$")]


class LifecyclePayload(BaseModel):
    """What every callback says."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    key: str
    client_key: Annotated[ClientKey, Field(alias="clientKey")]
    base_url: Annotated[Site, Field(alias="baseUrl")]
    event_type: Annotated[str, Field(alias="eventType")]
    product: Annotated[Text, Field(alias="productType")] = None


class InstallPayload(LifecyclePayload):
    """What an install says besides."""

    secret: Annotated[SecretStr, Field(alias="sharedSecret", max_length=1000), AfterValidator(_usable)]
    display_url: Annotated[WebAddress, Field(alias="displayUrl")] = None
    help_center_url: Annotated[WebAddress, Field(alias="displayUrlServicedeskHelpCenter")] = None
    description: Text = None
    oauth_client_id: Annotated[Text, Field(alias="oauthClientId")] = None
    cloud_id: Annotated[Text, Field(alias="cloudId")] = None
    forge_installation_id: Annotated[Text, Field(alias="installationId")] = None
    entitlement_id: Annotated[Text, Field(alias="entitlementId")] = None
    entitlement_number: Annotated[Text, Field(alias="entitlementNumber")] = None

    @property
    def said(self) -> dict[str, Any]:
        """Return what an installation's details keep of it."""
        return self.model_dump(exclude_none=True, exclude={"key", "client_key", "event_type", "secret"})


M = TypeVar("M", bound=LifecyclePayload)


def read_payload(model: type[M], body: object) -> M:
    """Read a posted body; `BadRequest` names the members that do not fit, never their values."""
    try:
        payload = model.model_validate(body)
    except ValidationError as error:
        raise BadRequest(f"The body does not fit the protocol: check {name_fields(error)}.") from None
    if payload.client_key == ISSUER:
        raise BadRequest("The body does not fit the protocol: clientKey is reserved.")
    return payload
