"""Access rules: what they match, and what they refuse to be."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.connect.api_tokens.rules import MOST_RULES, Accesses, AccessRefused, Rule, spell

WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(str.isprintable)
RULES = st.lists(st.sampled_from(["a", "b", "c", "*", "#"]), min_size=1, max_size=5).filter(
    lambda words: words.count("#") <= 3
)


def matches(pattern: list[str], words: list[str]) -> bool:
    """Say what a rule means, in the plainest way there is."""
    if not pattern or not words:
        return not pattern and not words
    head, *tail = pattern
    if head == "#":
        return any(matches(tail, words[taken:]) for taken in range(1, len(words) + 1))
    return (head in ("*", words[0])) and matches(tail, words[1:])


def held(*texts: str) -> Accesses:
    return Accesses.read(texts)


class TestRules:
    @pytest.mark.parametrize(
        ("rules", "thing", "answer"),
        [
            (["builds.web.report"], "builds.web.report", True),
            (["builds.web.report"], "builds.web", False),
            (["builds.*.report"], "builds.web.report", True),
            (["builds.*"], "builds.web.report", False),
            (["builds.#"], "builds.web.report", True),
            (["builds.#"], "builds", False),
            (["#", "!builds.web.#"], "builds.web.report", False),
            (["!builds.web.#", "#"], "builds.web.report", False),
            (["!builds.web.#", "#"], "builds.app.report", True),
            ([], "builds", False),
        ],
    )
    def test_mean_what_they_say(self, rules: list[str], thing: str, answer: bool) -> None:  # noqa: FBT001 - a column of the table
        assert held(*rules).allow(tuple(thing.split("."))) is answer

    def test_take_whole_words(self) -> None:
        assert not held("builds.web.*").allow(("builds", "web.app", "x", "report"))
        assert held("builds.*.report").allow(("builds", "web.app", "report"))
        assert held("builds.web%2Eapp.report").allow(("builds", "web.app", "report"))
        assert not held("builds.web.app.report").allow(("builds", "web.app", "report"))

    def test_put_in_who_me_is(self) -> None:
        accesses = Accesses.read(["people.me.read"], me="user.7")
        assert accesses.allow(("people", "user.7", "read"))
        assert not accesses.allow(("people", "me", "read"))
        assert [str(rule) for rule in accesses.rules] == ["people.user%2E7.read"]

    def test_say_nothing_of_stars_in_names(self) -> None:
        assert not held("builds.%2A.report").allow(("builds", "web", "report"))
        assert held("builds.%2A.report").allow(("builds", "*", "report"))

    @given(st.lists(RULES, max_size=4), st.lists(RULES, max_size=3), st.lists(st.sampled_from("abcd"), max_size=6))
    def test_compiled_are_what_they_are_one_by_one(
        self, grants: list[list[str]], denials: list[list[str]], thing: list[str]
    ) -> None:
        accesses = held(*(".".join(one) for one in grants), *("!" + ".".join(one) for one in denials))
        expected = any(matches(one, thing) for one in grants) and not any(matches(one, thing) for one in denials)
        assert accesses.allow(tuple(thing)) is expected

    @example(["builds", "me", "report"])
    @given(st.lists(WORDS, min_size=1, max_size=5))
    def test_can_name_any_printable_word(self, words: list[str]) -> None:
        text = ".".join(spell(word) for word in words)
        assert held(text).allow(tuple(words))
        assert str(Rule.read(text)) == text


class TestRefused:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "!",
            ".",
            "a.",
            ".a",
            "a..b",
            "a.b*",
            "#a",
            "!!a",
            "a b",
            "a.\u0430",
            "a\n",
            "a%2e",
            "a%41",
            "a%00",
            "a%FF",
            "a%",
            "me",
            "/".join("ab"),
            ".".join("a" * 17),
            "#.#.#.#",
            "a" * 401,
        ],
        ids=repr,
    )
    def test_is_what_is_no_rule(self, text: str) -> None:
        with pytest.raises(AccessRefused) as refused:
            Rule.read(text)
        assert refused.value.status == 422

    def test_are_too_many(self) -> None:
        with pytest.raises(AccessRefused, match="over 100"):
            Accesses.read(["a"] * (MOST_RULES + 1))
