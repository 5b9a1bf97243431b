"""Which host names mean this machine, and which ones anybody could reach."""

from ipaddress import ip_address

NEVER_PUBLIC = (".localhost", ".local", ".internal", ".test", ".lan", ".home.arpa")
"""Endings that no public name has: RFC 6761, 6762, 8375, and what home and office networks call their own."""


def is_this_machine(host: str) -> bool:
    """Tell whether a host name or address is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_public(host: str) -> bool:
    """Tell whether a host name or address may be reached by anybody: a global address, or a name with a dot."""
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(NEVER_PUBLIC)
