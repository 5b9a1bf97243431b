"""Attacks on every public route: always a 4xx of one shape, never a 5xx, a traceback or a secret.

One table of requests, sent to the application as a server would hand them over, and one of connections that no HTTP
client would make, sent to a real server.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

import pytest
import uvicorn
from starlette.types import ASGIApp, Message, Scope

from devhost.world.installations import Installation
from tests.conftest import KEY, RunningAddon

Headers = tuple[tuple[bytes, bytes], ...]

JSON: Headers = ((b"content-type", b"application/json"),)
FORM: Headers = ((b"content-type", b"application/x-www-form-urlencoded"),)
MEBIBYTE = 1024 * 1024
SIGNED = b"signed_request=<signed>"
API: Headers = ((b"authorization", b"Bearer <api>"),)


@dataclass(frozen=True)
class Attack:
    """One request. `<signed>` and `<api>` in it stand for valid tokens: some attackers are tenants."""

    method: str
    target: bytes
    headers: Headers = ()
    body: tuple[bytes, ...] = (b"",)


@dataclass
class Answer:
    """What came back, or the exception that came out of the application instead."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


async def send(app: ASGIApp, attack: Attack) -> Answer:
    """Hand a request over as a server does: no client library mends anything on the way."""
    path, _, query = attack.target.partition(b"?")
    chunks = list(attack.body)
    answer = Answer()

    async def receive() -> Message:
        if not chunks:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def take(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]}
        answer.body += message.get("body", b"")

    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": attack.method,
        "scheme": "http",
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1:8000"), *attack.headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }
    await app(scope, receive, take)
    return answer


def complaint(attack: Attack, answer: Answer, secrets: tuple[str, ...]) -> str | None:
    """Say what is wrong with an answer; None when it is what every attack gets."""
    said = answer.body.decode("utf-8", "replace") + json.dumps(answer.headers)
    problems = {
        "not a 4xx": not 400 <= answer.status < 500,
        "a secret is in the answer": any(secret in said for secret in secrets),
        "a traceback is in the answer": any(mark in said for mark in ("Traceback", 'File "', "site-packages")),
        "not the one shape": attack.method != "HEAD" and not has_one_shape(answer.body),
    }
    found = [problem for problem, is_there in problems.items() if is_there]
    return f"{', '.join(found)}: status {answer.status}: {said[:200]}" if found else None


def has_one_shape(body: bytes) -> bool:
    """Tell whether a body is `{"error": {"code": str, "message": str, ...}}` and nothing else."""
    try:
        document = json.loads(body)
        return set(document) == {"error"} and all(
            isinstance(document["error"][name], str) for name in ("code", "message")
        )
    except (ValueError, TypeError, KeyError):
        return False


class Attacker:
    """Sends attacks, with the tokens of a tenant where they ask for them."""

    def __init__(self, addon: RunningAddon, installation: Installation, api_token: str) -> None:
        self.app = addon.app
        self._api_token = api_token
        self._signed = addon.devhost.host.signed_url(installation.client_id, "configurable", room_id=1)
        self._signed = self._signed.partition("signed_request=")[2].partition("&")[0]
        self.secrets = (installation.secret, api_token, KEY, self._signed)

    def _fill(self, value: bytes) -> bytes:
        return value.replace(b"<signed>", self._signed.encode()).replace(b"<api>", self._api_token.encode())

    async def send(self, attack: Attack) -> Answer:
        """Send one attack with its tokens filled in."""
        headers = tuple((name, self._fill(value)) for name, value in attack.headers)
        return await send(self.app, replace(attack, target=self._fill(attack.target), headers=headers))

    async def complaints(self, attacks: dict[str, Attack]) -> dict[str, str]:
        """Send every attack and return what is wrong with the answers, by the names of the attacks."""
        found = {}
        for name, attack in attacks.items():
            wrong = complaint(attack, await self.send(attack), self.secrets)
            if wrong:
                found[name] = wrong
        return found


@pytest.fixture
async def attacker(showcase: RunningAddon) -> Attacker:
    installation = await showcase.install()
    return Attacker(showcase, installation, await showcase.api_token(installation))


def post(path: bytes, body: object, headers: Headers = JSON) -> Attack:
    """Make a POST of JSON, of bytes as they are, or of chunks."""
    if isinstance(body, tuple):
        return Attack("POST", path, headers, body)
    return Attack("POST", path, headers, (body if isinstance(body, bytes) else json.dumps(body).encode(),))


# What is no JSON document, or none that anybody may send.
NOT_JSON: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \r\n\t",
    "a word": b"hello",
    "half an object": b'{"name":',
    "two documents": b"{}{}",
    "a comment": b"{} // done",
    "single quotes": b"{'name': 'web'}",
    "a trailing comma": b'{"name": "web",}',
    "a NUL": b"\x00",
    "a raw NUL in a string": b'{"name": "a\x00b"}',
    "a raw newline in a string": b'{"name": "a\nb"}',
    "a broken escape": b'{"name": "\\x41"}',
    "a cut escape": b'{"name": "\\ud8',
    "bytes that are not UTF-8": b'{"name": "\xff\xfe"}',
    "an overlong encoding": b'{"name": "\xc0\xaf"}',
    "an encoded surrogate": b'{"name": "\xed\xa0\x80"}',
    "UTF-16": '{"name": "web"}'.encode("utf-16"),
    "UTF-32": '{"name": "web"}'.encode("utf-32"),
    "a byte order mark": b'\xef\xbb\xbf{"name": "web"}',
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "NaN": b'{"number": NaN}',
    "Infinity": b'{"number": -Infinity}',
    "a number beyond floats": b'{"number": 1e999}',
    "an integer of 5,000 digits": b'{"number": ' + b"9" * 5_000 + b"}",
    "100,000 open lists": b"[" * 100_000,
    "100,000 open objects": b'{"a":' * 100_000,
    "900 lists": b"[" * 900 + b"]" * 900,
    "65 levels in a member": b'{"name": ' + b"[" * 70 + b"]" * 70 + b"}",
    "a member twice": b'{"name": "web", "name": "other"}',
    "a member twice by an escape": b'{"name": "web", "n\\u0061me": "other"}',
}
# JSON that is none of the objects a route wants.
NOT_AN_OBJECT: dict[str, bytes] = {
    "null": b"null",
    "true": b"true",
    "a number": b"0",
    "a string": b'"name"',
    "an empty list": b"[]",
    "a list of objects": b"[{}]",
    "an empty object": b"{}",
    "an unknown member": b'{"unknown": 1}',
    "a thousand members": json.dumps({f"m{number}": number for number in range(1_000)}).encode(),
    "a lone surrogate as a name": b'{"\\ud800": 1}',
    "a NUL as a name": b'{"\\u0000": 1}',
    "an empty name": b'{"": 1}',
    "a name of 100,000 characters": json.dumps({"x" * 100_000: 1}).encode(),
    "names that mean something elsewhere": b'{"__proto__": {"a": 1}, "__class__": 1, "constructor": null}',
}
# What a member can be instead of what it should be.
HOSTILE_VALUES: dict[str, object] = {
    "null": None,
    "true": True,
    "a list": [1],
    "an object": {"$ne": None},
    "a fraction": 1.5,
    "a negative number": -1,
    "2**63": 2**63,
    "4,000 digits": 10**4_000,
    "nothing": "",
    "a blank": " ",
    "a NUL": "\x00",
    "a NUL inside": "web\x00web",
    "a lone surrogate": "\ud800" * 20,
    "a surrogate pair the wrong way round": "\udc00\ud800" * 10,
    "control characters": "web\r\nSet-Cookie: a=b\x1b[31m",
    "a bidi override": "\u202egpj.exe",
    "half a megabyte": "x" * 500_000,
    "SQL": "' OR 1=1; DROP TABLE tenants; --",
    "a template": "{{ 7 * 7 }}${7*7}<%= 7 %>",
    "a path": "../../../../etc/passwd",
    "a script": "<script>alert(1)</script>",
    "a format": "%s%n{0.__class__}",
}
HOSTILE_ADDRESSES: dict[str, object] = {
    "an address without a host": "http://",
    "a relative address": "/v2/capabilities",
    "no scheme": "host.example/v2/capabilities",
    "a file": "file:///etc/passwd",
    "a script": "javascript:alert(1)",
    "data": "data:application/json,{}",
    "credentials": "http://admin:admin@127.0.0.1:9000/v2/capabilities",
    "a broken IPv6 address": "http://[::1/v2/capabilities",
    "a port out of range": "http://127.0.0.1:99999/v2/capabilities",
    "a port that is none": "http://127.0.0.1:http/v2/capabilities",
    "the metadata service": "http://169.254.169.254/latest/meta-data/",
    "the metadata service as a number": "http://2852039166/latest/meta-data/",
    "a private address": "http://10.0.0.1/v2/capabilities",
    "a newline in the host": "http://127.0.0.1:9000\r\nX: y/v2/capabilities",
    "a NUL": "http://127.0.0.1:9000/v2/\x00capabilities",
    "a lone surrogate": "http://127.0.0.1:9000/v2/\ud800",
    "a backslash": "http://127.0.0.1:9000\\@attacker.example/v2/capabilities",
    "a host that is not there": "http://127.0.0.1:9/v2/capabilities",
    "another page of the host": "http://127.0.0.1:9000/v2/emoticon",
    "the add-on itself": "http://127.0.0.1:8000/hipchat/capabilities.json",
    "2,001 characters": "http://127.0.0.1:9000/" + "x" * 2_000,
}
WRONG_TYPES: dict[str, Headers] = {
    "none": (),
    "an empty one": ((b"content-type", b""),),
    "text": ((b"content-type", b"text/plain"),),
    "nearly JSON": ((b"content-type", b"application/jsonx"),),
    "bytes": ((b"content-type", b"\xff\xfe\x00"),),
    "a form": FORM,
    "a multipart form": ((b"content-type", b"multipart/form-data; boundary=x"),),
    "a very long one": ((b"content-type", b"application/" + b"x" * 5_000),),
    "two": (*JSON, *JSON),
}
INSTALL = {
    "oauthId": "nobody",
    "oauthSecret": "a-secret-that-the-host-never-gave-out",
    "capabilitiesUrl": "http://127.0.0.1:9000/v2/capabilities",
    "groupId": 1,
    "roomId": 1,
}
REPORT = {"name": "web", "number": 1, "is_done": True, "ratio": 0.5, "words": ["a"]}
NOT_A_FORM: dict[str, Attack] = {
    **{
        f"of type: {name}": Attack("POST", b"/hipchat/settings?" + SIGNED, headers, (b"greeting=Hello",))
        for name, headers in WRONG_TYPES.items()
        if headers != FORM
    },
    **{
        name: Attack("POST", b"/hipchat/settings?" + SIGNED, FORM, (body,))
        for name, body in {
            "a field twice": b"greeting=Hello&greeting=Bye",
            "a field without a value": b"greeting",
            "JSON": b'{"greeting": "Hello"}',
            "a cut percent sign": b"greeting=100%",
            "a wrong percent sign": b"greeting=%zz",
            "encoded bytes that are not UTF-8": b"greeting=%ff%fe",
            "an encoded surrogate": b"greeting=%ed%a0%80",
            "bytes that are not ASCII": b"greeting=\xc3\xa4\xc3\xa4",
            "a raw NUL": b"\x00",
            "1,000 fields": b"&".join(b"f%d=1" % number for number in range(1_000)),
            "a megabyte": b"greeting=" + b"x" * MEBIBYTE,
            "a wrong choice": b"colour=blue",
            "a number that is none": b"limit=ten",
            "a number out of range": b"limit=100",
            "a number of 5,000 digits": b"limit=" + b"9" * 5_000,
            "no number at all": b"share=nan",
            "a number without end": b"share=inf",
            "a text that is too short": b"greeting=x",
            "a text that is too long": b"greeting=" + b"x" * 41,
            "half a boolean": b"loud=perhaps",
        }.items()
    },
    **{
        f"multipart: {name}": Attack(
            "POST",
            b"/hipchat/settings?" + SIGNED,
            ((b"content-type", b"multipart/form-data; boundary=x" + extra),),
            (body,),
        )
        for name, (extra, body) in {
            "cut": (b"", b'--x\r\nContent-Disposition: form-data; name="greeting"\r\n\r\nHel'),
            "another boundary": (b"yz", b"--x\r\n\r\n--x--"),
            "no name": (b"", b"--x\r\nContent-Disposition: form-data\r\n\r\nHello\r\n--x--\r\n"),
            "10,000 fields": (b"", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 10_000 + b"--x--"),
            "10,000 files": (
                b"",
                b'--x\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n1\r\n' * 10_000 + b"--x--",
            ),
            "a charset without letters": (
                b"; charset=undefined",
                b'--x\r\nContent-Disposition: form-data; name="greeting"\r\n\r\nHello\r\n--x--\r\n',
            ),
            "a charset with a NUL": (
                b"; charset=a\x00b",
                b'--x\r\nContent-Disposition: form-data; name="greeting"\r\n\r\nHello\r\n--x--\r\n',
            ),
        }.items()
    },
}
NOWHERE: dict[str, Attack] = {
    name: Attack("GET", target)
    for name, target in {
        "no such page": b"/nowhere",
        "no path": b"",
        "two slashes": b"//",
        "a slash too many": b"/hipchat/settings/",
        "slashes in front": b"///hipchat/settings",
        "a whole address": b"http://attacker.example/hipchat/settings",
        "a NUL": b"/hipchat/%00",
        "a raw NUL": b"/hipchat/\x00",
        "a newline": b"/hipchat/%0d%0aSet-Cookie:%20a=b",
        "a cut percent sign": b"/hipchat/%",
        "a wrong percent sign": b"/hipchat/%zz",
        "bytes that are not UTF-8": b"/hipchat/%ff%fe",
        "raw bytes that are not UTF-8": b"/hipchat/\xff\xfe",
        "an encoded surrogate": b"/hipchat/%ed%a0%80",
        "a segment of 100,000 characters": b"/hipchat/" + b"x" * 100_000,
        "50,000 segments": b"/x" * 50_000,
        "dots": b"/hipchat/../../etc/passwd",
        "encoded dots": b"/hipchat/%2e%2e/%2e%2e/etc/passwd",
        "a glance nobody declared": b"/hipchat/glance/nothing",
        "a glance with a path in its key": b"/hipchat/glance/..%2fstatus",
        "the file system, by static": b"/static/../../../../../../etc/passwd",
        "the file system, by encoded dots": b"/static/%2e%2e/%2e%2e/main.py",
        "the file system, by encoded slashes": b"/static/..%2f..%2fmain.py",
        "the file system, by double encoding": b"/static/%252e%252e%252f%252e%252e%252fmain.py",
        "the file system, by backslashes": b"/static/..%5c..%5cmain.py",
        "the file system, by an absolute path": b"/static//etc/passwd",
        "the file system, from the plumbing's folder": b"/static/connect/..%2f..%2fruntime.py",
        "a static NUL": b"/static/%00",
        "a static NUL before an extension": b"/static/connect/connect.css%00.svg",
        "static bytes that are not UTF-8": b"/static/%ff%fe",
        "a static segment of 5,000 characters": b"/static/" + b"x" * 5_000,
        "5,000 static segments": b"/static" + b"/x" * 5_000,
        "a static folder": b"/static/",
        "the plumbing's static folder": b"/static/connect/",
        "below a static file": b"/static/connect/connect.css/x",
        "a page token that nobody has": b"/hipchat/page-token",
    }.items()
}
BAD_HEADERS: dict[str, Headers] = {
    "Authorization twice": ((b"authorization", b"JWT a"), (b"authorization", b"JWT a")),
    "Content-Type twice": (*JSON, *JSON),
    "Content-Length twice": ((b"content-length", b"0"), (b"content-length", b"0")),
    "Host twice": ((b"host", b"attacker.example"),),
    "a negative Content-Length": ((b"content-length", b"-1"),),
    "a Content-Length in words": ((b"content-length", b"ten"),),
    "a Content-Length of 400 digits": ((b"content-length", b"9" * 400),),
    "a Content-Length over the limit": ((b"content-length", b"%d" % (MEBIBYTE + 1)),),
    "a hexadecimal Content-Length": ((b"content-length", b"0x10"),),
    "an empty Content-Length": ((b"content-length", b""),),
}
HOSTILE_TOKENS: dict[str, bytes] = {
    "nothing": b"",
    "a word": b"token",
    "dots": b"..",
    "a NUL": b"%00",
    "raw bytes": b"\xff\x00\x80",
    "bytes that are not UTF-8": b"%ff%fe",
    "a cut percent sign": b"%",
    "a megabyte cut to what is let in": b"x" * 16_000,
    "a token without signature": b"eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.",
    "10,000 dots": b"." * 10_000,
    "a header nested deep": b"eyJhIjp7ImEiOnsiYSI6" * 50 + b".eyJpc3MiOiJ4In0." + b"A" * 43,
}
OVER = {
    "in one piece": (b'{"a": "' + b"x" * MEBIBYTE + b'"}',),
    "in many pieces": (b'{"a": "', *[b"x" * 65_536] * 17, b'"}'),
    "in tiny pieces at its end": (b"x" * MEBIBYTE, b"x", b"x"),
}


def replaced(good: dict[str, Any], values: dict[str, object]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every document that has one member of a good one replaced by something hostile."""
    for name in good:
        for what, value in values.items():
            yield f"{name}: {what}", good | {name: value}


def with_depth(good: dict[str, Any]) -> dict[str, Any]:
    """Replace inside the nested objects of a document as well."""
    found: dict[str, Any] = dict(replaced(good, HOSTILE_VALUES))
    for name, inner in good.items():
        if isinstance(inner, dict):
            found |= {f"{name}.{what}": good | {name: changed} for what, changed in with_depth(inner).items()}
    return found


async def all_routes(addon: RunningAddon) -> list[tuple[str, bytes]]:
    """Return method and path of every public route, the documentation and static files included."""
    paths = (await addon.http.get("/openapi.json")).json()["paths"]
    described = [
        (method.upper(), path.replace("{client_key}", "nobody").encode())
        for path, methods in paths.items()
        for method in methods
    ]
    return [*described, *[("GET", path) for path in (b"/", b"/docs", b"/openapi.json", b"/static/connect/connect.css")]]


class TestAddresses:
    async def test_that_lead_nowhere(self, attacker: Attacker) -> None:
        assert await attacker.complaints(NOWHERE) == {}

    async def test_with_a_query_over_the_limit(self, attacker: Attacker, showcase: RunningAddon) -> None:
        routes = await all_routes(showcase)
        attacks = {f"{method} {path!r}": Attack(method, path + b"?" + b"x" * 16_385) for method, path in routes}
        assert await attacker.complaints(attacks) == {}

    async def test_uninstall_of_a_strange_name_changes_nothing(
        self, attacker: Attacker, showcase: RunningAddon
    ) -> None:
        """The DELETE is only ever a hint, so it is answered alike whatever it names."""
        for name in (b"nobody", b"%00", b"%ff", b"\xff", b"%ed%a0%80", b"x" * 70_000, b"'%20OR%201=1--", b"..%00"):
            answer = await attacker.send(Attack("DELETE", b"/hipchat/installed/" + name))
            assert (answer.status, answer.body) == (204, b""), name
        await showcase.settle()
        assert (await attacker.send(Attack("GET", b"/hipchat/glance/status?" + SIGNED))).status == 200


class TestMethods:
    async def test_that_a_route_does_not_take(self, attacker: Attacker, showcase: RunningAddon) -> None:
        routes = await all_routes(showcase)
        known = {*routes, *[("HEAD", path) for _, path in routes], ("OPTIONS", b"/hipchat/glance/status")}
        attacks = {
            f"{method!r} {path!r}": Attack(method, path)
            for _, path in routes
            for method in (
                "GET",
                "POST",
                "PUT",
                "PATCH",
                "DELETE",
                "OPTIONS",
                "TRACE",
                "CONNECT",
                "get",
                "X",
                "G\x00T",
                "",
            )
            if (method, path) not in known
        }
        assert await attacker.complaints(attacks) == {}

    async def test_head_and_options_are_never_an_error_of_ours(
        self, attacker: Attacker, showcase: RunningAddon
    ) -> None:
        for _, path in await all_routes(showcase):
            for method in ("HEAD", "OPTIONS"):
                assert (await attacker.send(Attack(method, path))).status in {200, 204, 401, 405}, (method, path)


class TestHeaders:
    async def test_that_are_wrong_or_there_twice(self, attacker: Attacker, showcase: RunningAddon) -> None:
        attacks = {
            f"{method} {path!r} {name}": Attack(method, path, headers)
            for method, path in await all_routes(showcase)
            for name, headers in BAD_HEADERS.items()
        }
        assert await attacker.complaints(attacks) == {}

    async def test_that_lie_about_where_they_came_from_change_no_answer(
        self, attacker: Attacker, showcase: RunningAddon
    ) -> None:
        lies: Headers = (
            (b"x-forwarded-host", b"attacker.example"),
            (b"x-forwarded-prefix", b"//attacker.example"),
            (b"x-forwarded-proto", b"javascript"),
            (b"x-original-url", b"/health/live"),
            (b"x-rewrite-url", b"/health/live"),
            (b"x-http-method-override", b"DELETE"),
            (b"x-request-id", b"<script>" + b"x" * 10_000),
            (b"accept", b"\xff\x00"),
            (b"accept-language", b"x" * 10_000),
            (b"cookie", b"a=b; " * 1_000),
            (b"range", b"bytes=" + b"0-1," * 1_000 + b"a-b"),
            (b"if-modified-since", b"yesterday\xff"),
            (b"if-none-match", b'"' * 1_000),
            (b"expect", b"100-continue"),
            (b"upgrade", b"websocket"),
        )
        for method, path in await all_routes(showcase):
            plain, lied = await attacker.send(Attack(method, path)), await attacker.send(Attack(method, path, lies))
            assert lied.status == plain.status, (method, path)
            assert b"attacker.example" not in lied.body, (method, path)
            assert "<script>" not in lied.headers["x-request-id"]


class TestTokens:
    async def test_that_are_none(self, attacker: Attacker, showcase: RunningAddon) -> None:
        document = (await showcase.http.get("/openapi.json")).json()
        guarded = [
            (method.upper(), path.encode())
            for path, methods in document["paths"].items()
            for method, about in methods.items()
            if about.get("security")
        ]
        assert len(guarded) >= 10
        attacks: dict[str, Attack] = {}
        for method, path in guarded:
            attacks[f"{method} {path!r} without"] = Attack(method, path, JSON, (b"{}",))
            for name, token in HOSTILE_TOKENS.items():
                for place in (b"signed_request", b"jwt"):
                    attacks[f"{method} {path!r} {place!r} {name}"] = Attack(method, path + b"?" + place + b"=" + token)
                for scheme in (b"JWT ", b"JWT token=", b"Bearer ", b"Bearer addon_", b"Basic ", b""):
                    headers = ((b"authorization", scheme + token), *JSON)
                    attacks[f"{method} {path!r} {scheme!r} {name}"] = Attack(method, path, headers, (b"{}",))
        assert await attacker.complaints(attacks) == {}


class TestInstallation:
    async def test_bodies_that_are_no_json(self, attacker: Attacker) -> None:
        attacks = {
            f"{path!r} {name}": post(path, body)
            for path in (b"/hipchat/installed", b"/hipchat/updated")
            for name, body in (NOT_JSON | NOT_AN_OBJECT).items()
        }
        assert await attacker.complaints(attacks) == {}

    async def test_bodies_over_the_limit_and_of_other_types(self, attacker: Attacker) -> None:
        attacks: dict[str, Attack] = {}
        for path in (b"/hipchat/installed", b"/hipchat/updated"):
            attacks |= {f"{path!r} {name}": post(path, body) for name, body in OVER.items()}
            attacks |= {f"{path!r} type {name}": post(path, INSTALL, headers) for name, headers in WRONG_TYPES.items()}
            attacks[f"{path!r} encoded"] = post(path, b"\x1f\x8b\x08", (*JSON, (b"content-encoding", b"gzip")))
            attacks[f"{path!r} cut off"] = post(path, ())
        assert await attacker.complaints(attacks) == {}

    async def test_members_that_are_something_else(self, attacker: Attacker, showcase: RunningAddon) -> None:
        attacks: dict[str, Attack] = {}
        for path in (b"/hipchat/installed", b"/hipchat/updated"):
            for name, body in replaced(INSTALL, HOSTILE_VALUES):
                attacks[f"{path!r} {name}"] = post(path, body)
            for name, body in replaced({"capabilitiesUrl": ""}, HOSTILE_ADDRESSES):
                attacks[f"{path!r} {name}"] = post(path, INSTALL | body)
            for missing in INSTALL:
                attacks[f"{path!r} {missing}: missing"] = post(
                    path, {name: value for name, value in INSTALL.items() if name != missing}
                )
        assert await attacker.complaints(attacks) == {}
        assert len(showcase.devhost.host.installations()) == 1
        assert await showcase.connect.directory.find("hipchat", "nobody") is None


class TestWebhooks:
    """The attacker is a tenant, or holds its secret: every request is signed."""

    TARGET = b"/hipchat/webhook/said?" + SIGNED
    EVENT: dict[str, Any] = {
        "event": "room_message",
        "webhook_id": 1,
        "item": {
            "message": {
                "id": "m-1",
                "date": "2026-01-01T00:00:00+00:00",
                "from": {"id": 1, "name": "Admin", "mention_name": "admin"},
                "mentions": [],
                "message": "/show me",
                "type": "message",
                "file": {"name": "f", "size": 1, "url": "https://host.example/f"},
            },
            "room": {"id": 1, "name": "Lobby", "is_archived": False},
        },
    }

    async def test_bodies_that_are_no_event(self, attacker: Attacker) -> None:
        attacks = {name: post(self.TARGET, body) for name, body in (NOT_JSON | NOT_AN_OBJECT).items()}
        attacks |= {name: post(self.TARGET, body) for name, body in OVER.items()}
        attacks |= {f"type {name}": post(self.TARGET, self.EVENT, headers) for name, headers in WRONG_TYPES.items()}
        attacks |= {
            "another event": post(self.TARGET, self.EVENT | {"event": "room_enter"}),
            "another tenant": post(self.TARGET, self.EVENT | {"oauth_client_id": "another"}),
            "another room": post(self.TARGET, self.EVENT | {"item": self.EVENT["item"] | {"room": {"id": 2}}}),
            "no item": post(self.TARGET, {"event": "room_message"}),
            "an item that is none": post(self.TARGET, self.EVENT | {"item": []}),
        }
        assert await attacker.complaints(attacks) == {}

    async def test_members_that_are_something_else_break_neither_route_nor_handler(
        self, attacker: Attacker, showcase: RunningAddon
    ) -> None:
        """Readers of events are lenient, so some of these are accepted: then the handler must live with them."""
        wrong = {}
        for path in (b"said", b"asked"):
            for name, body in with_depth(self.EVENT).items():
                attack = post(b"/hipchat/webhook/" + path + b"?" + SIGNED, body)
                answer = await attacker.send(attack)
                if answer.status not in {200, 204} and (problem := complaint(attack, answer, attacker.secrets)):
                    wrong[f"{path!r} {name}"] = problem
        assert wrong == {}
        await showcase.settle()
        assert await showcase.connect.worker.inbox.dead() == []


class TestOneThingWrong:
    """A body that is accepted, and the same with one thing wrong that a lenient reader would let pass."""

    EVENT = json.dumps(TestWebhooks.EVENT).encode()
    REPORT = json.dumps(REPORT).encode()

    async def statuses(self, attacker: Attacker, target: bytes, good: bytes, *spoiled: tuple[bytes, ...]) -> list[int]:
        """Return the statuses of a good body and of the spoiled ones."""
        headers = (*JSON, *API) if b"showcase" in target else JSON
        answers = [await attacker.send(post(target, body, headers)) for body in ((good,), *spoiled)]
        return [answer.status for answer in answers]

    async def test_member_that_is_there_twice(self, attacker: Attacker) -> None:
        event = self.EVENT.replace(b'{"event"', b'{"event": "room_message", "event"')
        report = self.REPORT.replace(b'{"name"', b'{"name": "other", "name"')
        assert await self.statuses(attacker, TestWebhooks.TARGET, self.EVENT, (event,)) == [204, 400]
        assert await self.statuses(attacker, TestTheAddonsOwnApi.TARGET, self.REPORT, (report,)) == [201, 400]

    async def test_number_that_is_not_finite(self, attacker: Attacker) -> None:
        events = [self.EVENT.replace(b'"webhook_id": 1', b'"webhook_id": ' + number) for number in (b"NaN", b"1e999")]
        reports = [self.REPORT.replace(b"0.5", number) for number in (b"Infinity", b"-1e999")]
        assert await self.statuses(attacker, TestWebhooks.TARGET, self.EVENT, *[(body,) for body in events]) == [
            204,
            400,
            400,
        ]
        assert await self.statuses(
            attacker, TestTheAddonsOwnApi.TARGET, self.REPORT, *[(body,) for body in reports]
        ) == [201, 400, 400]

    async def test_member_nested_too_deep(self, attacker: Attacker) -> None:
        event = self.EVENT.replace(b'"webhook_id": 1', b'"webhook_id": ' + b"[" * 70 + b"]" * 70)
        assert await self.statuses(attacker, TestWebhooks.TARGET, self.EVENT, (event,)) == [204, 400]

    async def test_blanks_up_to_one_byte_over_the_limit(self, attacker: Attacker) -> None:
        for target, good, accepted in (
            (TestWebhooks.TARGET, self.EVENT, 204),
            (TestTheAddonsOwnApi.TARGET, self.REPORT, 201),
        ):
            full = b" " * (MEBIBYTE - len(good))
            found = await self.statuses(attacker, target, good, (full, good), (full, good, b" "), (b" " + full + good,))
            assert found == [accepted, accepted, 413, 413], target


class TestForms:
    async def test_that_are_none_change_no_setting(self, attacker: Attacker) -> None:
        saved = await attacker.send(
            Attack("POST", b"/hipchat/settings?" + SIGNED, FORM, (b"greeting=Kept&limit=42&share=0.25&colour=green",))
        )
        assert saved.status == 200
        assert await attacker.complaints(NOT_A_FORM) == {}
        page = (await attacker.send(Attack("GET", b"/hipchat/settings?" + SIGNED))).body.decode()
        assert 'value="Kept"' in page
        assert 'value="42"' in page


class TestTheAddonsOwnApi:
    TARGET = b"/showcase/report"

    async def test_bodies_that_are_no_report(self, attacker: Attacker) -> None:
        headers = (*JSON, *API)
        attacks = {name: post(self.TARGET, body, headers) for name, body in (NOT_JSON | NOT_AN_OBJECT).items()}
        attacks |= {name: post(self.TARGET, body, headers) for name, body in OVER.items()}
        attacks |= {f"type {name}": post(self.TARGET, REPORT, (*kind, *API)) for name, kind in WRONG_TYPES.items()}
        attacks["cut off"] = post(self.TARGET, (), headers)
        assert await attacker.complaints(attacks) == {}

    async def test_members_that_are_something_else(self, attacker: Attacker) -> None:
        """Plain text may hold almost anything; where a value fits its member it is stored and given back."""
        wrong = {}
        for name, body in replaced(REPORT, HOSTILE_VALUES):
            attack = post(self.TARGET, body, (*JSON, *API))
            answer = await attacker.send(attack)
            if answer.status != 201 and (problem := complaint(attack, answer, attacker.secrets)):
                wrong[name] = problem
        assert wrong == {}

    async def test_good_report_is_accepted(self, attacker: Attacker) -> None:
        """What the other tests change is the reason for their 4xx."""
        assert (await attacker.send(post(self.TARGET, REPORT, (*JSON, *API)))).status == 201


class TestYourAddon:
    """The same on the routes of the add-on as it is, whatever it declares."""

    async def test_every_route_refuses_what_no_route_takes(self, addon: RunningAddon) -> None:
        await addon.install()
        routes = await all_routes(addon)
        attacks: dict[str, Attack] = {}
        for method, path in routes:
            attacks |= {f"{method} {path!r} {name}": Attack(method, path, bad) for name, bad in BAD_HEADERS.items()}
            attacks[f"{method} {path!r} query"] = Attack(method, path + b"?" + b"x" * 16_385)
            if method in {"POST", "PUT", "PATCH"}:
                attacks |= {f"{method} {path!r} {name}": post(path, body) for name, body in NOT_JSON.items()}
                attacks |= {f"{method} {path!r} {name}": post(path, body) for name, body in OVER.items()}
        wrong = {}
        for name, attack in attacks.items():
            problem = complaint(attack, await send(addon.app, attack), (KEY,))
            if problem:
                wrong[name] = problem
        assert wrong == {}


class TestFailures:
    async def test_exception_in_a_handler_says_nothing(self, attacker: Attacker) -> None:
        answer = await attacker.send(Attack("POST", b"/showcase/broken?" + SIGNED))
        document = json.loads(answer.body)
        assert answer.status == 500
        assert document["error"]["code"] == "internal_error"
        assert document["error"]["request_id"] == answer.headers["x-request-id"]
        assert "secret" not in answer.body.decode()
        assert "Runtime" not in answer.body.decode()


RAW: dict[str, bytes] = {
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a line of noise": b"hello\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "a NUL in the method": b"G\x00T / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a NUL in the target": b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a NUL in a header": b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    "a blank in a header's name": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    "a length in words": b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
    "a negative length": b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "a length and chunks": (
        b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "an unknown transfer encoding": b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
    "a chunk of no size": b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a length over the limit": b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
    "chunks over the limit": (
        b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"x" * 65_536 + b"\r\n") * 17 + b"0\r\n\r\n"
    ),
    "two hosts": b"GET /health/live HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "a path above the root": b"GET /static/../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "an encoded path above the root": b"GET /static/%2e%2e/%2e%2e/main.py HTTP/1.1\r\nHost: x\r\n\r\n",
    "an address of another host": b"GET http://attacker.example/hipchat/settings HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target of bytes": b"GET /hipchat/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method of its own": b"STEAL / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a token of bytes": b"GET /hipchat/settings?signed_request=\xff%00 HTTP/1.1\r\nHost: x\r\n\r\n",
}


ALIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@contextlib.asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[int]:
    """Serve an application with uvicorn on a free loopback port and give the port."""
    config = uvicorn.Config(app, log_config=None, lifespan="off", http="httptools", ws="none")
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        serving = asyncio.create_task(server.serve([listening]))
        async with asyncio.timeout(30):
            for _ in range(3_000):
                if server.started:
                    break
                await asyncio.sleep(0.01)
        yield port
        server.should_exit = True
        await serving


async def speak(port: int, said: bytes) -> bytes:
    """Send bytes over a connection and return everything that comes back until it is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = b""
    # The server may close on what it refuses while there is more of it on the way.
    with contextlib.suppress(ConnectionError):
        writer.write(said)
        await writer.drain()
        while piece := await reader.read(65_536):
            heard += piece
    writer.close()
    return heard


class TestConnections:
    """What breaks HTTP itself is refused by the server, in its own words; what passes has our shape."""

    async def test_that_break_the_protocol_or_its_limits(self, showcase: RunningAddon) -> None:
        wrong = {}
        async with served(showcase.app) as port, asyncio.timeout(120):
            for name, said in RAW.items():
                heard = await speak(port, said.replace(b"Host: x\r\n", b"Host: x\r\nConnection: close\r\n"))
                head, _, body = heard.partition(b"\r\n\r\n")
                in_our_shape = b"application/json" in head and has_one_shape(body)
                by_the_server = head.startswith(b"HTTP/1.1 400") and body == b"Invalid HTTP request received."
                if not head.startswith(b"HTTP/1.1 4") or not (in_our_shape or by_the_server):
                    wrong[name] = heard[:200]
            alive = await speak(port, ALIVE)
        assert wrong == {}
        assert alive.startswith(b"HTTP/1.1 200")

    async def test_client_that_leaves_in_the_middle_does_no_harm(
        self, showcase: RunningAddon, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with served(showcase.app) as port, asyncio.timeout(60):
            for _ in range(3):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(
                    b"POST /hipchat/installed HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    b"Content-Length: 100\r\n\r\n{"
                )
                await writer.drain()
                writer.transport.abort()
            alive = await speak(port, ALIVE)
        assert alive.startswith(b"HTTP/1.1 200")
        assert "Traceback" not in caplog.text
        assert "unhandled" not in caplog.text
