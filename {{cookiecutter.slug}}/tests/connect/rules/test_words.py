"""The core names no host, nor what only one host has: not in code, comments, templates or scripts."""

import re

import pytest

from app.connect.application import ROOT
from app.connect.hosts.loading import SHIPPED
from tests.connect.rules.sources import CORE, HOSTS, hosts

WORDS = (*SHIPPED, *hosts(), "room", "glance", "capabilities")
FORBIDDEN = re.compile("(?<![a-z])(?:" + "|".join(WORDS) + ")(?![a-z])", re.IGNORECASE)


class TestCore:
    def test_names_no_host(self) -> None:
        found = []
        for path in sorted(CORE.rglob("*")):
            is_host = HOSTS in path.parents and path.parent != HOSTS
            if path.is_dir() or is_host or path.suffix == ".pyc":
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if FORBIDDEN.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
        assert found == []

    @pytest.mark.parametrize("text", ["the room.", "Glance", "x.capabilities()", "ROOM-1", "room_token"])
    def test_is_searched_for_whole_words_in_any_case(self, text: str) -> None:
        assert FORBIDDEN.search(text)

    @pytest.mark.parametrize("host", SHIPPED)
    def test_is_searched_for_every_host_that_ships(self, host: str) -> None:
        assert all(FORBIDDEN.search(text) for text in (host, f"{host.title()}'s", f"{host}_token", f"{host.upper()}-1"))

    @pytest.mark.parametrize("text", ["mushroom", "forget", "forgery", "at a glanced"])
    def test_is_not_searched_for_parts_of_words(self, text: str) -> None:
        assert not FORBIDDEN.search(text)
