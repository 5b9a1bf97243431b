"""The routes by which a Jira or Confluence site speaks of installations, and the address they are below."""

from app.connect.declare.addon import Addon
from app.connect.hosts.protocol import Endpoint

BY_SITE = "a request that the site signed with its secret"
INSTALLED = Endpoint(
    "installed",
    "POST",
    "installed",
    "The site installs the add-on, or gives it a new secret",
    asks="an install that Atlassian signed",
)
UNINSTALLED = Endpoint(
    "uninstalled", "POST", "uninstalled", "The site uninstalled the add-on", asks="an uninstall that Atlassian signed"
)
ENABLED = Endpoint("enabled", "POST", "enabled", "The site enabled the add-on", asks=BY_SITE)
DISABLED = Endpoint("disabled", "POST", "disabled", "The site disabled the add-on", asks=BY_SITE)
ENDPOINTS = (INSTALLED, UNINSTALLED, ENABLED, DISABLED)
SIGNED_BY_ATLASSIAN = (INSTALLED, UNINSTALLED)
"""Their tokens are signed with a key of Atlassian's own, those of the others with the installation's secret."""


def base_urls(addon: Addon) -> tuple[str, ...]:
    """List the addresses that tokens of installs may be made for: what the descriptor names as its base."""
    return (addon.base_url,)
