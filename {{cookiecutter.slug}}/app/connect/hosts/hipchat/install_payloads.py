"""What the host posts at install and update, and the capabilities document it points to: models and pure checks.

Source: protocol reference, sections 3, 4 and 12.1. Everything here was sent by a stranger.
"""

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

from app.connect.errors import BadRequest, InstallRefused
from app.connect.network.addresses import AddressRefused, Origins, origin_of
from app.connect.pages.page_tokens import ISSUER


def _number(value: Any) -> Any:
    """Ids are integers, sent as digit strings by some hosts."""
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, str) and value.isascii())):
        raise ValueError("must be a number")
    return str(value)


def _sendable(secret: SecretStr) -> SecretStr:
    """Refuse a lone surrogate: JSON can spell one, but nothing that speaks HTTP can send it."""
    secret.get_secret_value().encode()
    return secret


Number = Annotated[str, BeforeValidator(_number), StringConstraints(pattern=r"^\d{1,18}$")]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
ClientKey = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,255}$")]


class _Posted(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class InstallPayload(_Posted):
    """The body of an install (reference 4.2)."""

    client_key: Annotated[ClientKey, Field(alias="oauthId")]
    secret: Annotated[SecretStr, Field(alias="oauthSecret", min_length=16, max_length=1000), AfterValidator(_sendable)]
    capabilities_url: Annotated[Url, Field(alias="capabilitiesUrl")]
    group_id: Annotated[Number | None, Field(alias="groupId")] = None
    room_id: Annotated[Number | None, Field(alias="roomId")] = None


class UpdatePayload(_Posted):
    """The body of an update (reference 4.4): no secret, the one that is known stays."""

    client_key: Annotated[ClientKey, Field(alias="oauthId")]
    capabilities_url: Annotated[Url, Field(alias="capabilitiesUrl")]
    room_id: Annotated[Number | None, Field(alias="roomId")] = None


class _Links(_Posted):
    self: Url
    api: Url | None = None
    homepage: Url | None = None


class _TokenProvider(_Posted):
    token_url: Annotated[Url, Field(alias="tokenUrl")]


class _ApiProvider(_Posted):
    url: Url


class _Capabilities(_Posted):
    oauth2_provider: Annotated[_TokenProvider, Field(alias="oauth2Provider")]
    api_provider: Annotated[_ApiProvider | None, Field(alias="hipchatApiProvider")] = None


class CapabilitiesDocument(_Posted):
    """What a host says of its endpoints (reference 3)."""

    links: _Links
    capabilities: _Capabilities


M = TypeVar("M", bound=_Posted)


def read_payload(model: type[M], body: object) -> M:
    """Read a posted body; `BadRequest` names the members that do not fit, never their values."""
    try:
        payload = model.model_validate(body)
    except ValidationError as error:
        names = {str(problem["loc"][0]) if problem["loc"] else "the body" for problem in error.errors()}
        raise BadRequest(f"The body does not fit the protocol: check {', '.join(sorted(names))}.") from None
    if getattr(payload, "client_key", None) == ISSUER:
        raise BadRequest("The body does not fit the protocol: oauthId is reserved.")
    return payload


def path_of(url: str) -> str:
    """Return what follows the origin in an address that passed the rules on addresses, query and fragment included."""
    return urlsplit(url)._replace(scheme="", netloc="").geturl()


class Endpoints(_Posted):
    """Where a host's endpoints are, every one of them on an allowed origin."""

    api_url: str
    token_url: str
    web_url: str


def read_endpoints(document: object, *, capabilities_url: str, origins: Origins) -> Endpoints:
    """Check a capabilities document against the address it came from; `InstallRefused` says what is wrong.

    The document must name itself, and every address in it must be the document's own origin or a listed one: a
    stranger's document must not send the tenant's secret anywhere else.
    """
    try:
        parsed = CapabilitiesDocument.model_validate(document)
    except ValidationError as error:
        names = {".".join(str(part) for part in problem["loc"]) for problem in error.errors()}
        raise InstallRefused(f"The capabilities document lacks {', '.join(sorted(names))}.") from None
    if parsed.links.self != capabilities_url:
        raise InstallRefused("The capabilities document names another address as its own. Check links.self.")
    provider = parsed.capabilities.api_provider
    api_url = provider.url if provider else parsed.links.api or capabilities_url.rpartition("/")[0]
    endpoints = Endpoints(
        api_url=api_url.rstrip("/") + "/",
        token_url=parsed.capabilities.oauth2_provider.token_url,
        web_url=(parsed.links.homepage or capabilities_url).rstrip("/"),
    )
    try:
        home = origin_of(capabilities_url)
        foreign = [url for url in (endpoints.api_url, endpoints.token_url, endpoints.web_url) if origin_of(url) != home]
    except AddressRefused as error:
        raise InstallRefused(f"The capabilities document holds an address that is not used: {error}") from None
    if not all(origins.lists(url) for url in foreign):
        raise InstallRefused(
            "The capabilities document names addresses of another origin. "
            "If they belong to this host, list them in HIPCHAT_ORIGINS."
        )
    return endpoints
