"""The walk of `make demo` in chat: what Admin, Developer and a CI server do with an add-on in its first minute."""

from dataclasses import dataclass, field

from tools.console import Console
from tools.walk import Found, as_text, create_api_token, report_build, wait_for
from tools.web import expect

ROOM = 1
DESCRIPTOR = "/hipchat/capabilities.json"
BUILD = {"name": "web", "number": 1, "status": "failed", "url": "https://ci.example.com/web/1"}
STEPS = 4


@dataclass
class Chat:
    """One host with a room and one add-on, by their addresses."""

    host: str
    addon: str
    client_id: str = field(default="", init=False)

    def install(self) -> None:
        """Install the add-on in the room, as Admin does."""
        body = {"url": f"{self.addon}{DESCRIPTOR}", "room_id": ROOM}
        answer = expect(201, "POST", f"{self.host}/_devhost/install", body=body).json()
        self.client_id = str(answer["client_id"])

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

    def settings_page(self) -> str:
        """Open the add-on's settings page, as the host would."""
        path = f"/_devhost/installations/{self.client_id}/signed-url?kind=configurable&room_id={ROOM}"
        return expect(200, "GET", str(expect(200, "GET", f"{self.host}{path}").json()["url"])).text


def walk(console: Console, chat: Chat) -> None:
    """Install the add-on, talk to it, report a build, look at what came of it."""
    with console.step("Admin installs the add-on in the room") as results:
        chat.install()
        welcome = wait_for(chat.notifications, what="greeting in the room")
        results.append(f"the add-on greets the room: {as_text(welcome[0]['message'])}")
    with console.step("Developer says /builds in the room") as results:
        before = len(chat.notifications())
        chat.say("/builds", user="developer")
        answers = wait_for(lambda: chat.notifications()[before:], what="answer in the room")
        results.append(f"the add-on answers: {as_text(answers[0]['message'])}")
    with console.step("Admin opens the settings page and creates an API token") as results:
        token = create_api_token(f"{chat.addon}/hipchat/api-token", chat.settings_page())
        results.append(f"{token[:6]}... (shown once)")
    with console.step("a CI server reports a build: POST /api/builds") as results:
        told, shown = len(chat.notifications()), chat.glances()
        report_build(chat.addon, token, BUILD)
        results.append(f"sent: {BUILD['name']} #{BUILD['number']} {BUILD['status']}")
        cards = wait_for(lambda: [one for one in chat.notifications()[told:] if "card" in one], what="card")
        results.append(f"the room gets a card: {cards[0]['card']['title']}, {cards[0]['card']['description']}")
        changed = wait_for(lambda: [one for one in chat.glances() if one not in shown], what="change of the glance")
        results.append(f"the glance says: {as_text(changed[0]['data']['label']['value'])}")
