"""What a site says of its Connect installation, by a property that Atlassian keeps there (reference 9.2). Pure."""

import logging
from collections.abc import Mapping
from typing import Any

from app.connect.declare.addon import Addon
from app.connect.hosts.atlassian.client.api import segment
from app.connect.hosts.forge.settings import ForgeDetails

log = logging.getLogger(__name__)

JOIN = "forge-join"
PROPERTY = "connect_client_key_019cdff3-8bfb-71fe-9628-875b700aebb8"
"""Reserved by Atlassian and read-only; it ends with Connect."""
LONGEST_KEY = 255


def wants_join(details: ForgeDetails, addon: Addon) -> bool:
    """Tell whether the site may have a Connect installation of this add-on that is not found yet."""
    return details.joined is None and details.product in addon.manifest.sections


def property_path(connect_key: str) -> str:
    """Return where the property is."""
    return f"rest/atlassian-connect/1/addons/{segment(connect_key)}/properties/{PROPERTY}"


def client_key_in(answer: Any) -> str | None:
    """Read the client key; None where it has a form that is not known, which the log says."""
    value = answer.get("value") if isinstance(answer, Mapping) else None
    if isinstance(value, Mapping):
        # Which of these it is, is not documented.
        value = value.get("clientKey") or value.get("value")
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_KEY:
        log.warning("the site names its Connect installation in a form that is not known; it is not joined")
        return None
    return value
