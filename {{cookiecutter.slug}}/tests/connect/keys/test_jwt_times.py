"""When HS256 tokens hold, which secrets may sign them, and what we sign ourselves."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from app.connect.keys.jwt import TokenRefused, prepare_key, read, sign, verify
from tests.connect.keys.making import EXAMPLES, HEADER, KEY, LONGEST_LIFE, NOW, SECRET, believe, claims, encode, token

PUBLIC = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
NO_TIMES = {
    "null": None,
    "a string of digits": str(NOW),
    "true": True,
    "a list": [NOW],
    "an object": {"at": NOW},
}
NO_JSON_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1" + "0" * 400)


def with_number(name: str, number: str) -> str:
    """Make a token with a number that `json` would not write."""
    return token(json.dumps(claims(**{name: 0})).replace(f'"{name}": 0', f'"{name}": {number}'))


class TestTimes:
    @pytest.mark.parametrize("name", ["exp", "iat"])
    def test_requires(self, name: str) -> None:
        with pytest.raises(TokenRefused):
            believe(token(claims(**{name: ...})))

    @pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
    @pytest.mark.parametrize("value", NO_TIMES.values(), ids=NO_TIMES.keys())
    def test_refuses_what_is_no_number(self, name: str, value: object) -> None:
        with pytest.raises(TokenRefused):
            believe(token(claims(**{name: value})))

    @pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
    @pytest.mark.parametrize("number", NO_JSON_NUMBERS)
    def test_refuses_numbers_out_of_range(self, name: str, number: str) -> None:
        with pytest.raises(TokenRefused):
            believe(with_number(name, number))

    @pytest.mark.parametrize(("past", "holds"), [(0, True), (9, True), (10, False), (11, False), (10**9, False)])
    def test_expires_when_exp_and_leeway_are_over(self, past: int, *, holds: bool) -> None:
        text = token(claims(iat=NOW - past - 60, exp=NOW - past))
        if holds:
            assert believe(text, longest_life=60)
            return
        with pytest.raises(TokenRefused, match="expired"):
            believe(text, longest_life=60)

    def test_is_over_in_the_second_of_its_exp_without_leeway(self) -> None:
        with pytest.raises(TokenRefused, match="expired"):
            believe(token(claims(exp=NOW)), leeway=0)

    @pytest.mark.parametrize(("ahead", "holds"), [(10, True), (11, False), (30 * 365 * 86_400, False)])
    def test_refuses_tokens_of_the_future(self, ahead: int, *, holds: bool) -> None:
        text = token(claims(iat=NOW + ahead, exp=NOW + ahead + 60))
        if holds:
            assert believe(text)
            return
        with pytest.raises(TokenRefused, match="future"):
            believe(text)

    @pytest.mark.parametrize(("ahead", "holds"), [(-60, True), (10, True), (11, False)])
    def test_waits_for_nbf(self, ahead: int, *, holds: bool) -> None:
        text = token(claims(nbf=NOW + ahead))
        if holds:
            assert believe(text)
            return
        with pytest.raises(TokenRefused, match="not valid yet"):
            believe(text)

    @pytest.mark.parametrize(("life", "holds"), [(LONGEST_LIFE, True), (LONGEST_LIFE + 1, False), (10**9, False)])
    def test_refuses_a_life_longer_than_the_host_gives(self, life: int, *, holds: bool) -> None:
        text = token(claims(exp=NOW + life))
        if holds:
            assert believe(text)
            return
        with pytest.raises(TokenRefused, match="lives too long"):
            believe(text)

    def test_refuses_a_token_that_ended_before_it_began(self) -> None:
        with pytest.raises(TokenRefused, match="lives too long"):
            believe(token(claims(iat=NOW + 5, exp=NOW + 4)))

    def test_takes_fractions_of_a_second(self) -> None:
        assert believe(token(claims(iat=NOW + 0.25, exp=NOW + 60.75)))["exp"] == NOW + 60.75


class TestSecrets:
    @pytest.mark.parametrize("secret", ["", "x", "x" * 15, "\u00e4" * 7])
    def test_refuses_secrets_that_can_be_guessed(self, secret: str) -> None:
        with pytest.raises(TokenRefused):
            prepare_key(secret)

    def test_refuses_secrets_that_are_no_text(self) -> None:
        with pytest.raises(TokenRefused, match="not text"):
            prepare_key("\ud800" * 20)

    @pytest.mark.parametrize("secret", [PEM, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ"], ids=["pem", "ssh"])
    def test_refuses_public_keys_as_secrets(self, secret: str) -> None:
        with pytest.raises(TokenRefused):
            prepare_key(secret)

    @pytest.mark.parametrize(
        "secret", ['"quoted-json-text"', '["first-secret", "second-secret"]', '{"k": "a-member-called-k"}', "true" * 5]
    )
    def test_takes_json_as_the_text_it_is(self, secret: str) -> None:
        """python-jose would parse it: then `quoted`, or any member of the list, would verify."""
        verified = verify(read(token(claims(), secret=secret)), prepare_key(secret), now=NOW, leeway=0, longest_life=60)
        assert verified["sub"] == "1"
        for part in ("quoted-json-text", "first-secret", "second-secret", "a-member-called-k"):
            with pytest.raises(TokenRefused):
                verify(read(token(claims(), secret=part)), prepare_key(secret), now=NOW, leeway=0, longest_life=60)


class TestSigning:
    def test_is_what_the_standard_library_makes(self) -> None:
        made = sign(claims(), KEY)
        head, payload, signature = made.split(".")
        digest = hmac.new(SECRET.encode(), f"{head}.{payload}".encode(), hashlib.sha256).digest()
        assert json.loads(urlsafe_b64decode(head + "==")) == HEADER
        assert signature == encode(digest)

    def test_leaves_the_claims_as_they_are(self) -> None:
        given_claims = claims()
        sign(given_claims, KEY)
        assert given_claims == claims()

    @given(
        extra=st.dictionaries(st.text(max_size=10), st.text(max_size=20) | st.integers() | st.booleans(), max_size=5)
    )
    @EXAMPLES
    def test_comes_back_as_it_was(self, extra: dict[str, object]) -> None:
        said = extra | claims()
        assert believe(sign(said, KEY)) == said
