"""Reading JSON that strangers wrote."""

import pytest

from app.connect.http.strict_json import NotJson, read_json


class TestReadJson:
    def test_reads_what_json_can_say(self) -> None:
        assert read_json('{"a": [1, 2.5, null, true, "ä"]}'.encode()) == {"a": [1, 2.5, None, True, "ä"]}

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"<html>",
            b"{'a': 1}",
            b'{"a": NaN}',
            b"[Infinity]",
            b'"\xff"',
            b"[1]x",
            b"9" * 5000,
            b"[" * 100_000,
            b"[" * 200_000 + b"]" * 200_000,
        ],
        ids=range(11),
    )
    def test_refuses_what_is_not_json(self, body: bytes) -> None:
        with pytest.raises(NotJson):
            read_json(body)

    @pytest.mark.parametrize(
        ("said", "read"),
        [
            (b'"\\ud83d\\ude00"', "\U0001f600"),
            (b'"\\ud83d"', "\ufffd"),
            (b'"cut \\uD83D"', "cut \ufffd"),
            (b'"\\ude00\\ud83d"', "\ufffd\ufffd"),
            (b'{"a": ["\\udfff", 1, null]}', {"a": ["\ufffd", 1, None]}),
            (b'"\\\\ud83d"', "\\ud83d"),
        ],
        ids=range(6),
    )
    def test_reads_half_a_character_as_one_that_can_be_stored(self, said: bytes, read: object) -> None:
        assert read_json(said) == read

    def test_refuses_half_a_character_in_a_name(self) -> None:
        with pytest.raises(NotJson, match="half a character"):
            read_json(b'{"a": {"\\ud800": 1}}')

    def test_reads_64_levels_and_refuses_more(self) -> None:
        assert read_json(b"[" * 64 + b"]" * 64)
        with pytest.raises(NotJson, match="64 levels"):
            read_json(b"[" * 66 + b"]" * 66)
