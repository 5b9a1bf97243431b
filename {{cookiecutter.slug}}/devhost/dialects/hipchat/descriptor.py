"""Checks an add-on's capabilities descriptor by the rules of the protocol and says what is wrong where."""

from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from devhost.dialects.hipchat.modules import (
    Action,
    Authentication,
    Closed,
    Dialog,
    ExternalPage,
    Glance,
    Shape,
    Target,
    Url,
    Webhook,
    WebPanel,
)
from devhost.errors import InstallRefused
from devhost.wire.body import explain

Scope = Literal[
    "admin_group",
    "admin_room",
    "import_data",
    "manage_rooms",
    "send_message",
    "send_notification",
    "view_group",
    "view_messages",
    "view_room",
]


class Links(Shape):
    """Where the descriptor and the add-on's home page are."""

    self: Url
    homepage: Url | None = None


class Vendor(Closed):
    """Who makes the add-on."""

    name: str
    url: str


class Avatar(Shape):
    """The image beside the add-on's messages."""

    url: str = Field(min_length=1)
    url_2x: str | None = Field(default=None, alias="url@2x", min_length=1)


class ApiConsumer(Shape):
    """What the add-on wants to do with the API."""

    scopes: list[Scope]
    from_name: str | None = None
    avatar: str | Avatar | None = None


class Installable(Shape):
    """Where and how the add-on is installed."""

    allow_global: bool = True
    allow_room: bool = True
    callback_url: Url | None = None
    update_callback_url: Url | None = None
    installed_url: Url | None = None
    updated_url: Url | None = None
    uninstalled_url: Url | None = None


class Configurable(Shape):
    """The add-on's settings page."""

    url: Url
    authentication: Authentication = "jwt"
    allow_access_to_room_admins: bool = False


class AdminPage(Shape):
    """A page in the admin menu."""

    url: Url


class OAuthConsumer(Shape):
    """Where user tokens may be sent."""

    redirection_urls: list[Url]


class OAuthProvider(Shape):
    """The add-on's own token endpoints."""

    authorization_url: Url | None = None
    token_url: Url | None = None


class Capabilities(Shape):
    """Everything that the add-on adds to the host."""

    hipchat_api_consumer: ApiConsumer | None = None
    installable: Installable | None = None
    configurable: Configurable | None = None
    admin_page: AdminPage | None = None
    webhook: list[Webhook] = Field(default_factory=list)
    glance: list[Glance] = Field(default_factory=list)
    web_panel: list[WebPanel] = Field(default_factory=list)
    dialog: list[Dialog] = Field(default_factory=list)
    action: list[Action] = Field(default_factory=list)
    external_page: list[ExternalPage] = Field(default_factory=list)
    oauth2_consumer: OAuthConsumer | None = Field(default=None, alias="oauth2Consumer")
    oauth2_provider: OAuthProvider | None = Field(default=None, alias="oauth2Provider")

    @model_validator(mode="after")
    def _join_keys(self) -> Self:
        kinds: dict[str, list[str | None]] = {
            "webhook": [one.key for one in self.webhook],
            "glance": [one.key for one in self.glance],
            "webPanel": [one.key for one in self.web_panel],
            "dialog": [one.key for one in self.dialog],
            "action": [one.key for one in self.action],
            "externalPage": [one.key for one in self.external_page],
        }
        for kind, keys in kinds.items():
            for key in keys:
                if key is not None and keys.count(key) > 1:
                    raise ValueError(f"two modules of the type {kind} have the key {key!r}")
        opened = {*kinds["webPanel"], *kinds["dialog"], *kinds["externalPage"]}
        for glance in self.glance:
            _must_open(glance, opened, "glance")
        for action in self.action:
            _must_open(action, opened | {*kinds["glance"]}, "action")
        return self


def _must_open(module: Glance | Action, keys: set[str | None], kind: str) -> None:
    target = module.target
    key = target.key if isinstance(target, Target) else target
    if key is not None and key not in keys:
        raise ValueError(f"the {kind} {module.key!r} opens {key!r}, and no module has that key")


class Descriptor(Shape):
    """A checked capabilities descriptor."""

    key: str = Field(min_length=1)
    name: str
    description: str
    links: Links
    vendor: Vendor | None = None
    api_version: str = Field(default="1:1", pattern=r"^\d+\:\d+$")
    capabilities: Capabilities = Field(default_factory=Capabilities)

    @property
    def scopes(self) -> list[str]:
        """The scopes that the add-on asks for."""
        consumer = self.capabilities.hipchat_api_consumer
        return list(dict.fromkeys(consumer.scopes)) if consumer else []

    @property
    def speaker(self) -> str:
        """The name under which the add-on's messages appear."""
        consumer = self.capabilities.hipchat_api_consumer
        return (consumer.from_name if consumer else None) or self.name

    @property
    def picture(self) -> str:
        """The address of the add-on's avatar, or else of its first glance's icon; empty when it has neither."""
        consumer = self.capabilities.hipchat_api_consumer
        if consumer is not None and consumer.avatar:
            return consumer.avatar if isinstance(consumer.avatar, str) else consumer.avatar.url
        return self.capabilities.glance[0].icon.url if self.capabilities.glance else ""

    @property
    def installable(self) -> Installable:
        """How the add-on is installed, the defaults when it does not say."""
        return self.capabilities.installable or Installable()


def read_descriptor(data: object, *, url: str) -> Descriptor:
    """Check a descriptor that was fetched from `url`. Raises InstallRefused with the place of every fault."""
    if not isinstance(data, dict):
        raise InstallRefused("The descriptor is not a JSON object")
    try:
        found = Descriptor.model_validate(data)
    except ValidationError as error:
        faults = dict.fromkeys(f"{path or 'descriptor'}: {text}" for path, text, _ in explain(error, data))
        raise InstallRefused("The descriptor is not valid. " + "; ".join(faults)) from error
    if not url.startswith("data:") and found.links.self != url:
        raise InstallRefused(
            f"links.self: the descriptor was fetched from {url} and says {found.links.self}. "
            "The two must be equal; set the add-on's base URL to the address used here"
        )
    return found
