"""Rules held against rules: what is asked about one thing, and that nobody can give more than they hold."""

import time
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connect.access.comparing import covers, overlap, read_access, require_giving
from app.connect.api_tokens.rules import AccessRefused, Rule, spell
from tests.connect.api_tokens.test_rules import RULES, WORDS, held, matches

ALPHABET = ("a", "b", "*", "#")
PATTERNS = [".".join(words) for length in (1, 2, 3) for words in product(ALPHABET, repeat=length)]
DENIALS = ["", *(".".join(words) for length in (1, 2) for words in product(ALPHABET, repeat=length))]
GRANTS = DENIALS[1:]
THINGS = [words for length in (1, 2, 3, 4) for words in product(("a", "b", "c"), repeat=length)]


class TestAsking:
    @given(st.lists(WORDS, min_size=1, max_size=4))
    def test_is_read_as_rules_are(self, words: list[str]) -> None:
        assert read_access(".".join(map(spell, words))) == tuple(words)

    @pytest.mark.parametrize(
        "text", ["", ".", "a.", "a..b", "*", "a.#", "!a", "me", "a.me", "a b", "a" * 401, "a" + ".a" * 16]
    )
    def test_is_about_one_thing(self, text: str) -> None:
        with pytest.raises(AccessRefused):
            read_access(text)

    def test_of_a_thousand_against_a_hundred_rules_is_quick(self) -> None:
        holds = held(*(f"builds.p{number}.report" for number in range(99)), "builds.*.read.#")
        texts = [f"builds.p{number}.report" for number in range(1000)]
        spent = []
        for _ in range(20):
            began = time.process_time()
            allowed = sum(holds.allow(read_access(text)) for text in texts)
            spent.append(time.process_time() - began)
        assert allowed == 99
        # 2 ms on a quiet machine; the least of several, because others may run here.
        assert min(spent) < 0.006


class TestCovering:
    @given(RULES, RULES)
    def test_and_overlapping_are_what_they_mean(self, wide: list[str], narrow: list[str]) -> None:
        """Over all things of up to seven words: rules of five cannot differ first beyond that."""
        things = [list(words) for length in range(1, 7) for words in product("abcd", repeat=length) if length < 6]
        fits_narrow = [thing for thing in things if matches(narrow, thing)]
        fit_both = [thing for thing in fits_narrow if matches(wide, thing)]
        one, other = Rule.read(".".join(wide)), Rule.read(".".join(narrow))
        if covers(one, other):
            assert fit_both == fits_narrow
        if fit_both:
            assert overlap(one, other)


class TestDelegation:
    def test_is_sound_and_gives_what_can_be_given(self) -> None:
        """Over a small universe, whole: whoever holds one of 20 rules less one of 21 asks for each of 84."""
        fitting = {text: {thing for thing in THINGS if matches(text.split("."), list(thing))} for text in PATTERNS}
        given = 0
        for grant, denial, asked in product(GRANTS, DENIALS, PATTERNS):
            giver = held(grant, *([f"!{denial}"] if denial else []))
            denied = fitting[denial] if denial else set()
            may = fitting[asked] <= fitting[grant] and not fitting[asked] & denied
            try:
                require_giving(giver, held(asked))
            except AccessRefused:
                assert not may, (grant, denial, asked)
            else:
                given += 1
                assert may, (grant, denial, asked)
        assert 0 < given < len(GRANTS) * len(DENIALS) * len(PATTERNS)

    def test_may_deny_more(self) -> None:
        require_giving(held("builds.#"), held("builds.web.#", "!builds.web.secret", "!elsewhere"))

    def test_gives_no_denial_away(self) -> None:
        with pytest.raises(AccessRefused, match=r"denied 'builds\.web\.report'"):
            require_giving(held("builds.#", "!builds.web.report"), held("builds.*.report"))

    @given(
        st.lists(RULES, min_size=1, max_size=3), st.lists(RULES, max_size=2), st.lists(RULES, min_size=1, max_size=2)
    )
    def test_is_sound_whatever_is_held(
        self, grants: list[list[str]], denials: list[list[str]], wanted: list[list[str]]
    ) -> None:
        giver = held(*(".".join(one) for one in grants), *("!" + ".".join(one) for one in denials))
        asked = held(*(".".join(one) for one in wanted))
        try:
            require_giving(giver, asked)
        except AccessRefused:
            return
        things = [words for length in (1, 2, 3, 4, 5) for words in product("abcd", repeat=length)]
        assert all(giver.allow(thing) for thing in things if asked.allow(thing))
