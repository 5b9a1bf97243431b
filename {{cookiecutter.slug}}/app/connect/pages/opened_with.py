"""With which parameters a page was opened, so that it asks for itself again with the same.

Where a host signs them, a handler reads from them what the host filled in, such as which issue is looked at. A page
token is bound to no address: without this, whoever has one could ask for the page of any other issue.
"""

from collections.abc import Collection
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

Pairs = list[tuple[str, str]]


class OpenedWith(NamedTuple):
    """The names of the parameters, and a digest of them with their values; further ones are the page's own."""

    names: tuple[str, ...]
    digest: str

    @classmethod
    def of(cls, query: bytes, *, token: str) -> "OpenedWith":
        """Take them from the raw query of the request that the host signed, less its token."""
        pairs = [pair for pair in _pairs(query) if pair[1] != token]
        names = tuple(sorted({name for name, _ in pairs}))
        return cls(names, _digest(pairs, names))

    def holds(self, query: bytes) -> bool:
        """Tell whether a query has the same parameters with the same values."""
        return _digest(_pairs(query), self.names) == self.digest


def _pairs(query: bytes) -> Pairs:
    # As Starlette reads it, so that what is compared is what a handler gets.
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True)


def _digest(pairs: Pairs, names: Collection[str]) -> str:
    # Which value of one name comes last decides what a handler gets, so their order stays.
    kept = sorted((pair for pair in pairs if pair[0] in names), key=lambda pair: pair[0])
    return blake2b(urlencode(kept, errors="surrogatepass").encode(), digest_size=16).hexdigest()
