"""A small storm: what a project accepts while its processes are killed and its database is restarted is handled.

`make chaos` is the large one. How often something was answered twice is left to that: a machine that has too much to do
may take half a minute for what a worker must say every ten seconds.
"""

from pathlib import Path

import pytest

from tools.chaos.host import Host
from tools.chaos.place import DATABASES, storm
from tools.chaos.storm import RESTARTS, Outcome, Plan

EVENTS = 120


class TestStorm:
    @pytest.mark.parametrize("database", DATABASES)
    def test_loses_nothing(self, database: str, default_project: Path, project_python: str, tmp_path: Path) -> None:
        plan = Plan(EVENTS, rate=15.0, kill_every=3.0)
        outcome = storm(
            database, plan, project=default_project, python=project_python, folder=tmp_path, logs=tmp_path / "logs"
        )
        assert outcome.kills
        assert outcome.restarts == (0 if database == "sqlite" else len(RESTARTS))
        assert len(outcome.accepted) == EVENTS
        assert outcome.lost == []


class TestCount:
    """What a storm says of itself must be believed, so its arithmetic is tested, too."""

    @pytest.fixture
    def outcome(self) -> Outcome:
        return Outcome(
            sent=4,
            accepted={"one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0},
            handled={"one": [1.5], "two": [2.5, 9.0], "three": [13.0, 14.0]},
            blows=[8.0],
        )

    def test_names_what_was_lost_and_what_came_twice(self, outcome: Outcome) -> None:
        assert outcome.lost == ["four"]
        assert outcome.twice == ["two", "three"]
        assert outcome.twice_without_a_blow == ["three"]
        assert not outcome.is_well

    def test_says_how_long_they_waited(self, outcome: Outcome) -> None:
        assert outcome.longest_wait == 10.0
        assert outcome.median_wait == 0.5

    def test_is_well_when_all_came(self, outcome: Outcome) -> None:
        del outcome.accepted["four"]
        outcome.sent, outcome.blows = 3, [8.0, 13.5]
        assert outcome.is_well

    def test_host_takes_an_answer_for_the_message_it_is_attached_to(self) -> None:
        host = Host(port=1, rooms=2)
        body, token = host.message(7)
        assert body["item"]["message"]["id"] == "message-7"
        assert body["oauth_client_id"] == "chaos-2"
        assert len(token.split(".")) == 3
        host.answer("POST", "/v2/room/2/notification", b'{"message": "x", "attach_to": "message-7"}')
        host.answer("POST", "/v2/room/2/notification", b'{"message": "hello"}')
        assert list(host.handled) == ["message-7"]
