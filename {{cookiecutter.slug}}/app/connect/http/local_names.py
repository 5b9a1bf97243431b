"""Keeps other web sites out of an add-on in development, which serves the machine of its developer.

A page of another site can give its own host name the address 127.0.0.1. It would then read what is answered here, and
make the add-on open connections to other ports of this machine, by asking it to install.
"""

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from app.connect.errors import ConnectError
from app.connect.machine import is_this_machine

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class WrongHost(ConnectError):
    """A request under a name that is not this machine's."""

    status = 421
    code = "wrong_host"
    sentence = (
        "In development the add-on answers to 127.0.0.1, localhost and the host of BASE_URL. "
        "Use one of them, or set ENVIRONMENT=production."
    )


class CrossSite(ConnectError):
    """A page of another site wanted to change something."""

    status = 403
    code = "cross_site"
    sentence = "Requests of other web sites change nothing in development. Send this from the add-on's own page."


class LocalNames:
    """Wrap an application in development; in production it is not there."""

    def __init__(self, app: ASGIApp, base_url: str) -> None:
        self._app = app
        self._own = urlsplit(base_url).hostname
        self._known: bytes | None = None
        """The name that was found right last: most requests come under one."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or raise `WrongHost` or `CrossSite`."""
        if scope["type"] == "http":
            sent = b""
            for name, value in scope["headers"]:
                if name == b"host":
                    sent = value
            if sent != self._known:
                self._require_own(sent.decode("latin-1"))
                self._known = sent
            if scope["method"] not in SAFE:
                _require_own_site(scope, sent.decode("latin-1"))
        await self._app(scope, receive, send)

    def _require_own(self, host: str) -> None:
        name = _name_of(host)
        if not name or not (name == self._own or is_this_machine(name)):
            raise WrongHost


def _require_own_site(scope: Scope, host: str) -> None:
    """Raise `CrossSite` for what a page of another site sent."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    # No page can send this header to another site without asking first, and nothing here says yes.
    if b"authorization" not in headers and _is_foreign(headers, host):
        raise CrossSite


def _is_foreign(headers: dict[bytes, str], host: str) -> bool:
    if headers.get(b"sec-fetch-site", "none") not in {"none", "same-origin"}:
        return True
    origin = headers.get(b"origin")
    return origin is not None and origin.partition("://")[2] != host


def _name_of(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
