"""The settings of Forge, `FORGE_*`, and what an installation knows of its site."""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.connect.hosts.atlassian.settings import AtlassianDetails
from app.connect.network.addresses import OriginList, read_url
from app.connect.settings import FROM_ENVIRONMENT, split_words

CLOUD_KEYS = "https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json"
DEVHOST_KEYS = "http://127.0.0.1:9000/.well-known/jwks.json"
CLOUD_ORIGINS = ("https://api.atlassian.com", "https://api.bitbucket.org")
LABEL = "{icLabel}"
APP = re.compile(r"ari:cloud:ecosystem::app/[0-9a-fA-F-]{36}", re.ASCII)


def _label_once(value: str) -> str:
    """Take an address in whose host name the label of an isolated cloud stands, once."""
    host = value.partition("://")[2].partition("/")[0]
    if value and (not value.startswith("https://") or value.count(LABEL) != 1 or LABEL not in host):
        raise ValueError(f"write an https address with {LABEL} once, in its host name")
    return value


AppId = Annotated[str, StringConstraints(pattern=rf"^{APP.pattern}$")]
AppIds = Annotated[tuple[AppId, ...], NoDecode, BeforeValidator(split_words)]
Environment = Literal["DEVELOPMENT", "STAGING", "PRODUCTION"]
Environments = Annotated[tuple[Environment, ...], NoDecode, BeforeValidator(split_words)]
ENVIRONMENTS: tuple[Environment, ...] = ("DEVELOPMENT", "STAGING", "PRODUCTION")


def _pattern(value: str) -> str:
    if not ORIGIN_PATTERN.fullmatch(value):
        raise ValueError(
            f"{value!r} is no pattern of origins; write scheme and host, such as https://*.cdn.prod.atlassian-dev.net"
        )
    return value


ORIGIN_PATTERN = re.compile(r"https?://(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?", re.ASCII)
Patterns = Annotated[tuple[Annotated[str, AfterValidator(_pattern)], ...], NoDecode, BeforeValidator(split_words)]
CALLERS = ("https://*.cdn.prod.atlassian-dev.net", "https://*.atlassian.net", "https://*.jira.com")


class ForgeSettings(BaseSettings):
    """Whose tokens hold, who signs them, and which API installations may name."""

    model_config = SettingsConfigDict(**{**FROM_ENVIRONMENT, "env_prefix": "FORGE_"})

    app_ids: AppIds = ()
    """The apps whose tokens hold, such as `ari:cloud:ecosystem::app/<uuid>`. Empty: the one of addon.toml."""

    jwks_url: Annotated[str, AfterValidator(read_url)] = ""
    """Where the keys of tokens are fetched. Empty: Atlassian's, in development the devhost's."""

    isolated_jwks_url: Annotated[str, AfterValidator(_label_once)] = ""
    """The same for Isolated Cloud, with `{icLabel}` where a token's label goes. Empty: such tokens do not hold."""

    api_origins: OriginList = ()
    """Origins of the APIs that tokens may name. Empty: `https://api.atlassian.com` and `https://api.bitbucket.org`,
    in development this machine, too."""

    environments: Environments = ()
    """The environments whose tokens hold. Empty: `PRODUCTION` in production, all of them in development."""

    frame_origins: Patterns = ()
    """Origins of pages that may call with `requestRemote`; `https://*.example.com` is every name below. Empty:
    Atlassian's."""

    egress_proxy_url: Annotated[str, AfterValidator(read_url)] = ""
    """The sidecar of a container that Atlassian runs, which sets this. Empty: this is a remote. It is believed, and all
    calls go through it; set it nowhere else."""

    app_ari: str = ""
    """The app, as the platform names it to a container: for an add-on that names none."""

    env_ari: str = ""
    """The environment, as the platform names it to a container: invocations of another do not hold."""


class Place(BaseModel):
    """One product of the site, as tokens name it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    api_url: str
    """The base of its API, without a slash at its end."""
    cloud_id: str | None = None
    """The site; of Bitbucket its workspace."""


class ForgeDetails(AtlassianDetails):
    """What is stored of an installation: what a Connect one has, so that handlers serve both, and what tokens say."""

    app_id: str
    environment: str
    """`DEVELOPMENT`, `STAGING` or `PRODUCTION`."""
    environment_id: str = ""
    version: str = ""
    places: tuple[Place, ...] = ()
    found_at: float = 0.0
    """When the first token was made, in Unix seconds."""
    heard_at: float = 0.0
    """When the hourly trigger came last, in Unix seconds; where it stays away the installation is asked about."""
    joined: bool | None = None
    """Whether the site was asked for its Connect installation: True where there is one, False where there is none."""
    license: dict[str, Any] | None = None

    def api_of(self, product: str) -> str | None:
        """Return the base of a product's API."""
        return next((one.api_url for one in self.places if one.name == product), None)


class Callers:
    """Origins by patterns: whose pages may call."""

    def __init__(self, patterns: Iterable[str]) -> None:
        parts = (re.escape(one).replace(r"\*", r"[a-z0-9-]+(?:\.[a-z0-9-]+)*") for one in patterns)
        self._allowed = re.compile("|".join(parts) or "(?!)", re.ASCII)

    def allows(self, origin: str) -> bool:
        """Tell whether a page of this origin may call."""
        return self._allowed.fullmatch(origin) is not None
