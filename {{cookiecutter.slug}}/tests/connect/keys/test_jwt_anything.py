"""Any text, bytes, headers and claims at all: whatever is believed keeps every rule of HS256 tokens."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.connect.keys.jwt import TokenRefused
from tests.connect.keys.making import (
    ALPHABET,
    EXAMPLES,
    GOOD,
    LEEWAY,
    LONGEST_LIFE,
    NOW,
    believe,
    claims,
    encode,
    token,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=5,
)


class TestAnythingAtAll:
    """Only `TokenRefused` comes out, and whatever is believed keeps every rule."""

    @given(text=st.text() | st.text(alphabet=ALPHABET + ".=", max_size=200))
    @EXAMPLES
    def test_no_text_is_believed(self, text: str) -> None:
        with pytest.raises(TokenRefused):
            believe(text)

    @given(
        parts=st.lists(st.binary(max_size=60), min_size=2, max_size=2), signature=st.binary(min_size=32, max_size=32)
    )
    @EXAMPLES
    def test_no_bytes_in_the_right_places_are_believed(self, parts: list[bytes], signature: bytes) -> None:
        with pytest.raises(TokenRefused):
            believe(".".join(encode(part) for part in [*parts, signature]))

    @given(header=st.dictionaries(st.sampled_from(["alg", "typ", "crit", "b64", "kid", "x"]), JSON))
    @EXAMPLES
    def test_signed_headers_hold_only_as_plain_hs256(self, header: dict[str, Any]) -> None:
        try:
            believe(token(claims(), header=header))
        except TokenRefused:
            return
        assert header["alg"] == "HS256"
        assert header.get("typ", "JWT") in ("JWT", "jwt")
        assert not header.keys() & {"crit", "b64"}

    @given(said=st.dictionaries(st.sampled_from(["iss", "exp", "iat", "nbf", "sub"]), JSON))
    @EXAMPLES
    def test_signed_claims_hold_only_within_their_times(self, said: dict[str, Any]) -> None:
        try:
            believed = believe(token({"iss": "tenant", "iat": NOW, "exp": NOW + 60} | said))
        except TokenRefused:
            return
        assert isinstance(believed["iss"], str)
        assert believed["exp"] > NOW - LEEWAY
        assert believed["iat"] <= NOW + LEEWAY
        assert believed["exp"] - believed["iat"] <= LONGEST_LIFE
        assert believed.get("nbf", 0) <= NOW + LEEWAY

    @given(data=st.data())
    @settings(parent=EXAMPLES, max_examples=600)
    def test_no_change_of_a_good_token_is_believed(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(GOOD) - 1))
        piece = data.draw(st.text(alphabet=ALPHABET + ".=\n", min_size=0, max_size=3))
        cut = data.draw(st.integers(0, 3))
        changed = GOOD[:place] + piece + GOOD[place + cut :]
        if changed == GOOD:
            assert believe(changed)
            return
        with pytest.raises(TokenRefused):
            believe(changed)
