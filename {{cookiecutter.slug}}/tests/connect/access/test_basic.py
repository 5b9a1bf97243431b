"""What HTTP Basic shows, read strictly."""

import base64

import pytest

from app.connect.access.basic import Shown, name_problem, password_problem, read_basic

TENANT = "0123456789abcdef" * 2
PASSWORD = "Quartz-Lagoon-71-Velvet"


def encoded(text: str | bytes) -> str:
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


GOOD = {
    "plain": ("eve", PASSWORD),
    "colons in the password": ("eve", "a:b::c:1:2:3:45:"),
    "slashes in the name": ("team/ci/web", PASSWORD),
    "spaces": ("Eve of CI", "five small words here"),
    "other letters": ("\u00e9v\u00e9 \u4e2d", "p\u00e4ssw\u00f6rt \u4e2d\u6587 lang"),
}
BAD = {
    "nothing": "",
    "no base64": "%%%",
    "base64 with a line break": encoded(f"{TENANT}/eve:{PASSWORD}")[:8]
    + "\n"
    + encoded(f"{TENANT}/eve:{PASSWORD}")[8:],
    "base64 for addresses": encoded(f"{TENANT}/eve:??>>??>>??>>").replace("+", "-").replace("/", "_"),
    "cut base64": encoded(f"{TENANT}/eve:{PASSWORD}x")[:-1],
    "letters that are not ASCII": "\u00e9" * 8,
    "no UTF-8": encoded(f"{TENANT}/eve:{PASSWORD}".encode() + b"\xff"),
    "no colon": encoded(f"{TENANT}/eve"),
    "no tenant": encoded(f"eve:{PASSWORD}"),
    "no name": encoded(f"{TENANT}/:{PASSWORD}"),
    "tenant in capitals": encoded(f"{TENANT.upper()}/eve:{PASSWORD}"),
    "short tenant": encoded(f"{TENANT[1:]}/eve:{PASSWORD}"),
    "tenant in other digits": encoded(f"{TENANT[1:]}\u0661/eve:{PASSWORD}"),
    "NUL in the name": encoded(f"{TENANT}/e\0ve:{PASSWORD}"),
    "NUL in the password": encoded(f"{TENANT}/eve:{PASSWORD}\0"),
    "line break in the name": encoded(f"{TENANT}/eve\n:{PASSWORD}"),
    "direction mark in the name": encoded(f"{TENANT}/e\u202eve:{PASSWORD}"),
    "space at the end of the name": encoded(f"{TENANT}/eve :{PASSWORD}"),
    "name of 101": encoded(f"{TENANT}/{'x' * 101}:{PASSWORD}"),
    "no password": encoded(f"{TENANT}/eve:"),
    "password of 11": encoded(f"{TENANT}/eve:{PASSWORD[:11]}"),
    "8 KB": encoded(f"{TENANT}/eve:{PASSWORD * 400}"),
}


class TestReading:
    @pytest.mark.parametrize("case", GOOD)
    def test_takes_apart_at_the_first_slash_and_colon(self, case: str) -> None:
        name, password = GOOD[case]
        assert read_basic(encoded(f"{TENANT}/{name}:{password}")) == Shown(TENANT, name, password)

    def test_makes_one_of_two_spellings(self) -> None:
        twice = [
            read_basic(encoded(f"{TENANT}/\u00e9ve:{PASSWORD}\u00e9")),
            read_basic(encoded(f"{TENANT}/e\u0301ve:{PASSWORD}e\u0301")),
        ]
        assert twice[0] == twice[1] is not None

    @pytest.mark.parametrize("case", BAD)
    def test_refuses_what_can_be_nobodys(self, case: str) -> None:
        assert read_basic(BAD[case]) is None


class TestRules:
    @pytest.mark.parametrize("name", ["", " eve", "eve\t", "e:ve", "x" * 101, "\x7f", "\u200f"])
    def test_say_why_a_name_cannot_be(self, name: str) -> None:
        assert name_problem(name)

    @pytest.mark.parametrize(
        "password", ["", "short", "x" * 1001, "line\nbreak-in-it", "the-user-eve", "THE-USER-EVE", "ababababababab"]
    )
    def test_say_why_a_password_cannot_be(self, password: str) -> None:
        assert password_problem(password, "the-user-eve")
        assert password_problem(PASSWORD, "the-user-eve") is None
