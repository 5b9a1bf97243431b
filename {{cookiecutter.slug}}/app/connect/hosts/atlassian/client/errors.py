"""Every error a call to a Jira or Confluence site can raise.

HostError 502                 the root: catch it to catch all of these
├── HostUnavailable           not reached, no answer in time, or down (5xx): try later
├── AddressRefused            the address is not the tenant's site, or may not be called from here
├── ResponseInvalid           an answer that is not what the protocol says
├── UnknownClient             the site no longer knows the installation
├── TokenDenied               no access token for calls as this user
├── SignatureRefused          the site does not take the installation's signature: its secret was changed, or it is
│                             disabled; the next install mends it
├── LimitExceeded 422         a value outside what the site takes; nothing was sent
├── RateLimited 503           too many calls; `reset` says when there may be more
└── HostRejected              the site read the call and said no; `host_status` and `reason` say why
    └── HostNotFound          no such thing, or not for who asks
"""

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
    "SignatureRefused",
    "TokenDenied",
    "UnknownClient",
]


class SignatureRefused(HostError):
    """The site answers 401 to what the installation's secret signed."""

    code = "signature_refused"
    sentence = "The site does not take this add-on's signature. Enable it there, or install it again."
