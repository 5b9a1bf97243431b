"""Tokens with one thing wrong, wherever a token can stand: a 401 each, and never a tenant or an error of ours."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.connect.pages.page_tokens import ISSUER
from devhost.world.installations import Installation
from tests.connect.asking import GLANCE, PANEL, RENEW, SETTINGS, host_token
from tests.connect.keys.making import encode, segment, token
from tests.support.clock import ago
from tests.support.running import RunningAddon

pytestmark = pytest.mark.one_database

HEADERS: dict[str, object] = {
    **{
        f"alg {name!r}": {"alg": name, "typ": "JWT"}
        for name in ("none", "None", "", "HS384", "HS512", "RS256", "ES256")
    },
    **{f"alg {name!r}": {"alg": name} for name in ("hs256", "HS256 ", None, 0, ["HS256"], {"HS256": 1})},
    "no alg": {"typ": "JWT"},
    "typ JWE": {"alg": "HS256", "typ": "JWE"},
    "crit": {"alg": "HS256", "crit": ["exp"]},
    "b64": {"alg": "HS256", "b64": False},
    "zip": {"alg": "HS256", "zip": "DEF"},
    "a list": ["HS256"],
    "no JSON": "alg=HS256",
    "deep": '{"alg":' + "[" * 900 + "]" * 900 + "}",
    "not UTF-8": b'{"alg":"HS256","x":"\xff"}',
}
WRONG: dict[str, tuple[object, ...]] = {
    "exp": (..., None, "9999999999", [2 * 10**9], True, 10**9, -1, 10**30, 10**10),
    "iat": (..., None, "1", 10**10, {}),
    "nbf": (10**10, "1", None),
    "iss": (..., None, "", "nobody", ISSUER, 7, ["a"], {"a": 1}, "x" * 300),
}
CLAIMS = {f"{name} {value!r}": {name: value} for name, values in WRONG.items() for value in values}
BROKEN: dict[str, Callable[[str], str]] = {
    "empty": lambda _: "",
    "one piece": lambda good: good.partition(".")[0],
    "two pieces": lambda good: good.rpartition(".")[0],
    "four pieces": lambda good: f"{good}.x",
    "five pieces": lambda good: f"{good}.x.y",
    "no header": lambda good: "." + good.partition(".")[2],
    "no claims": lambda good: good.split(".")[0] + ".." + good.split(".")[2],
    "no signature": lambda good: good.rpartition(".")[0] + ".",
    "padding": lambda good: f"{good}=",
    "noise behind": lambda good: f"{good}!!",
    "another last sign": lambda good: good[:-1] + ("B" if good[-1] != "B" else "C"),
    "unused bits": lambda good: good[:-1] + chr(ord(good[-1]) + 1),
    "upper case": str.upper,
    "backwards": lambda good: good[::-1],
    "other base64": lambda good: ".".join(b64encode(piece.encode()).decode() for piece in good.split(".")),
    "a line break": lambda good: good.replace(".", ".\n", 1),
    "a NUL": lambda good: good.replace(".", ".\0", 1),
    "a blank": lambda good: good.replace(".", ". ", 1),
    "another dot": lambda good: good.replace(".", "\u3002".encode().decode("latin-1"), 1),
    "twice": lambda good: good + good,
    "too long": lambda good: f"{good.rpartition('.')[0]}{'A' * 5_000}.{good.rpartition('.')[2]}",
    "a word": lambda _: "undefined",
}
API = "/showcase/report"
WEBHOOK = "/hipchat/webhook/said"
POSITIONS: dict[str, Callable[[str], tuple[str, str, dict[str, Any]]]] = {
    "glance, signed_request": lambda said: ("GET", GLANCE, {"params": {"signed_request": said}}),
    "glance, jwt": lambda said: ("GET", GLANCE, {"params": {"jwt": said}}),
    "glance, header": lambda said: ("GET", GLANCE, {"headers": {"authorization": f"JWT {said}".encode("latin-1")}}),
    "glance, named": lambda said: (
        "GET",
        GLANCE,
        {"headers": {"authorization": f"JWT token={said}".encode("latin-1")}},
    ),
    "glance, bearer": lambda said: ("GET", GLANCE, {"headers": {"authorization": f"Bearer {said}".encode("latin-1")}}),
    "panel": lambda said: ("GET", PANEL, {"params": {"signed_request": said}}),
    "settings": lambda said: ("GET", SETTINGS, {"params": {"signed_request": said}}),
    "webhook": lambda said: ("POST", WEBHOOK, {"params": {"signed_request": said}, "json": {}}),
    "page token": lambda said: ("POST", RENEW, {"headers": {"authorization": f"JWT {said}".encode("latin-1")}}),
    "API": lambda said: ("POST", API, {"headers": {"authorization": f"Bearer {said}".encode("latin-1")}, "json": {}}),
}


def variants(installation: Installation, good: str) -> dict[str, str]:
    """Make every variant; all that can be signed are signed with the tenant's own secret."""
    fine = {"iss": installation.client_id, "sub": "1", "iat": ago(0), "exp": ago(-3000), "context": {"room_id": 1}}
    secret = installation.secret
    made = {f"header: {name}": token(fine, header=header, secret=secret) for name, header in HEADERS.items()}
    for name, changes in CLAIMS.items():
        changed = {key: value for key, value in (fine | changes).items() if value is not ...}
        made[f"claims: {name}"] = token(changed, secret=secret)
    for name, odd in {
        "a list": [fine],
        "a text": "fine",
        "a number": "7",
        "null": "null",
        "not UTF-8": b"\xff",
    }.items():
        made[f"claims: {name}"] = token(odd, secret=secret)
    made["another secret"] = token(fine, secret="x" * 40)
    made["unsigned"] = f"{segment({'alg': 'none'})}.{segment(fine)}."
    made["another digest"] = token(fine, secret=secret, digest="sha1")
    made["signed by nobody"] = token(fine, signature=encode(b"\0" * 32))
    return made | {f"form: {name}": spoil(good) for name, spoil in BROKEN.items()}


class TestTokenVariants:
    @pytest.mark.parametrize("position", POSITIONS)
    async def test_are_refused_in_every_position(self, showcase: RunningAddon, position: str) -> None:
        installation = await showcase.install()
        good = host_token(showcase, installation)
        made = variants(installation, good)
        assert (len(POSITIONS), len(made) >= 64) == (10, True)
        believed: dict[str, int] = {}
        for name, said in made.items():
            method, path, rest = POSITIONS[position](said)
            answer: httpx.Response = await showcase.http.request(method, path, **rest)
            if answer.status_code != 401:
                believed[name] = answer.status_code
        assert believed == {}

    async def test_would_be_taken_without_the_change(self, showcase: RunningAddon) -> None:
        """Else every refusal above would prove nothing."""
        installation = await showcase.install()
        fine = {"iss": installation.client_id, "sub": "1", "iat": ago(0), "exp": ago(-3000), "context": {"room_id": 1}}
        for said in (host_token(showcase, installation), token(fine, secret=installation.secret)):
            answer = await showcase.http.get(GLANCE, params={"signed_request": said})
            assert answer.status_code == 200
