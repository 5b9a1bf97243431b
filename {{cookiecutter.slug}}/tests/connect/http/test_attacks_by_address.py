"""Attacks by address, method, header and token on every public route: always a 4xx of one shape, never a secret."""

import pytest

from tests.connect.http.attacking import JSON, SIGNED, Attack, Attacker, Headers, all_routes
from tests.connect.http.hostile import BAD_HEADERS, HOSTILE_TOKENS
from tests.support.running import RunningAddon

pytestmark = pytest.mark.one_database

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
        "the file system, from the plumbing's folder": b"/static/connect/..%2f..%2fapplication.py",
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
