"""The knobs of a devhost: life times, time limits and the choices which the protocol leaves open."""

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True, kw_only=True)
class HostSettings:
    """Hold the host's knobs; all times are seconds and may be changed while it runs."""

    group_id: int = 1
    group_name: str = "Devhost"
    token_seconds: float = 3600
    jwt_seconds: float = 3600
    callback_timeout: float = 10
    webhook_timeout: float = 10
    glance_timeout: float = 10
    page_timeout: float = 10
    pattern_timeout: float = 0.25
    # Working libraries answered 200, 201 and 204 to an install; the schema text says 200 only.
    strict_200: bool = False
    # Whether the client is revoked before the DELETE reaches the add-on is not known of the real host.
    revoke_before_delete: bool = True
    webhook_token_in: Literal["header", "query"] = "header"  # noqa: S105 - a place
    pattern_mode: Literal["search", "match"] = "search"
    rate_limit: int = 500
    user_rate_limit: int = 100
    rate_seconds: float = 300
    flood_limit: int = 30
    flood_seconds: float = 60
    # The largest answer that is read from an add-on, in bytes.
    answer_limit: int = 1_048_576
    descriptor_limit: int = 262_144
    # Whether pages lead to all that the devhost plays before an add-on is installed there.
    show_sites: bool = False
    # A webhook that is not taken is sent again so often; the cloud waits 5 to 15 minutes in between.
    webhook_retries: int = 5
    webhook_retry_seconds: float = 5
    lifecycle_timeout: float = 10
