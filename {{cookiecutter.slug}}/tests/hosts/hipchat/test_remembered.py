"""Tokens that were taken apart are remembered, but not the long ones that only a stranger makes."""

import time

from app.connect.hosts.hipchat import inbound
from app.connect.hosts.hipchat.inbound import LONGEST_REMEMBERED, HipChatInbound
from app.connect.hosts.protocol import Asked, ProofKind
from app.connect.keys.jwt import prepare_key, sign

KEY = prepare_key("k" * 40)


def token_of(length: int) -> str:
    """Make a token that is so long, and like no other."""
    claims = {"iss": "client", "iat": time.time_ns(), "pad": ""}
    # Three characters are written as four.
    claims["pad"] = "x" * ((length - len(sign(claims, KEY))) * 3 // 4)
    return sign(claims, KEY)


def read(token: str) -> None:
    """Read a token as a request brings it."""
    header = (b"authorization", f"JWT {token}".encode())
    unproven = HipChatInbound().read(Asked("GET", b"/", b"", (header,), ProofKind.ENTRY, "glance", "a"))
    assert unproven is not None
    assert unproven.client_key == "client"


def remembered() -> int:
    return inbound._remembered.cache_info().currsize  # noqa: SLF001 - what is bounded here is memory


class TestTokensTakenApart:
    def test_are_remembered_up_to_a_length(self) -> None:
        inbound._remembered.cache_clear()  # noqa: SLF001
        token = token_of(LONGEST_REMEMBERED)
        assert LONGEST_REMEMBERED - 4 < len(token) <= LONGEST_REMEMBERED
        read(token)
        assert remembered() == 1

    def test_are_forgotten_at_once_beyond_it(self) -> None:
        inbound._remembered.cache_clear()  # noqa: SLF001
        token = token_of(LONGEST_REMEMBERED + 4)
        assert LONGEST_REMEMBERED < len(token) <= LONGEST_REMEMBERED + 4
        read(token)
        assert remembered() == 0
