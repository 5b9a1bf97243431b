"""What a Forge app says of itself in `manifest.yml` (reference 2 and 3)."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

TOKEN_SCOPES = ("read:app-system-token", "read:app-user-token")
INTERVALS = {"fiveMinute": 300, "hour": 3600, "day": 86_400, "week": 604_800}
Key = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]+$", max_length=23)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class Enabled(_Part):
    """A token that is pushed, or not."""

    enabled: bool = False


class Auth(_Part):
    """Which access tokens a remote gets with a request."""

    user: Enabled = Field(Enabled(), alias="appUserToken")
    system: Enabled = Field(Enabled(), alias="appSystemToken")


class Connect(_Part):
    """The Connect app that goes on in this one."""

    key: str = Field(pattern=r"^[a-zA-Z0-9._-]{1,90}$")
    remote: str = ""


class App(_Part):
    """Who the app is."""

    id: str = Field(pattern=r"^ari:cloud:ecosystem::app/\S+$")
    runtime: dict[str, Any]
    connect: Connect | None = None
    licensing: Enabled = Enabled()


class Remote(_Part):
    """A backend; its address may differ by region."""

    key: Key
    base_url: str | dict[str, str] = Field(alias="baseUrl")

    @property
    def url(self) -> str:
        """The address that is called here: the default one, without a slash at its end."""
        found = self.base_url if isinstance(self.base_url, str) else self.base_url.get("default", "")
        return found.rstrip("/")


class Route(_Part):
    """The path of an endpoint."""

    path: str = Field(pattern="^/")


class Endpoint(_Part):
    """What a module calls; frontend calls bring a path of their own."""

    key: str
    remote: str = ""
    service: str = ""
    route: Route | None = None
    auth: Auth = Auth()


class Filter(_Part):
    """Which events a trigger is not told of."""

    is_licensed: bool = Field(default=False, alias="appIsLicensed")
    ignore_self: bool = Field(default=False, alias="ignoreSelf")
    expression: str = ""


class Trigger(_Part):
    """A module that is told of events."""

    key: str
    endpoint: str = ""
    events: list[str | dict[str, Any]]
    filter: Filter = Filter()

    @property
    def names(self) -> list[str]:
        """The events' names."""
        return [one if isinstance(one, str) else str(one.get("eventType", "")) for one in self.events]


class Scheduled(_Part):
    """A module that is called again and again."""

    key: str
    endpoint: str = ""
    interval: Literal["fiveMinute", "hour", "day", "week"]
    filter: Filter = Filter()

    @property
    def seconds(self) -> int:
        """How long from one call to the next."""
        return INTERVALS[self.interval]


class Uninstalling(_Part):
    """A module that is told of the end."""

    key: str
    endpoint: str = ""


class Permissions(_Part):
    """What the app may do; scopes are a list, or a map where some allow to act as somebody who is away."""

    scopes: list[str] | dict[str, dict[str, Any]] = []
    content: dict[str, list[str]] = {}

    @property
    def impersonating(self) -> bool:
        """Whether the app may act as somebody without them."""
        kinds = self.scopes.values() if isinstance(self.scopes, dict) else ()
        return any(one.get("allowImpersonation") is True for one in kinds)


class Manifest(_Part):
    """The whole document; UI modules and Connect modules are as they were written."""

    app: App
    modules: dict[str, Any] = {}
    connect_modules: dict[str, Any] = Field({}, alias="connectModules")
    permissions: Permissions = Permissions()
    remotes: list[Remote] = []
    resources: list[dict[str, Any]] = []

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that a customer allows."""
        return frozenset(self.permissions.scopes)

    @property
    def gives_tokens(self) -> bool:
        """Whether any access token is made: that needs one scope of a product."""
        return any(one not in TOKEN_SCOPES for one in self.scopes)

    @property
    def endpoints(self) -> dict[str, Endpoint]:
        """The endpoints by their keys."""
        return {one.key: one for one in (Endpoint.model_validate(each) for each in self.of_type("endpoint"))}

    @property
    def triggers(self) -> list[Trigger]:
        """What is told of events."""
        return [Trigger.model_validate(one) for one in self.of_type("trigger")]

    @property
    def schedules(self) -> list[Scheduled]:
        """What is called again and again."""
        return [Scheduled.model_validate(one) for one in self.of_type("scheduledTrigger")]

    @property
    def farewells(self) -> list[Uninstalling]:
        """What is told of the end."""
        return [Uninstalling.model_validate(one) for one in self.of_type("preUninstall")]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """List the modules of one type."""
        found = self.modules.get(kind)
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def remote(self, key: str) -> Remote | None:
        """Find a remote."""
        return next((one for one in self.remotes if one.key == key), None)

    def resource(self, key: str) -> str:
        """Return the path of a resource; empty when there is none."""
        return next((str(one.get("path", "")) for one in self.resources if one.get("key") == key), "")
