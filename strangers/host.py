"""The running devhost as the tests see it: its control API on one side, what clients use on the other."""

import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request

from strangers.environments import ENVIRONMENTS, STRANGERS, clean_settings
from strangers.processes import serving, wait_until
from tools.paths import REPOSITORY, TEMPLATE
from tools.servers import free_port
from tools.web import OPENER, TIMEOUT, call

CAPABILITIES = "/v2/capabilities"
LOBBY, RELEASES = 1, 2
ADMIN, DEVELOPER, GUEST = 1, 2, 3
SCOPES = (
    "admin_group",
    "admin_room",
    "manage_rooms",
    "send_message",
    "send_notification",
    "view_group",
    "view_messages",
    "view_room",
)


@dataclass(frozen=True)
class Page:
    """A page of the devhost, after redirects."""

    url: str
    text: str


@dataclass(frozen=True)
class Host:
    """A devhost process: `base_url` is for clients, `control` the address of its control API."""

    base_url: str
    control: str
    certificate: Path | None = None

    def _ask(self, status: int, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        answer = call(method, f"{self.control}/_devhost{path}", body=body)
        assert answer.status == status, f"{method} {path} answered {answer.status}: {answer.text}"
        return answer.json()

    def user_token(self, user: str = "admin", scopes: tuple[str, ...] = SCOPES) -> str:
        """Make a personal token."""
        return str(self._ask(201, "POST", "/tokens", {"user": user, "scopes": list(scopes)})["access_token"])

    def room_token(self, room: int = LOBBY) -> str:
        """Make the notification token of a room."""
        return str(self._ask(201, "POST", "/tokens", {"room": room})["access_token"])

    def timeline(self, room: int = LOBBY) -> list[dict[str, Any]]:
        """List a room's messages, oldest first."""
        return list(self._ask(200, "GET", f"/rooms/{room}/timeline")["items"])

    def last(self, room: int = LOBBY) -> dict[str, Any]:
        """Return the newest message of a room."""
        return self.timeline(room)[-1]

    def requests(self, *, after: int = 0, direction: str = "in") -> list[dict[str, Any]]:
        """List the requests that clients sent (`in`) or add-ons got (`out`), oldest first."""
        query = urlencode({"direction": direction, "after": after})
        return list(self._ask(200, "GET", f"/wire?{query}")["items"])

    def mark(self) -> int:
        """Return the number of the newest request, for `requests(after=...)`."""
        items = self._ask(200, "GET", "/wire")["items"]
        return int(items[-1]["id"]) if items else 0

    def break_it(self, kind: str, **details: object) -> None:
        """Add a fault."""
        self._ask(200, "POST", "/faults", {"kind": kind, **details})

    def mend(self) -> None:
        """Remove all faults."""
        self._ask(200, "DELETE", "/faults")

    def install(self, url: str, *, room: int | None = None) -> dict[str, Any]:
        """Install an add-on and return its installation."""
        return dict(self._ask(201, "POST", "/install", {"url": url, "room_id": room}))

    def install_on_page(self, url: str, *, room: int) -> str:
        """Install an add-on as a person does, by the forms of the page; return its client id."""
        consent = self.submit("/page/consent", {"url": url, "place": str(room), "user": str(ADMIN)})
        found = re.search(r'name="consent" value="([^"]+)"', consent.text)
        assert found, f"the page asks for no consent: {consent.text}"
        done = self.submit("/page/install", {"consent": found[1], "user": str(ADMIN)})
        shown = re.search(r"/addons/([0-9a-f-]{36})", done.url)
        assert shown, f"the page does not show the add-on that was installed: {done.text}"
        return shown[1]

    def submit(self, path: str, fields: Mapping[str, str]) -> Page:
        """Send a form of the page as a browser does, and return the page that follows."""
        request = Request(self.control + path, data=urlencode(fields).encode(), headers={"Origin": self.control})  # noqa: S310
        with OPENER.open(request, timeout=TIMEOUT) as response:
            return Page(response.url, response.read().decode())

    def read(self, path: str) -> str:
        """Return a page of the devhost."""
        with OPENER.open(self.control + path, timeout=TIMEOUT) as response:
            return str(response.read().decode())

    def uninstall(self, client_id: str) -> dict[str, Any]:
        """Uninstall an add-on and return what it answered."""
        return dict(self._ask(200, "DELETE", f"/installations/{client_id}"))

    def installed(self) -> list[str]:
        """List the client ids of what is installed."""
        return [one["client_id"] for one in self._ask(200, "GET", "/installations")["items"]]

    def revoke_tokens(self, client_id: str) -> None:
        """End an add-on's access tokens."""
        self._ask(200, "POST", f"/installations/{client_id}/revoke-tokens")

    def say(self, text: str, *, room: int = LOBBY, user: str = "admin") -> list[dict[str, Any]]:
        """Say something and return the deliveries."""
        return list(self._ask(200, "POST", f"/rooms/{room}/say", {"text": text, "user": user})["items"])

    def fire(self, event: str, *, room: int = LOBBY, user: str = "admin") -> list[dict[str, Any]]:
        """Let an event happen and return the deliveries."""
        return list(self._ask(200, "POST", f"/rooms/{room}/fire", {"event": event, "user": user})["items"])

    def glance(self, client_id: str, key: str, **view: object) -> dict[str, Any]:
        """Query a glance as a client does."""
        return dict(self._ask(200, "POST", f"/installations/{client_id}/glance/{key}", view))

    def refused_glance(self, client_id: str, key: str, **view: object) -> dict[str, Any]:
        """Query a glance which the add-on must refuse, and return the error with its status and body."""
        return dict(self._ask(422, "POST", f"/installations/{client_id}/glance/{key}", view)["error"])

    def glances(self, room: int = LOBBY) -> list[dict[str, Any]]:
        """List what a person sees in the side bar."""
        return list(self._ask(200, "GET", f"/rooms/{room}/glances")["items"])

    def signed_url(self, client_id: str, kind: str, key: str, **view: object) -> str:
        """Return the address that a client would open."""
        query = urlencode({"kind": kind, "key": key, **view})
        return str(self._ask(200, "GET", f"/installations/{client_id}/signed-url?{query}")["url"])


def _settings() -> Mapping[str, str]:
    return clean_settings(PYTHONDONTWRITEBYTECODE="1")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def devhost(python: str, name: str) -> Iterator[Host]:
    """Run `python -m devhost` as the project stands in this repository."""

    def command(port: int) -> list[str]:
        return [python, "-m", "devhost", "--port", str(port)]

    folder = REPOSITORY / TEMPLATE
    with serving(name, command, path=CAPABILITIES, folder=folder, settings=_settings()) as port:
        address = f"http://127.0.0.1:{port}"
        yield Host(address, address)


@contextmanager
def devhost_over_tls(python: str, name: str, folder: Path) -> Iterator[Host]:
    """Run the devhost behind TLS, with a new certificate in `folder`; control stays on plain HTTP."""
    ports: list[int] = []

    def command(port: int) -> list[str]:
        ports.append(free_port(0))
        return [python, str(STRANGERS / "over_tls.py"), str(port), str(ports[-1]), str(folder)]

    settings = {**_settings(), "PYTHONPATH": str(REPOSITORY / TEMPLATE)}
    with serving(name, command, path=CAPABILITIES, folder=ENVIRONMENTS, settings=settings) as port:
        wait_until(lambda: _listens(ports[-1]), "the devhost listens with TLS")
        yield Host(f"https://127.0.0.1:{ports[-1]}", f"http://127.0.0.1:{port}", folder / "certificate.pem")
