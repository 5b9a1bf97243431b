"""hypchat, the Python client, against the REST API over TLS: its classes know nothing but https links."""

from typing import Any

import pytest

from strangers.environments import STRANGERS, python_with
from strangers.host import LOBBY, Host
from strangers.processes import Client


def hypchat_with(host: Host, token: str) -> Client:
    settings = {"DEVHOST_URL": host.base_url, "TOKEN": token, "REQUESTS_CA_BUNDLE": str(host.certificate)}
    return Client([python_with("hypchat"), str(STRANGERS / "hypchat" / "drive.py")], settings)


@pytest.fixture
def hypchat(tls_host: Host) -> Client:
    return hypchat_with(tls_host, tls_host.user_token())


def calls(host: Host, *, after: int, path: str) -> list[tuple[str, int]]:
    """List method and status of the requests whose path contains `path`."""
    return [(one["method"], one["status"]) for one in host.requests(after=after) if path in one["path"]]


class TestReading:
    def test_lists_rooms_page_by_page(self, tls_host: Host, hypchat: Client) -> None:
        start = tls_host.mark()
        assert hypchat.do("list_rooms") == {
            "class": "RoomCollection",
            "names": [["Room", "Lobby"], ["Room", "Releases"]],
        }
        assert calls(tls_host, after=start, path="/v2/room") == [("GET", 200), ("GET", 200)]

    def test_expands_the_rooms_of_every_page(self, tls_host: Host, hypchat: Client) -> None:
        start = tls_host.mark()
        assert len(hypchat.do("list_rooms_in_full")) == 2
        assert calls(tls_host, after=start, path="expand=items") == [("GET", 200), ("GET", 200)]

    def test_follows_the_links_of_a_room(self, hypchat: Client) -> None:
        assert hypchat.do("follow_links") == {
            "room": "Room",
            "created": "0:00:00",
            "owner": "User",
            "members": ["MemberCollection", ["Admin", "Developer"]],
            "participants": ["Admin", "Developer"],
            "webhooks": "WebhookCollection",
            "emoticons": "EmoticonCollection",
            "capabilities": "hipchat",
        }


class TestChanging:
    def test_makes_saves_and_deletes_a_room(self, hypchat: Client) -> None:
        assert hypchat.do("live_of_a_room") == {
            "privacy": "private",
            "members": [1, 2],
            "left": [1],
            "topic": "Saved by hypchat",
            "rooms": ["Lobby", "Releases"],
        }

    def test_makes_reads_and_deletes_webhooks(self, hypchat: Client) -> None:
        assert hypchat.do("webhooks") == {
            "made": "Webhook",
            "rows": [
                ["Webhook", "room_message", "^/hook", "by hypchat"],
                ["Webhook", "room_enter", None, None],
            ],
            "created": "0:00:00",
            "left": 0,
        }

    def test_makes_saves_and_deletes_a_user(self, hypchat: Client) -> None:
        assert hypchat.do("manage_users") == {
            "class": "UserCollection",
            "title": "Saved",
            "status": "away for tea",
            "emails": [
                "admin@devhost.example",
                "developer@devhost.example",
                "guest@devhost.example",
                "made@example.com",
            ],
            "left": 2,
        }

    def test_makes_a_user_with_nothing_but_name_and_email(self, hypchat: Client) -> None:
        assert hypchat.do("create_user_by_default") == "PlainPerson"

    def test_sets_a_topic(self, tls_host: Host, hypchat: Client) -> None:
        hypchat.do("set_topic", text="Set by hypchat")
        assert tls_host.last()["message"].endswith("Set by hypchat")

    def test_invites_to_a_room(self, tls_host: Host, hypchat: Client) -> None:
        start = tls_host.mark()
        hypchat.do("invite")
        assert calls(tls_host, after=start, path="/invite/") == [("POST", 204)]


class TestTalking:
    def test_sends_html_notifications(self, tls_host: Host, hypchat: Client) -> None:
        hypchat.do("notify", message="<b>Built</b>", color="green", notify=True)
        last = tls_host.last()
        assert (last["message"], last["message_format"], last["color"], last["notify"]) == (
            "<b>Built</b>",
            "html",
            "green",
            True,
        )

    def test_sends_mentions_as_text(self, tls_host: Host, hypchat: Client) -> None:
        hypchat.do("notify", message="@developer look")
        last = tls_host.last()
        assert last["message_format"] == "text"
        assert [person["mention_name"] for person in last["mentions"]] == ["Developer"]

    def test_reads_history_and_replies(self, tls_host: Host, hypchat: Client) -> None:
        assert hypchat.do("talk", message="A question", answer="An answer") == {
            "said": "A question",
            "date": "0:00:00",
            "latest": ["A question", "An answer"],
        }
        question, answer = tls_host.timeline()[-2:]
        assert answer["parent_message_id"] == question["id"]

    def test_writes_privately(self, hypchat: Client) -> None:
        assert hypchat.do("write_privately", message="Between us") == {"class": "User", "messages": ["Between us"]}


class TestLimits:
    def test_waits_for_the_reset_and_repeats(self, tls_host: Host, hypchat: Client) -> None:
        tls_host.break_it("rate", seconds=1, times=1, path=f"/v2/room/{LOBBY}/notification")
        start = tls_host.mark()
        hypchat.do("notify", message="Sent in the end")
        assert calls(tls_host, after=start, path="/notification") == [("POST", 429), ("POST", 204)]
        assert tls_host.last()["message"] == "Sent in the end"

    def test_tells_of_flooding(self, tls_host: Host, hypchat: Client) -> None:
        tls_host.break_it("flood", seconds=1, times=1, path=f"/v2/room/{LOBBY}/notification")
        assert hypchat.do("notify", message="Too much")["error"] == "HttpTooManyRequests"


class TestRefusals:
    @pytest.mark.parametrize(
        ("token", "error", "code"),
        [("nonsense", "HttpUnauthorized", 401), (None, "HttpForbidden", 403)],
        ids=["unknown token", "missing scope"],
    )
    def test_are_its_own_exceptions(self, tls_host: Host, token: str | None, error: str, code: int) -> None:
        used = token or tls_host.user_token(scopes=("view_group",))
        refused: dict[str, Any] = hypchat_with(tls_host, used).do("notify", message="Refused")
        assert refused["error"] == error
        assert refused["body"]["error"]["code"] == code
