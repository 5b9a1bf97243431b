"""HS256 tokens against everything a stranger can send: only `TokenRefused` comes out, and nothing forged is believed.

The tokens are made here with the standard library, so that reader and writer cannot share a mistake.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from app.connect.keys.jwt import MAX_HEADER, MAX_TOKEN, TokenRefused, prepare_key, read, sign, verify

SECRET = "gN3vQ9s7Zr1bXw5kTf8yLh2mCj6pDa4uEe0iOoRt"
KEY = prepare_key(SECRET)
NOW = 1_800_000_000
LEEWAY = 10
LONGEST_LIFE = 3600
HEADER = {"alg": "HS256", "typ": "JWT"}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=5,
)
EXAMPLES = settings(max_examples=200, deadline=None, database=None)


def encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def segment(value: object) -> str:
    """Encode JSON, or bytes and strings as they are: some of them are no JSON at all."""
    if isinstance(value, bytes):
        return encode(value)
    return encode((value if isinstance(value, str) else json.dumps(value)).encode())


def token(
    claims: object,
    *,
    header: object = HEADER,
    secret: str = SECRET,
    digest: str = "sha256",
    signature: str | None = None,
) -> str:
    """Make a compact token that is signed as it should be, whatever it says."""
    signing_input = f"{segment(header)}.{segment(claims)}"
    made = encode(hmac.digest(secret.encode(), signing_input.encode(), digest))
    return f"{signing_input}.{made if signature is None else signature}"


def claims(**changes: object) -> dict[str, Any]:
    """Return good claims with changes; `...` takes a member away."""
    good = {"iss": "tenant", "sub": "1", "iat": NOW, "exp": NOW + 60, "context": {"room_id": 1}} | changes
    return {name: value for name, value in good.items() if value is not ...}


def believe(
    text: str, *, now: float = NOW, leeway: float = LEEWAY, longest_life: float = LONGEST_LIFE
) -> Mapping[str, Any]:
    """Do what the add-on does with a token."""
    return verify(read(text), KEY, now=now, leeway=leeway, longest_life=longest_life)


def nested(depth: int) -> str:
    return '{"a":' + "[" * depth + "]" * depth + "}"


GOOD = token(claims())
HEAD, PAYLOAD, SIGNATURE = GOOD.split(".")
PUBLIC = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

MALFORMED = {
    "nothing": "",
    "one dot": ".",
    "two dots": "..",
    "three dots": "...",
    "a word": "token",
    "a NUL": "\x00",
    "two segments": f"{HEAD}.{PAYLOAD}",
    "four segments": f"{GOOD}.{SIGNATURE}",
    "five segments, as encrypted tokens have": f"{GOOD}.{SIGNATURE}.{SIGNATURE}",
    "no header": f".{PAYLOAD}.{SIGNATURE}",
    "no payload": f"{HEAD}..{SIGNATURE}",
    "no signature": f"{HEAD}.{PAYLOAD}.",
    "padding after the signature": GOOD + "=",
    "padding inside": f"{HEAD}=.{PAYLOAD}.{SIGNATURE}",
    "bytes that base64 skips after the signature": GOOD + "!!!!",
    "a newline at the end": GOOD + "\n",
    "a space in front": " " + GOOD,
    "a newline inside": f"{HEAD}.{PAYLOAD}\n.{SIGNATURE}",
    "plain base64 letters": f"{HEAD}.{PAYLOAD}.{SIGNATURE[:-2]}+/",
    "a lone surrogate": GOOD[:-1] + "\ud800",
    "a digit of another script": GOOD[:-1] + "\u0661",
    "a short signature": GOOD[:-1],
    "a long signature": GOOD + "A",
    "a signature of another length": token(claims(), digest="sha512"),
    "a token over the limit": token(claims(pad="x" * MAX_TOKEN)),
    "a header over the limit": token(claims(), header=HEADER | {"pad": "x" * MAX_HEADER}),
    "a header of impossible length": f"A.{PAYLOAD}.{SIGNATURE}",
    "a payload of impossible length": f"{HEAD}.A.{SIGNATURE}",
    "a header that is not JSON": token(claims(), header="alg=HS256"),
    "a header that is not UTF-8": token(claims(), header=b'{"alg":"HS256","x":"\xff"}'),
    "a header in UTF-16": token(claims(), header=json.dumps(HEADER).encode("utf-16")),
    "a header behind a byte order mark": token(claims(), header=b"\xef\xbb\xbf" + json.dumps(HEADER).encode()),
    "a list as header": token(claims(), header=[HEADER]),
    "a string as header": token(claims(), header='"HS256"'),
    "null as header": token(claims(), header="null"),
    "a header nested 360 deep": token(claims(), header=nested(360)),
    "a payload that is not JSON": token("iss=tenant"),
    "a payload that is not UTF-8": token(b'{"iss":"\xff"}'),
    "a payload nested 1,400 deep": token(nested(1_400)),
    "a list as payload": token([claims()]),
    "null as payload": token("null"),
    "a number as payload": token("1"),
}
WRONG_ALGORITHM = {
    "none, not signed": token(claims(), header={"alg": "none"}, signature=""),
    "none, signed": token(claims(), header={"alg": "none"}),
    "None in other letters": token(claims(), header={"alg": "nOnE"}),
    "HS512": token(claims(), header={"alg": "HS512"}, digest="sha512"),
    "HS384, cut": token(claims(), header={"alg": "HS384"}),
    "RS256 with an HMAC": token(claims(), header={"alg": "RS256"}),
    "part of the name": token(claims(), header={"alg": "HS"}),
    "other letters": token(claims(), header={"alg": "hs256"}),
    "a space": token(claims(), header={"alg": "HS256 "}),
    "a list": token(claims(), header={"alg": ["HS256"]}),
    "an object": token(claims(), header={"alg": {"HS256": 1}}),
    "a number": token(claims(), header={"alg": 256}),
    "null": token(claims(), header={"alg": None}),
    "true": token(claims(), header={"alg": True}),
    "absent": token(claims(), header={"typ": "JWT"}),
    "none, said second": token(claims(), header='{"alg":"HS256","alg":"none"}'),
}
WRONG_HEADER = {
    "an extension it must not ignore": token(claims(), header=HEADER | {"crit": ["exp"], "exp": NOW}),
    "an empty list of extensions": token(claims(), header=HEADER | {"crit": []}),
    "an unencoded payload": token(claims(), header=HEADER | {"b64": False}),
    "compression": token(claims(), header=HEADER | {"zip": "DEF"}),
    "encryption": token(claims(), header=HEADER | {"enc": "A128GCM"}),
    "another type": token(claims(), header=HEADER | {"typ": "at+jwt"}),
    "a type that is a list": token(claims(), header=HEADER | {"typ": ["JWT"]}),
    "a type that is null": token(claims(), header=HEADER | {"typ": None}),
}
WRONG_ISSUER = {
    name: token(claims(iss=issuer))
    for name, issuer in {
        "absent": ...,
        "null": None,
        "empty": "",
        "a number": 1,
        "true": True,
        "a list": ["tenant"],
        "an object": {"tenant": 1},
        "256 characters": "x" * 256,
    }.items()
}
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


class TestForm:
    def test_accepts_a_good_token(self) -> None:
        assert believe(GOOD)["sub"] == "1"

    @pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
    def test_refuses(self, text: str) -> None:
        with pytest.raises(TokenRefused):
            believe(text)

    def test_accepts_no_second_spelling_of_a_signature(self) -> None:
        """The last character has two bits to spare: decoders that ignore them make tokens useless as names."""
        spellings = [text for letter in ALPHABET if (text := GOOD[:-1] + letter) != GOOD]
        same_bytes = [
            text for text in spellings if urlsafe_b64decode(text[-43:] + "=") == urlsafe_b64decode(SIGNATURE + "=")
        ]
        assert len(same_bytes) == 3
        for text in spellings:
            with pytest.raises(TokenRefused):
                believe(text)


class TestHeader:
    @pytest.mark.parametrize("text", WRONG_ALGORITHM.values(), ids=WRONG_ALGORITHM.keys())
    def test_refuses_every_algorithm_but_hs256(self, text: str) -> None:
        with pytest.raises(TokenRefused):
            believe(text)

    @pytest.mark.parametrize("text", WRONG_HEADER.values(), ids=WRONG_HEADER.keys())
    def test_refuses_what_asks_for(self, text: str) -> None:
        with pytest.raises(TokenRefused):
            believe(text)

    @pytest.mark.parametrize(
        "header", [{"alg": "HS256"}, HEADER | {"typ": "jwt"}, HEADER | {"kid": "../../etc/passwd"}]
    )
    def test_accepts_plain_headers(self, header: dict[str, str]) -> None:
        assert believe(token(claims(), header=header))["sub"] == "1"

    def test_never_uses_a_key_that_the_token_brings(self) -> None:
        other = "another-secret-of-a-fair-length-0123456789"
        brought = {"jwk": {"kty": "oct", "k": encode(other.encode())}, "jku": "https://attacker.example/keys"}
        with pytest.raises(TokenRefused):
            believe(token(claims(), header=HEADER | brought, secret=other))


class TestIssuer:
    @pytest.mark.parametrize("text", WRONG_ISSUER.values(), ids=WRONG_ISSUER.keys())
    def test_refuses_one_that_is(self, text: str) -> None:
        with pytest.raises(TokenRefused):
            read(text)

    @pytest.mark.parametrize("issuer", ["t", "x" * 255, "ä\x00\U0001f600"])
    def test_hands_on_any_other_as_it_is(self, issuer: str) -> None:
        assert read(token(claims(iss=issuer))).issuer == issuer


class TestSignature:
    def test_refuses_another_secret(self) -> None:
        with pytest.raises(TokenRefused):
            believe(token(claims(), secret=SECRET + "x"))

    def test_refuses_claims_that_were_changed(self) -> None:
        with pytest.raises(TokenRefused):
            believe(f"{HEAD}.{segment(claims(sub='2'))}.{SIGNATURE}")

    def test_refuses_a_header_that_was_changed(self) -> None:
        with pytest.raises(TokenRefused):
            believe(f"{segment({'alg': 'HS256'})}.{PAYLOAD}.{SIGNATURE}")

    def test_refuses_the_signature_of_another_token(self) -> None:
        with pytest.raises(TokenRefused):
            believe(f"{HEAD}.{PAYLOAD}.{token(claims(sub='2')).rpartition('.')[2]}")


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

    @pytest.mark.parametrize("secret", [PEM, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ"])
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
