"""The settings of Jira and Confluence sites, `ATLASSIAN_*`, and what an installation of one knows of its site."""

import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.connect.network.addresses import AddressRefused, OriginList, Origins, origin_of, read_origin, read_url
from app.connect.settings import FROM_ENVIRONMENT, split_words

CLOUD = ("https://*.atlassian.net", "https://*.jira.com")
REPORTS = "https://api.atlassian.com/app/report-accounts/"
AUTHORIZATION_SERVER = "https://oauth-2-authorization-server.services.atlassian.com"
_NAMES = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*", re.ASCII)


def _whole_address(value: str) -> str:
    try:
        origin_of(value)
    except AddressRefused:
        raise ValueError("write a whole address, such as https://keys.example.com") from None
    return value


def _address(value: str) -> str:
    return _whole_address(value).rstrip("/")


def _site(value: str) -> str:
    """Read an origin, or one whose name begins with `*.` for every name below."""
    below = "://*."
    if below not in value:
        return read_origin(value)
    return read_origin(value.replace(below, "://", 1)).replace("://", below, 1)


Address = Annotated[str, AfterValidator(_address)]
SiteList = Annotated[tuple[Annotated[str, AfterValidator(_site)], ...], NoDecode, BeforeValidator(split_words)]


class AtlassianSettings(BaseSettings):
    """Who may install, who vouches for it, and who may frame."""

    model_config = SettingsConfigDict(**{**FROM_ENVIRONMENT, "env_prefix": "ATLASSIAN_"})

    origins: SiteList = ()
    """Sites that may install; `https://*.example.com` is every name below. Empty: `https://*.atlassian.net` and
    `https://*.jira.com`, in development this machine, too."""

    keys_url: Annotated[tuple[Address, ...], NoDecode, BeforeValidator(split_words)] = ()
    """Where the keys of signed installs are fetched: the first is asked, the next when it does not answer. Empty: the
    servers that Atlassian names for the site."""

    frame_ancestors: OriginList = ()
    """Origins besides the site's own addresses that may frame the pages."""

    script_url: Annotated[str, AfterValidator(read_url)] = ""
    """The address of the script of all sites. Empty: Atlassian's, `https://connect-cdn.atl-paas.net/all.js`, in
    development that of the devhost that `ATLASSIAN_KEYS_URL` names. Sites of another cloud, such as the government's,
    have theirs elsewhere."""

    oauth_url: Address = AUTHORIZATION_SERVER
    """The server that gives access tokens for calls as a user."""

    report_url: Annotated[str, AfterValidator(_whole_address)] = REPORTS
    """Where accounts are reported of which personal data is kept."""


class Sites:
    """The sites that may install."""

    def __init__(self, origins: Iterable[str], *, production: bool) -> None:
        listed = tuple(origins)
        patterns = [one for one in listed or CLOUD if "*." in one]
        self._below = [tuple(one.split("*", 1)) for one in patterns]
        # This machine comes with an empty list alone, as elsewhere.
        self._named = Origins([one for one in listed if one not in patterns], production=production or bool(listed))

    def allows(self, url: str) -> bool:
        """Tell whether the site at `url` may install; what is no address may not."""
        try:
            origin = origin_of(url)
        except AddressRefused:
            return False
        return self._named.allows(url) or any(
            origin.startswith(before)
            and origin.endswith(after)
            and _NAMES.fullmatch(origin[len(before) : -len(after)]) is not None
            for before, after in self._below
        )


class AtlassianDetails(BaseModel):
    """What is stored of an installation besides what every host has."""

    model_config = ConfigDict(frozen=True)

    base_url: str
    """The site's address for calls: of a Confluence site with its `/wiki`."""
    display_url: str | None = None
    """What people see, where the site has a domain of its own."""
    help_center_url: str | None = None
    product: str | None = None
    description: str | None = None
    oauth_client_id: str | None = None
    """Needed for calls as a user."""
    cloud_id: str | None = None
    """The site; its products share it."""
    forge_installation_id: str | None = None
    entitlement_id: str | None = None
    entitlement_number: str | None = None
    installed_at_host: float = 0.0
    """When the newest install was signed, in Unix seconds."""
    install_token: str | None = None
    """A digest of its token, so that the same token brings nothing else a second time."""

    @property
    def as_kept(self) -> dict[str, Any]:
        """Return what a later install that does not say it leaves as it is: a domain that is gone is not kept."""
        return self.model_dump(exclude_none=True, exclude={"display_url", "help_center_url"})
