"""What a host's API says no with, whichever host it is.

HostError 502
├── LimitExceeded 422   a value outside what the host takes; nothing was sent
├── RateLimited 503     too many calls; `reset` says when there may be more
└── HostRejected        the host read the call and said no; `host_status` and `reason` say why
    └── HostNotFound    no such thing, or not for who asks
"""

from app.connect.errors import HostError


class LimitExceeded(HostError):
    """A value outside what the host takes; `field` names it and `limit` says what fits."""

    status = 422
    code = "limit_exceeded"
    is_permanent = True

    def __init__(self, field: str, limit: str) -> None:
        super().__init__(f"{field}: {limit}")
        self.field = field
        self.limit = limit


class RateLimited(HostError):
    """The host's limit on calls is used up and waiting longer than the budget; `reset` is in Unix seconds."""

    status = 503
    code = "rate_limited"
    reset: float

    def __init__(self, reset: float, reason: str = "") -> None:
        super().__init__("The host's limit on calls is used up. Try again in a few minutes.")
        self.reset = reset
        self.reason = reason
        """Which limit, in the host's own word where it says one."""


class HostRejected(HostError):
    """The host refused the call: `host_status` is its own, `reason` its words, for the log."""

    code = "host_rejected"

    def __init__(self, status: int, reason: str = "") -> None:
        super().__init__(f"The host refused the call with status {status}{f': {reason}' if reason else '.'}")
        self.host_status = status
        self.reason = reason


class HostNotFound(HostRejected):
    """The host has no such thing, or does not show it to who asks."""

    code = "host_not_found"
