"""The walk of `make demo`: what Admin, Developer and a CI server do with an add-on in its first minute."""

import html
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tools.failure import StepError
from tools.web import expect

ROOM = 1
DESCRIPTOR = "/hipchat/capabilities.json"
BUILD = {"name": "web", "number": 1, "status": "failed", "url": "https://ci.example.com/web/1"}
PATIENCE_SECONDS = 20.0
PAGE_TOKEN = re.compile(r'<meta\s+name="page-token"\s+content="([^"]+)"')

TAG = re.compile(r"<[^>]*>")

Found = list[dict[str, Any]]


@dataclass(frozen=True)
class Walk:
    """One host and one add-on, by their addresses."""

    host: str
    addon: str

    def install(self) -> str:
        """Install the add-on in the room, as Admin does; return the installation's client id."""
        body = {"url": f"{self.addon}{DESCRIPTOR}", "room_id": ROOM}
        answer = expect(201, "POST", f"{self.host}/_devhost/install", body=body).json()
        return str(answer["client_id"])

    def say(self, text: str, *, user: str) -> None:
        """Let a person of the host say `text` in the room."""
        expect(200, "POST", f"{self.host}/_devhost/rooms/{ROOM}/say", body={"text": text, "user": user})

    def notifications(self) -> Found:
        """Return what the add-on told the room, oldest first."""
        told = expect(200, "GET", f"{self.host}/_devhost/rooms/{ROOM}/timeline").json()["items"]
        return [entry for entry in told if entry["type"] == "notification"]

    def glances(self) -> Found:
        """Return the glances that the room shows and that have something to say."""
        shown = expect(200, "GET", f"{self.host}/_devhost/rooms/{ROOM}/glances").json()["items"]
        return [glance for glance in shown if glance["data"]]

    def settings_page(self, client_id: str) -> str:
        """Return the signed address of the add-on's settings page, as the host would open it."""
        path = f"/_devhost/installations/{client_id}/signed-url?kind=configurable&room_id={ROOM}"
        return str(expect(200, "GET", f"{self.host}{path}").json()["url"])

    def create_api_token(self, client_id: str) -> str:
        """Open the settings page and ask for an API token, as its button does."""
        page = expect(200, "GET", self.settings_page(client_id)).text
        found = PAGE_TOKEN.search(page)
        if not found:
            raise StepError(
                "the settings page carries no page token",
                seen=page[:1000],
                hint="app/addon's settings template must extend the page which the plumbing ships",
            )
        headers = {"Authorization": f"JWT {html.unescape(found[1])}"}
        answer = expect(201, "POST", f"{self.addon}/hipchat/api-token", headers=headers)
        return str(answer.json()["token"])

    def report_build(self, token: str) -> None:
        """Report a build, as a CI server does."""
        headers = {"Authorization": f"Bearer {token}"}
        expect(201, "POST", f"{self.addon}/api/builds", body=BUILD, headers=headers)


def as_text(markup: str) -> str:
    """Drop the tags of a message or a label, for a terminal."""
    return " ".join(html.unescape(TAG.sub(" ", markup)).split())


def wait_for(look: Callable[[], Found], *, what: str) -> Found:
    """Call `look` until it finds something and return that; StepError after 20 seconds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise StepError(
        f"no {what} within {PATIENCE_SECONDS:.0f} s",
        hint="the host delivers, the add-on answers: compare the two logs",
    )
