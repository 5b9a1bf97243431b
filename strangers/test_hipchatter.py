"""hipchatter, the Node client, against the REST API; it sends its token as a query parameter."""

import pytest

from strangers.environments import STRANGERS, find_node, node_modules
from strangers.host import Host
from strangers.processes import Client


@pytest.fixture
def hipchatter(host: Host) -> Client:
    settings = {
        "DEVHOST_URL": host.base_url,
        "TOKEN": host.user_token(),
        "NODE_PATH": str(node_modules("hipchatter")),
    }
    return Client([find_node("node"), str(STRANGERS / "hipchatter" / "drive.js")], settings)


class TestReading:
    def test_reads_capabilities_with_an_empty_token(self, hipchatter: Client) -> None:
        assert hipchatter.do("capabilities") == "hipchat"

    def test_lists_rooms(self, hipchatter: Client) -> None:
        assert hipchatter.do("listRooms") == ["Lobby", "Releases"]

    def test_knows_from_the_error_that_a_room_is_missing(self, hipchatter: Client) -> None:
        assert hipchatter.do("roomsThatExist", names=["Lobby", "Nowhere"]) == [True, False]

    def test_lists_emoticons_and_reads_one(self, hipchatter: Client) -> None:
        assert hipchatter.do("emoticons") == {"types": ["global"], "same": True}


class TestChanging:
    def test_makes_changes_and_deletes_a_room(self, hipchatter: Client) -> None:
        assert hipchatter.do("lifeOfARoom") == {"topic": "Set by hipchatter", "privacy": "public", "left": 2}

    def test_makes_changes_and_deletes_a_user(self, hipchatter: Client) -> None:
        assert hipchatter.do("users") == {"same": True, "name": "Made Again", "left": ["Admin", "Developer", "Guest"]}

    def test_makes_and_deletes_webhooks(self, hipchatter: Client) -> None:
        assert hipchatter.do("webhooks") == {"pattern": "^/hook", "before": 2, "after": 0}


class TestTalking:
    def test_sends_a_coloured_notification(self, host: Host, hipchatter: Client) -> None:
        hipchatter.do("notify", message="<b>Built</b>", color="purple", notify=True)
        last = host.last()
        assert (last["type"], last["message"], last["color"], last["notify"]) == (
            "notification",
            "<b>Built</b>",
            "purple",
            True,
        )

    def test_sends_with_the_token_of_a_room(self, host: Host, hipchatter: Client) -> None:
        hipchatter.do("notify", message="From the room's token", token=host.room_token())
        assert host.last()["message"] == "From the room's token"

    def test_says_something_and_finds_it_in_the_history(self, hipchatter: Client) -> None:
        assert hipchatter.do("talk", message="Hello there") == {"isLast": True, "message": "Hello there"}

    def test_writes_privately(self, host: Host, hipchatter: Client) -> None:
        start = host.mark()
        hipchatter.do("writePrivately", message="Between us")
        assert [one["status"] for one in host.requests(after=start)] == [204]


class TestLimits:
    def test_are_waited_for_until_the_reset(self, host: Host, hipchatter: Client) -> None:
        # Never a reset that may have just passed: hipchatter takes a wait of 0 for none, and waits five minutes.
        host.break_it("rate", seconds=1, times=1, path="/v2/room/Lobby/notification")
        start = host.mark()
        hipchatter.do("notify", message="Sent in the end")
        assert [one["status"] for one in host.requests(after=start)] == [429, 204]
        assert host.last()["message"] == "Sent in the end"


class TestRefusals:
    def test_reach_it_as_the_message_of_the_body(self, host: Host, hipchatter: Client) -> None:
        refused = hipchatter.do("notify", message="A colour that is none", color="RED")
        assert "color" in refused["error"]
        assert host.requests()[-1]["status"] == 400
