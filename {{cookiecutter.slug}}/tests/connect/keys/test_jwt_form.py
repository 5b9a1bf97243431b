"""HS256 tokens against everything a stranger can send: nothing forged is believed; only `TokenRefused` comes out."""

import json
from base64 import urlsafe_b64decode

import pytest

from app.connect.keys.jwt import MAX_HEADER, MAX_TOKEN, TokenRefused, read
from tests.connect.keys.making import (
    ALPHABET,
    GOOD,
    HEAD,
    HEADER,
    NOW,
    PAYLOAD,
    SECRET,
    SIGNATURE,
    believe,
    claims,
    encode,
    segment,
    token,
)


def nested(depth: int) -> str:
    return '{"a":' + "[" * depth + "]" * depth + "}"


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
