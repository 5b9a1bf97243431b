"""RS256 tokens against everything a stranger can send: nothing forged is believed; only `TokenRefused` comes out."""

from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from app.connect.keys.jwt import DUMMY_KEY, TokenRefused, prepare_key, verify
from app.connect.keys.jwt import read as read_hs256
from app.connect.keys.rs256 import KeyUnusable, PublicKey, read, read_key
from tests.connect.keys.making import ALPHABET, EXAMPLES, LEEWAY, LONGEST_LIFE, NOW, claims, encode, segment, token

OURS = rsa.generate_private_key(65537, 2048)
THEIRS = rsa.generate_private_key(65537, 2048)
SHORT = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it must be refused
HEADER = {"alg": "RS256", "typ": "JWT", "kid": "key-1"}


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def signed(said: object, *, header: object = HEADER, key: rsa.RSAPrivateKey = OURS, hashed: Any = None) -> str:
    signing_input = f"{segment(header)}.{segment(said)}"
    made = key.sign(signing_input.encode(), padding.PKCS1v15(), hashed or hashes.SHA256())
    return f"{signing_input}.{encode(made)}"


KEY = read_key(pem(OURS))
GOOD = signed(claims())
HEAD, PAYLOAD, SIGNATURE = GOOD.split(".")


def believe(text: str, key: PublicKey = KEY) -> Mapping[str, Any]:
    _, taken_apart = read(text)
    return verify(taken_apart, key, now=NOW, leeway=LEEWAY, longest_life=LONGEST_LIFE)


class TestToken:
    def test_that_is_good_holds(self) -> None:
        assert read(GOOD)[0] == "key-1"
        assert believe(GOOD) == claims()

    @pytest.mark.parametrize(
        "text",
        [
            "", "..", f"{HEAD}.{PAYLOAD}", f"{HEAD}.{PAYLOAD}.", GOOD + "=", GOOD + "\n", " " + GOOD, GOOD[:-1],
            GOOD + "A" * 2000, f"{HEAD}..{SIGNATURE}", f"A.{PAYLOAD}.{SIGNATURE}",
            signed(claims(), header=HEADER | {"alg": "none"}),
            signed(claims(), header=HEADER | {"alg": "HS256"}),
            signed(claims(), header=HEADER | {"alg": "RS512"}),
            signed(claims(), header=HEADER | {"alg": ["RS256"]}),
            signed(claims(), header=HEADER | {"crit": ["x"]}),
            signed(claims(), header=HEADER | {"kid": ["key-1"]}),
            signed(claims(), header={"alg": "RS256"}),
            signed(claims(), header=[HEADER]),
            signed([claims()]), signed(claims(iss=...)), signed(claims(iss=["tenant"])), signed(claims(iss="x" * 300)),
            signed('{"a":' + "[" * 900 + "]" * 900 + "}"),
            signed(claims(pad="x" * 5000)),
        ],
        ids=range(25),
    )  # fmt: skip
    def test_of_another_form_is_refused(self, text: str) -> None:
        with pytest.raises(TokenRefused):
            read(text)

    @pytest.mark.parametrize(
        "text",
        [
            signed(claims(), key=THEIRS),
            signed(claims(), hashed=hashes.SHA512()),
            f"{HEAD}.{segment(claims(sub='2'))}.{SIGNATURE}",
            f"{HEAD}.{PAYLOAD}.{encode(bytes(256))}",
            f"{HEAD}.{PAYLOAD}.{encode(bytes(300))}",
            signed(claims(exp=NOW - 60)), signed(claims(iat=NOW + 60)),
            signed(claims(exp=...)), signed(claims(iat=...)),
            signed(claims(exp="tomorrow")), signed(claims(exp=NOW + 10 * LONGEST_LIFE)),
        ],
        ids=range(11),
    )  # fmt: skip
    def test_that_does_not_hold_is_refused(self, text: str) -> None:
        with pytest.raises(TokenRefused):
            believe(text)

    def test_has_one_spelling(self) -> None:
        """The last letter of 342 holds four bits that say nothing: only zeros are taken for them."""
        last = ALPHABET.index(SIGNATURE[-1])
        assert last % 16 == 0
        for bits in range(1, 16):
            with pytest.raises(TokenRefused):
                read(GOOD[:-1] + ALPHABET[last + bits])

    @EXAMPLES
    @given(st.text(max_size=60) | st.text(alphabet=ALPHABET + ".", max_size=500))
    def test_that_is_anything_is_refused_and_nothing_else(self, text: str) -> None:
        with pytest.raises(TokenRefused):
            read(text)


class TestConfusion:
    """A public key is public: what is signed with it as if it were a secret proves nothing."""

    def test_public_key_is_no_secret(self) -> None:
        text = token(claims(), header=HEADER | {"alg": "HS256"}, secret=pem(OURS).decode())
        with pytest.raises(TokenRefused):
            read(text)
        with pytest.raises(TokenRefused):
            verify(read_hs256(text), KEY, now=NOW, leeway=LEEWAY, longest_life=LONGEST_LIFE)
        with pytest.raises(TokenRefused, match="asymmetric"):
            prepare_key(pem(OURS).decode())

    def test_secret_is_no_public_key(self) -> None:
        with pytest.raises(TokenRefused):
            read_hs256(GOOD)
        with pytest.raises(TokenRefused):
            verify(read(GOOD)[1], DUMMY_KEY, now=NOW, leeway=LEEWAY, longest_life=LONGEST_LIFE)


class TestKey:
    @pytest.mark.parametrize(
        "text",
        [
            b"", b"<html>", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            pem(OURS)[:-60], pem(ec.generate_private_key(ec.SECP256R1())), pem(SHORT),
            OURS.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
            OURS.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        ],
        ids=["nothing", "page", "garbage", "cut", "elliptic", "short", "private", "binary"],
    )  # fmt: skip
    def test_of_another_kind_is_not_used(self, text: bytes) -> None:
        with pytest.raises(KeyUnusable):
            read_key(text)
