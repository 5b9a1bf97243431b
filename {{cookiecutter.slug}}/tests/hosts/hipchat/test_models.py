"""Reading what hosts answer, in every form they are known to use."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.connect.hosts.hipchat.client.errors import ResponseInvalid
from app.connect.hosts.hipchat.client.models import Message, Room, RoomDetails, User, UserDetails, read_answer

MAY = datetime(2017, 5, 20, 13, 56, 46, tzinfo=UTC)


class TestMoments:
    @pytest.mark.parametrize(
        ("sent", "moment"),
        [
            ("2017-05-20T13:56:46.750428+00:00", MAY.replace(microsecond=750428)),
            ("2017-05-20T13:56:46+00:00", MAY),
            ("2017-05-20T13:56:46Z", MAY),
            ("2017-05-20T13:56:46", MAY),
            ("2017-05-20T15:56:46+0200", MAY.astimezone(timezone(timedelta(hours=2)))),
            (1495288606, MAY),
            (1495288606.0, MAY),
            ("1495288606", MAY),
            (1495288606000, MAY),
            (None, None),
            ("", None),
        ],
    )
    def test_every_form_is_read(self, sent: object, moment: datetime | None) -> None:
        assert read_answer(UserDetails, {"id": 1, "last_active": sent}).last_active == moment

    @pytest.mark.parametrize("sent", ["yesterday", [], {}, 1e300, "9" * 400])
    def test_what_is_no_moment_is_invalid(self, sent: object) -> None:
        with pytest.raises(ResponseInvalid, match="last_active"):
            read_answer(UserDetails, {"id": 1, "last_active": sent})


class TestIds:
    @pytest.mark.parametrize("sent", [7, "7"])
    def test_numbers_and_digits_are_the_same_id(self, sent: object) -> None:
        assert read_answer(Room, {"id": sent}).id == "7"

    @pytest.mark.parametrize("sent", [None, True, 1.5, [], {}])
    def test_nothing_else_is_an_id(self, sent: object) -> None:
        with pytest.raises(ResponseInvalid, match="Room: check id"):
            read_answer(Room, {"id": sent})


class TestLeniency:
    def test_unknown_members_are_ignored(self) -> None:
        assert read_answer(Room, {"id": 7, "name": "R", "colour": "blue", "links": {"self": "x"}}).name == "R"

    def test_a_room_with_everything(self) -> None:
        room = read_answer(
            RoomDetails,
            {
                "id": 7,
                "name": "Room",
                "privacy": "private",
                "is_archived": False,
                "is_guest_accessible": False,
                "guest_access_url": None,
                "topic": "T",
                "owner": {"id": 3, "name": "Admin", "mention_name": "Admin"},
                "participants": [{"id": 3, "name": "Admin"}],
                "created": "2017-05-20T13:56:46",
                "statistics": {"links": {"self": "x"}},
            },
        )
        assert room.owner == User(id="3", name="Admin", mention_name="Admin")
        assert room.participants == [User(id="3", name="Admin")]
        assert room.created == MAY

    def test_a_user_who_is_offline_has_no_presence(self) -> None:
        assert read_answer(UserDetails, {"id": 1, "presence": None, "email": None}).presence is None

    def test_what_is_no_object_is_invalid(self) -> None:
        with pytest.raises(ResponseInvalid, match="no Room"):
            read_answer(Room, [1])


class TestMessages:
    def test_a_sender_can_be_a_user(self) -> None:
        message = read_answer(Message, {"id": "m", "message": "hi", "from": {"id": 3, "name": "Developer"}})
        assert isinstance(message.sender, User)
        assert message.sender_name == "Developer"
        assert message.text == "hi"

    def test_a_sender_can_be_the_name_of_an_integration(self) -> None:
        message = read_answer(Message, {"id": "m", "from": "Builds", "color": "green", "type": "notification"})
        assert message.sender_name == message.sender == "Builds"

    def test_a_message_can_have_no_sender(self) -> None:
        assert read_answer(Message, {"id": "m", "from": None}).sender_name == ""

    def test_mentions_and_a_file_are_read(self) -> None:
        message = read_answer(
            Message,
            {
                "id": "m",
                "mentions": [{"id": 3, "mention_name": "Dev"}],
                "file": {"name": "a.png", "size": 12, "url": "https://x.example/a.png"},
            },
        )
        assert message.mentions
        assert message.mentions[0].mention_name == "Dev"
        assert message.file
        assert message.file.size == 12
