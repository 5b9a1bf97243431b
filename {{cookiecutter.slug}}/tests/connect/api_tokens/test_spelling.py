"""How a token is spelled: what a scanner can tell without asking anybody."""

import re
import zlib

import pytest

from app.connect.api_tokens.spelling import ALPHABET, complete, is_token, make_token

SCANNER = re.compile(r"\baddon_([0-9A-Za-z]{43})([0-9A-Za-z]{6})\b")
"""What somebody writes who has read the description and none of the code."""


def read_checksum(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * 62 + ALPHABET.index(digit)
    return value


class TestSpelling:
    def test_is_found_and_checked_by_a_scanner(self) -> None:
        token = make_token()
        [found] = SCANNER.finditer(f"export TOKEN={token}\n")
        assert found[0] == token
        assert read_checksum(found[2]) == zlib.crc32(f"addon_{found[1]}".encode())

    def test_is_another_each_time(self) -> None:
        assert len({make_token() for _ in range(1000)}) == 1000

    def test_no_change_of_one_character_passes(self) -> None:
        token = complete("0" * 43)
        assert is_token(token)
        changed = {token[:place] + "x" + token[place + 1 :] for place in range(len(token))}
        assert [one for one in changed if is_token(one)] == []

    @pytest.mark.parametrize("random", ["", "0" * 42, "0" * 44, "\u0660" * 43], ids=ascii)
    def test_nothing_of_another_shape_passes(self, random: str) -> None:
        assert not is_token("addon_" + random + "0" * 6)
