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

    def test_reads_64_levels_and_refuses_more(self) -> None:
        assert read_json(b"[" * 64 + b"]" * 64)
        with pytest.raises(NotJson, match="64 levels"):
            read_json(b"[" * 66 + b"]" * 66)
