"""What is said of a field that does not pass: one sentence, no jargon, and never the value."""

from datetime import date
from typing import Literal

import pytest
from pydantic import Field, SecretStr

from app.connect.declare.forms import Form
from app.connect.declare.parsing import parse
from tests.connect.declare.examples import Everything, Hours, Vote, refusals


class Asked(Form):
    who: str = Field(title="Who is it for?")
    how: int = Field(title="Points (1 to 5)")


class Choosy(Form):
    one: Literal["a", "b", "c", "d", "e", "f", "g", "h", "i"]


class Limited(Form):
    day: date = Field(ge=date(2026, 1, 1))
    tags: list[str] = Field(max_length=2)
    names: list[str] = Field(min_length=1)
    few: list[Literal["x", "y"]] = Field(min_length=2)


SAID = [
    ("text", "", "Text is required."),
    ("text", "  ", "Text is required."),
    ("pattern", "", "Pattern is required."),
    ("pattern", "a-1", "Pattern is too short: at least 4 characters."),
    ("pattern", "abcdefghijk-1", "Pattern is too long: at most 10 characters."),
    ("pattern", "s3cret", "Pattern is not written in the form that is asked for."),
    ("quiet", "S3CRET", "Write it in small letters."),
    ("row", "s3cret", "Row must be a whole number."),
    ("whole", "s3cret", "Whole must be a whole number."),
    ("whole", "1.5", "Whole must be a whole number."),
    ("whole", "", "Whole is required."),
    ("whole", "9" * 5000, "Whole has too many digits."),
    ("odd", "0", "Odd must be more than 0."),
    ("odd", "100", "Odd must be less than 100."),
    ("share", "s3cret", "Share must be a number."),
    ("share", "inf", "Share must be a number that is not infinite."),
    ("loud", "s3cret", "Loud must be yes or no."),
    ("asked", "s3cret", "Asked must be Yes or No."),
    ("mode", "s3cret", "Mode must be all or some."),
    ("mode", "", "Mode is required."),
    ("size", "4", "Size must be 1, 2 or 3."),
    ("colour", "s3cret", "Colour must be red or green."),
    ("wide", "3", "Wide must be 1 or 2."),
    ("day", "s3cret", "Day must be a date such as 2026-01-31."),
    ("day", "2026-02-30", "Day must be a date such as 2026-01-31."),
    ("day", "86400", "Day must be a date such as 2026-01-31."),
    ("day", "", "Day is required."),
    ("at", "25:00", "At must be a time of day such as 09:30."),
    ("at", "09:30Z", "At must be a time of day such as 09:30."),
    ("at", "3600", "At must be a time of day such as 09:30."),
    ("numbers", "1\n\ns3cret", "Entry 2 must be a whole number."),
    ("few", "s3cret", "This must be x, y or z."),
    ("colours", "s3cret", "This must be red or green."),
    ("link", "s3cret", "Link must be a web address such as https://example.com."),
    ("link", "ftp://example.com", "Link must begin with http or https."),
    ("zone", "S3cret/Town", "Zone must be a timezone such as Europe/Berlin."),
    ("zone", "", "Zone is required."),
    ("mail", "s3cret", "Mail must be an e-mail address such as name@example.com."),
]


class TestSentence:
    @pytest.mark.parametrize(("name", "text", "said"), SAID)
    def test_says_what_to_write_instead(self, name: str, text: str, said: str) -> None:
        pairs = [("text", "there"), (name, text)] if name != "text" else [(name, text)]
        assert refusals(Everything, pairs) == {name: said}

    def test_is_there_for_every_field_at_once(self) -> None:
        assert refusals(Vote, [("who", "x" * 51), ("points", "9")]) == {
            "who": "Who is too long: at most 50 characters.",
            "points": "Points must be at most 5.",
        }

    def test_of_a_title_that_is_a_sentence_does_not_continue_it(self) -> None:
        assert refusals(Asked, [("who", "")]) == {
            "who": "This is required.",
            "how": "Points (1 to 5) is required.",
        }

    def test_names_no_more_choices_than_a_sentence_holds(self) -> None:
        assert refusals(Choosy, [("one", "x")]) == {"one": "One must be one of the offered choices."}

    def test_of_dates_and_lists_reads_as_such(self) -> None:
        sent = [("day", "2025-12-31"), ("few", "x"), ("tags", "a\nb\nc"), ("names", "")]
        assert refusals(Limited, sent) == {
            "day": "Day must not be before 2026-01-01.",
            "tags": "This takes at most 2 entries.",
            "names": "This is required.",
            "few": "This needs at least 2 entries.",
        }


class TestWholeForm:
    def test_is_told_what_does_not_go_together(self) -> None:
        assert refusals(Hours, [("begin", "09:00"), ("end", "08:00")]) == {
            "form": "The end must be after the beginning."
        }

    def test_is_not_judged_by_defaults_of_fields_that_could_not_be_read(self) -> None:
        assert list(refusals(Hours, [("begin", "20:00"), ("end", "later")])) == ["end"]


class TestField:
    def test_that_is_no_list_is_taken_once(self) -> None:
        assert refusals(Vote, [("who", "a"), ("who", "b")]) == {"who": "Who was sent more than once. Send it once."}

    def test_that_was_not_sent_keeps_its_value(self) -> None:
        assert parse(Vote, [("points", "2")], {"who": "Ann"}) == Vote(who="Ann", points=2)
        assert parse(Vote, [("who", "Ann")]) == Vote(who="Ann", points=1)
        assert refusals(Vote, []) == {"who": "Who is required."}

    def test_that_nobody_asked_for_is_ignored(self) -> None:
        assert parse(Vote, [("who", "Ann"), ("extra", "1")]) == Vote(who="Ann")

    def test_of_yes_or_no_that_was_not_sent_is_no(self) -> None:
        assert parse(Everything, [("text", "x")], {"loud": True}).loud is False

    def test_of_text_has_one_kind_of_line_end(self) -> None:
        read = parse(Everything, [("text", "x"), ("long", "a\r\nb\rc"), ("names", " a \r\n\r\nb")])
        assert (read.long, read.names) == ("a\nb\nc", ["a", "b"])


class TestSecret:
    def test_that_is_left_empty_stays(self) -> None:
        kept = {"secret": SecretStr("old"), "key": SecretStr("older")}
        read = parse(Everything, [("text", "x"), ("secret", ""), ("key", "")], kept)
        assert (read.secret.get_secret_value(), read.key) == ("old", SecretStr("older"))

    def test_that_is_typed_replaces_it(self) -> None:
        read = parse(Everything, [("text", "x"), ("key", " new ")], {"key": SecretStr("old")})
        assert read.key == SecretStr(" new ")

    def test_is_cleared_where_none_is_allowed(self) -> None:
        kept = {"secret": SecretStr("old"), "key": SecretStr("old")}
        read = parse(Everything, [("text", "x"), ("key-clear", "true"), ("secret-clear", "true")], kept)
        assert (read.key, read.secret) == (None, SecretStr("old"))

    def test_is_not_typed_and_cleared_at_once(self) -> None:
        said = refusals(Everything, [("text", "x"), ("key", "hunter2"), ("key-clear", "true")])
        assert said == {"key": "Key can be replaced or cleared, not both. Empty the input or untick the box."}
