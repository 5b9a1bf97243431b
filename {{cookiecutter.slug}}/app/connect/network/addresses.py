"""Which addresses outside the add-on may be called: pure rules on URLs, IP addresses and origins."""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode

from app.connect.errors import HostError
from app.connect.machine import is_this_machine
from app.connect.settings import split_words

IpAddress = IPv4Address | IPv6Address

# Origins are written into the headers of pages, where `;`, `,`, `*` and `'` have a meaning.
HOST_FORM = re.compile(r"[A-Za-z0-9._:-]+")
DEFAULT_PORTS = {"http": 80, "https": 443}

# They hand out credentials of the machine. All but the last sit in ranges that are refused anyway;
# the last is public by its number only.
METADATA = frozenset(
    ip_address(text) for text in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16")
)
REMEMBERED = 2_000
"""URLs of which it is known that they pass: each call out asks several times, and for the same ones."""
GLOBAL_UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")
# Not global by their registration, which some versions of Python know and others do not.
SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"), IPv6Network("3fff::/20"))


class AddressRefused(HostError):
    """An address that this add-on does not call; nothing was sent to it."""

    code = "address_refused"
    sentence = "The address is not one that this add-on calls. Use a public https address."


def embedded(address: IpAddress) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses inside an IPv6 one: IPv4-mapped, NAT64, 6to4, Teredo (server and client)."""
    if isinstance(address, IPv4Address):
        return ()
    if address in NAT64:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    if address.teredo:
        return address.teredo
    inner = address.ipv4_mapped or address.sixtofour
    return (inner,) if inner else ()


def is_allowed(address: IpAddress, *, production: bool) -> bool:
    """Tell whether a connection may go to `address`: public ones, in development loopback too."""
    if address in METADATA:
        return False
    inner = embedded(address)
    if inner:
        return all(is_allowed(one, production=production) for one in inner)
    if address.is_loopback:
        return not production
    return _is_public(address)


def check_addresses(texts: Iterable[str], *, production: bool) -> list[str]:
    """Return the addresses a name has when every one of them is allowed, else raise `AddressRefused`."""
    addresses = [ip_address(text) for text in texts]
    if not addresses or not all(is_allowed(one, production=production) for one in addresses):
        raise AddressRefused
    return [str(one) for one in addresses]


@lru_cache(maxsize=REMEMBERED)
def check_url(url: str, *, production: bool) -> None:
    """Raise `AddressRefused` unless the scheme, host and form of `url` are allowed.

    Names pass here: what they stand for is checked when the connection is made.
    """
    parts = _split(url)
    if parts.scheme != "https" and (production or parts.scheme != "http"):
        raise AddressRefused(f"The address starts with {parts.scheme!r}. Use https.")
    literal = _literal(parts.hostname or "")
    if literal and not is_allowed(literal, production=production):
        raise AddressRefused


@lru_cache(maxsize=REMEMBERED)
def origin_of(url: str) -> str:
    """Return scheme, host and port of `url` in one form: lower case, the scheme's own port left out."""
    parts = _split(url)
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in {None, DEFAULT_PORTS.get(parts.scheme)} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def read_origin(value: str) -> str:
    """Return an origin in its one form, or `*`; `ValueError` for anything that is more or less than an origin."""
    if value == "*":
        return value
    try:
        parts, origin = urlsplit(value), origin_of(value)
    except (ValueError, AddressRefused):
        parts, origin = urlsplit(""), ""
    if parts.scheme not in {"http", "https"} or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError(f"{value!r} is not an origin; write scheme and host, such as https://api.host.example")
    return origin


def read_url(value: str) -> str:
    """Return a URL as it is, or nothing; `ValueError` for what is no URL of http or https."""
    try:
        origin = origin_of(value)
    except AddressRefused:
        origin = ""
    if value and not origin.startswith(("http:", "https:")):
        raise ValueError(f"{value!r} is not a URL; write it whole, such as https://host.example/all.js")
    return value


OriginList = Annotated[tuple[Annotated[str, AfterValidator(read_origin)], ...], NoDecode, BeforeValidator(split_words)]
"""The type of a setting that lists origins, comma separated."""


class Origins:
    """The origins that may install: exact ones, or `*` for any public https host.

    An empty list means nobody in production and this machine in development.
    """

    def __init__(self, entries: Iterable[str], *, production: bool) -> None:
        listed = list(entries)
        self._any = "*" in listed
        self._exact = frozenset(origin_of(entry) for entry in listed if entry != "*")
        self._local = not listed and not production

    def allows(self, url: str) -> bool:
        """Tell whether the origin of `url` may install; anything that is no URL may not."""
        if self.lists(url):
            return True
        try:
            parts = urlsplit(origin_of(url))
        except AddressRefused:
            return False
        host = parts.hostname or ""
        literal = _literal(host)
        public = is_allowed(literal, production=True) if literal else not is_this_machine(host)
        return self._any and parts.scheme == "https" and public

    def lists(self, url: str) -> bool:
        """Tell whether the origin of `url` is one that was named, not merely let in by `*`."""
        try:
            origin = origin_of(url)
        except AddressRefused:
            return False
        return origin in self._exact or (self._local and is_this_machine(urlsplit(origin).hostname or ""))


def _is_public(address: IpAddress) -> bool:
    # is_global alone calls multicast, site-local and relay addresses global.
    if not address.is_global or address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    if any(address in network for network in SPECIAL):
        return False
    return isinstance(address, IPv4Address) or address in GLOBAL_UNICAST


def _literal(host: str) -> IpAddress | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("The address is not a URL. Write scheme, host and path.") from None
    if not parts.scheme or not parts.hostname or port == 0:
        raise AddressRefused("The address is not a URL. Write scheme, host and path.")
    if "@" in parts.netloc:
        raise AddressRefused("The address holds a user name. Remove everything before and with the @.")
    if not HOST_FORM.fullmatch(parts.hostname):
        raise AddressRefused("The address names a host in letters that hosts do not have. Write it in ASCII (xn--...).")
    # urlsplit drops control characters in silence; what was checked would not be what is called.
    if "\\" in url or any(character <= " " or character == "\x7f" for character in url):
        raise AddressRefused("The address holds spaces, control characters or backslashes. Encode them.")
    return parts
