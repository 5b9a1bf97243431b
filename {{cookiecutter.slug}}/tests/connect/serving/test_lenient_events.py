"""An event is never lost for a member that nobody needs: hosts differ in what they leave out, and send it once."""

from typing import Any

import pytest

from app.connect.hosts.hipchat import Notification
from app.connect.work.rows import Envelope
from tests.connect.asking import header, signed
from tests.connect.http.good import EVENT
from tests.connect.probe import ProbedAddon

MESSAGE = {**EVENT["item"]["message"], "message": "/probe one"}
ROOM = {"id": 1, "name": "Lobby", "is_archived": False}


def event(*, message: Any = (), room: Any = (), **given: Any) -> dict[str, Any]:
    """Write the event with members of its message, its room or itself as a host may send them."""
    item = {"message": MESSAGE | dict(message), "room": ROOM | dict(room)}
    return {**EVENT, "item": item, **given}


ODD = {
    "mentions is null": event(message={"mentions": None}),
    "mentions is an object": event(message={"mentions": {"id": 1}}),
    "a mention without an id": event(message={"mentions": [{"id": None, "name": None}]}),
    "the room has no name": event(room={"name": None}),
    "the room is archived or not": event(room={"is_archived": None}),
    "the sender has no name": event(message={"from": MESSAGE["from"] | {"name": None}}),
    "the file has no address": event(message={"file": {"name": "a.txt", "url": None}}),
    "the file is text": event(message={"file": "a.txt"}),
    "the size of a file is text": event(message={"file": {"name": "a.txt", "url": "x", "size": "large"}}),
    "the date is a number": event(message={"date": 1_764_000_000}),
    "the date is a fraction": event(message={"date": 1_764_000_000.25}),
    "the date is an object": event(message={"date": {"seconds": 1}}),
    "no installation is named": event(oauth_client_id=None),
}
NEEDED = {
    "no room": {**EVENT, "item": {"message": MESSAGE, "room": None}},
    "no id of the room": event(room={"id": None}),
    "another installation": event(oauth_client_id="another"),
    "another room": event(room={"id": 2}),
}


class TestEvent:
    @pytest.mark.parametrize("odd", ODD)
    async def test_runs_although(self, probed: ProbedAddon, odd: str) -> None:
        installation = await probed.install()
        answer = await probed.http.post(
            "/hipchat/webhook/probe", json=ODD[odd], headers=header(signed(installation, sub=MESSAGE["from"]["id"]))
        )
        assert answer.status_code == 204, answer.text
        await probed.settle()
        assert probed.probe.texts == ["/probe one"]

    @pytest.mark.parametrize("odd", NEEDED)
    async def test_is_refused_with(self, probed: ProbedAddon, odd: str) -> None:
        installation = await probed.install()
        token = signed(installation, sub=MESSAGE["from"]["id"])
        answer = await probed.http.post("/hipchat/webhook/probe", json=NEEDED[odd], headers=header(token))
        assert answer.status_code == 400
        await probed.settle()
        assert probed.probe.texts == []

    async def test_keeps_a_date_that_is_a_number(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        token = signed(installation, sub=MESSAGE["from"]["id"])
        odd = ODD["the date is a number"]
        assert (await probed.http.post("/hipchat/webhook/probe", json=odd, headers=header(token))).status_code == 204
        [entry] = await probed.entries("hipchat.probe")
        assert Envelope.load(entry.body).payload["date"] == "1764000000"


class TestClockOfTheHost:
    @pytest.mark.parametrize(("ahead", "status"), [(15, 204), (55, 204), (-55, 204), (120, 401)])
    async def test_may_differ_by_a_minute(self, probed: ProbedAddon, ahead: int, status: int) -> None:
        installation = await probed.install()
        now = probed.clock() + ahead
        token = signed(
            installation, sub=MESSAGE["from"]["id"], iat=int(now), exp=int(now + 1 if ahead < 0 else now + 60)
        )
        answer = await probed.http.post("/hipchat/webhook/probe", json=event(), headers=header(token))
        assert answer.status_code == status


class TestIdThatTheHostDoesNotTake:
    def test_is_left_out_with_a_line(self, caplog: pytest.LogCaptureFixture) -> None:
        said = Notification(message="An answer.", attach_to="x" * 37)
        assert "attach_to" not in said.wire()
        [line] = [record.getMessage() for record in caplog.records]
        assert line == "attach_to is left out: the host takes ids of up to 36 characters, not 37"
        assert Notification(message="An answer.", attach_to="x" * 36).wire()["attach_to"] == "x" * 36
