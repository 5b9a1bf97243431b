"""A form that is shown and sent back unchanged means what it meant before."""

import json
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from pydantic import HttpUrl, SecretStr

from app.connect.declare.forms import inputs
from app.connect.declare.parsing import parse
from app.connect.declare.stored import dump, load
from tests.connect.declare.examples import Colour, Everything, Size, submitted

# Browsers send one kind of line end, and a database holds no NUL and no half of a character.
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")
TEXT = st.text(CHARACTERS)
NOT_BLANK = TEXT.filter(lambda text: text.strip() != "")
LINE = NOT_BLANK.filter(lambda text: "\n" not in text and text == text.strip())
MILLISECONDS = st.times().map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))


def or_none(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


INSTANCES = st.builds(
    Everything,
    text=NOT_BLANK,
    blank=TEXT,
    pattern=st.from_regex(r"[a-z]{2,8}-[0-9]", fullmatch=True),
    quiet=TEXT.filter(lambda text: not text.isupper()),
    maybe=or_none(NOT_BLANK),
    long=TEXT,
    row=st.integers(),
    whole=st.integers(),
    odd=or_none(st.integers(1, 99)),
    share=st.floats(allow_nan=False, allow_infinity=False),
    loud=st.booleans(),
    asked=or_none(st.booleans()),
    mode=st.sampled_from(["all", "some"]),
    size=st.sampled_from([1, 2, 3]),
    other=or_none(st.sampled_from(["a", "b"])),
    colour=st.sampled_from(Colour),
    wide=or_none(st.sampled_from(Size)),
    day=st.dates(),
    until=or_none(st.dates()),
    at=MILLISECONDS,
    names=st.lists(LINE),
    numbers=st.lists(st.integers()),
    few=st.lists(st.sampled_from("xyz"), unique=True).map(sorted),
    colours=st.frozensets(st.sampled_from(Colour)),
    secret=TEXT.map(SecretStr),
    key=or_none(NOT_BLANK.map(SecretStr)),
    link=or_none(st.sampled_from(["https://example.com/a?b=c#d", "http://127.0.0.1:8000/"]).map(HttpUrl)),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"]).map(ZoneInfo),
    mail=or_none(st.just("a@example.com")),
)


class TestForm:
    @given(INSTANCES)
    def test_means_what_it_meant_when_it_comes_back_unchanged(self, form: Everything) -> None:
        assert parse(Everything, submitted(inputs(Everything, form)), dict(form)) == form

    def test_shows_and_reads_every_type(self) -> None:
        form = Everything(text="x", wide=Size.LARGE, until=date(2026, 2, 1), at=time(7, 5, 9), names=["a", "b"])
        assert {one.name for one in inputs(Everything, form)} == set(Everything.model_fields)
        assert parse(Everything, submitted(inputs(Everything, form))) == form


class TestStorage:
    @given(INSTANCES)
    def test_returns_what_was_stored(self, form: Everything) -> None:
        stored = json.loads(json.dumps(dump(form, lambda text: text[::-1].encode())))
        assert load(Everything, stored, lambda sealed: sealed.decode()[::-1]) == form
