"""Does one act with hypchat; runs in hypchat's own environment.

Reads {"act": ..., ...} from standard input and writes the act's answer, or {"error": ...}, to standard output.
The devhost's address and the token are in DEVHOST_URL and TOKEN.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import hypchat
from hypchat.requests import HttpClientError

ACTS: dict[str, Callable[..., Any]] = {}


def act(function: Callable[..., Any]) -> Callable[..., Any]:
    """Offer a function under its name."""
    ACTS[function.__name__] = function
    return function


def kind(thing: object) -> str:
    """Return the name of the class which hypchat chose for an answer."""
    return type(thing).__name__


@act
def list_rooms(client: Any) -> dict[str, Any]:
    """Read all rooms, one on a page."""
    first = client.rooms(max_results=1)
    return {"class": kind(first), "names": [(kind(room), room["name"]) for room in first.contents()]}


@act
def list_rooms_in_full(client: Any) -> list[str]:
    """Read all rooms with their topics, one on a page."""
    return [room["topic"] for room in client.rooms(max_results=1, expand="items").contents(expand=True)]


@act
def follow_links(client: Any) -> dict[str, Any]:
    """Go from a private room to everything it links to."""
    room = client.get_room("Releases")
    return {
        "room": kind(room),
        "created": str(room["created"].utcoffset()),
        "owner": kind(room["owner"]),
        "members": (kind(room.members()), [person["name"] for person in room.members().contents()]),
        "participants": [person["name"] for person in room.participants()["items"]],
        "webhooks": kind(room.webhooks()),
        "emoticons": kind(client.emoticons()),
        "capabilities": client.capabilities()["key"],
    }


@act
def live_of_a_room(client: Any) -> dict[str, Any]:
    """Create, change and delete a room."""
    owner = client.get_user("admin@devhost.example")
    made = client.create_room("Made by hypchat", owner=owner, privacy="private", guest_access=False)
    room = client.get_room(made["id"])
    seen = {"privacy": room["privacy"]}
    room["topic"] = "Saved by hypchat"
    room.save()
    developer = client.get_user("@developer")
    room.members().add(developer)
    seen["members"] = [person["id"] for person in room.members().contents()]
    room.members().remove(developer)
    seen["left"] = [person["id"] for person in room.members().contents()]
    seen["topic"] = client.get_room(made["id"])["topic"]
    room.delete()
    seen["rooms"] = [one["name"] for one in client.rooms().contents()]
    return seen


@act
def webhooks(client: Any) -> dict[str, Any]:
    """Create, read and delete a webhook."""
    room = client.get_room("Lobby")
    made = room.create_webhook("http://127.0.0.1:1/hook", "room_message", pattern="^/hook", name="by hypchat")
    room.create_webhook("http://127.0.0.1:1/enter", "room_enter")
    rows = list(room.webhooks().contents())
    one = client.fromurl(made["links"]["self"])
    for row in rows:
        row.delete()
    return {
        "made": kind(made),
        "rows": [(kind(row), row["event"], row["pattern"], row["name"]) for row in rows],
        "created": str(one["created"].utcoffset()),
        "left": len(room.webhooks()["items"]),
    }


@act
def notify(client: Any, message: str, **options: Any) -> None:
    """Send a notification."""
    client.get_room("Lobby").notification(message, **options)


@act
def talk(client: Any, message: str, answer: str) -> dict[str, Any]:
    """Say something, find it in the history and reply to it."""
    room = client.get_room("Lobby")
    room.message(message)
    said = list(room.history().contents())[-1]
    room.reply(answer, said["id"])
    latest = room.latest(not_before=said["id"])
    return {
        "said": said["message"],
        "date": str(said["date"].utcoffset()),
        "latest": [one["message"] for one in latest["items"]],
    }


@act
def set_topic(client: Any, text: str) -> None:
    """Set the topic of a room."""
    client.get_room("Lobby").topic(text)


@act
def invite(client: Any) -> None:
    """Invite a user to a room."""
    client.get_room("Lobby").invite(client.get_user("@guest"), "Have a look")


@act
def write_privately(client: Any, message: str) -> dict[str, Any]:
    """Write to another user and read the conversation."""
    user = client.get_user("@developer")
    user.message(message)
    return {"class": kind(user), "messages": [one["message"] for one in user.history()["items"]]}


@act
def manage_users(client: Any) -> dict[str, Any]:
    """Create, change and delete a user."""
    made = client.users().create("Made By Hypchat", "made@example.com", mention_name="made")
    user = client.get_user(made["id"])
    user["title"] = "Saved"
    user["presence"] = {"status": "away for tea", "show": "away"}
    user.save()
    changed = client.get_user("made@example.com")
    everyone = client.users(expand="items", guests=True)
    seen = {
        "class": kind(everyone),
        "title": changed["title"],
        "status": changed["presence"]["status"],
        "emails": [person["email"] for person in everyone.contents(expand=True)],
    }
    changed.delete()
    seen["left"] = len(client.users()["items"])
    return seen


@act
def create_user_by_default(client: Any) -> str:
    """Create a user with what hypchat sends when nothing more is given, and return the mention name."""
    made = client.create_user("Plain Person", "plain@example.com")
    return str(client.get_user(made["id"])["mention_name"])


def main() -> None:
    """Run the act that standard input names."""
    asked = json.load(sys.stdin)
    client = hypchat.HypChat(os.environ["TOKEN"], endpoint=os.environ["DEVHOST_URL"])
    try:
        answer = ACTS[asked.pop("act")](client, **asked)
    except HttpClientError as error:
        answer = {"error": kind(error), "body": json.loads(str(error))}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
