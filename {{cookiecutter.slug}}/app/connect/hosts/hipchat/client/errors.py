"""Every error a call to a HipChat host can raise.

HostError 502                 the root: catch it to catch all of these
├── HostUnavailable           not reached, no answer in time, or down (5xx): try later
├── AddressRefused            the host's address may not be called from here
├── ResponseInvalid           an answer that is not what the protocol says
├── UnknownClient             the host no longer knows the installation: it was uninstalled
├── TokenDenied              no access token with these scopes, or the host refuses a new one
├── ScopeMissing 500          addon.toml does not ask for the scope; nothing was sent
├── LimitExceeded 422         a value the host would refuse; nothing was sent
├── RateLimited 503           too many calls; `reset` says when there may be more
└── HostRejected              the host read the call and said no; `status` and `reason` say why
    └── HostNotFound          no such room, user, message or webhook
"""

from collections.abc import Sequence

from app.connect.errors import HostError
from app.connect.network.addresses import AddressRefused
from app.connect.network.fetch import HostUnavailable, ResponseInvalid
from app.connect.network.refusals import HostNotFound, HostRejected, LimitExceeded, RateLimited
from app.connect.network.tokens import TokenDenied, UnknownClient

__all__ = [
    "AddressRefused",
    "HostError",
    "HostNotFound",
    "HostRejected",
    "HostUnavailable",
    "LimitExceeded",
    "RateLimited",
    "ResponseInvalid",
    "ScopeMissing",
    "TokenDenied",
    "UnknownClient",
]


class ScopeMissing(HostError):
    """The add-on did not ask for a scope that the call needs; any one of `scopes` is enough."""

    status = 500
    code = "scope_missing"
    is_permanent = True

    def __init__(self, scopes: Sequence[str]) -> None:
        super().__init__(
            f"This call needs the scope {' or '.join(scopes)}. "
            f'Add "{scopes[0]}" to scopes under [hipchat] in addon.toml and install the add-on again.'
        )
        self.scopes = tuple(scopes)
