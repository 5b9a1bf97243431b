"""The core names no host, nor what only one host has: not in code, comments, templates or scripts."""

import re

import pytest

from app.connect.application import ROOT
from tests.connect.rules.sources import CORE, HOSTS

WORDS = ("hipchat", "jira", "confluence", "forge", "room", "glance", "capabilities")
FORBIDDEN = re.compile("(?<![a-z])(?:" + "|".join(WORDS) + ")(?![a-z])", re.IGNORECASE)
LOADER = HOSTS / "loading.py"
"""It lists the hosts that ship (decision 9): the one place where their names are written down."""


class TestCore:
    def test_names_no_host(self) -> None:
        found = []
        for path in sorted(CORE.rglob("*")):
            is_host = HOSTS in path.parents and path.parent != HOSTS
            if path.is_dir() or is_host or path == LOADER or path.suffix == ".pyc":
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if FORBIDDEN.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
        assert found == []

    def test_lists_in_its_loader_nothing_but_the_hosts_that_ship(self) -> None:
        lines = LOADER.read_text(encoding="utf-8").splitlines()
        naming = [line.strip() for line in lines if FORBIDDEN.search(line)]
        assert naming
        assert all(re.match(r'(SHIPPED = \{)?"\w+": "app\.connect\.hosts\.', line) for line in naming), naming

    @pytest.mark.parametrize("text", ["HipChat", "hipchat_token", "the room.", "Glance", "x.capabilities()", "FORGE-1"])
    def test_is_searched_for_whole_words_in_any_case(self, text: str) -> None:
        assert FORBIDDEN.search(text)

    @pytest.mark.parametrize("text", ["mushroom", "forget", "forgery", "at a glanced"])
    def test_is_not_searched_for_parts_of_words(self, text: str) -> None:
        assert not FORBIDDEN.search(text)
