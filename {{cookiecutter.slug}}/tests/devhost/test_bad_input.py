"""Malformed requests on every route: 4xx in the one error shape, never an exception."""

import re
from collections.abc import Iterator
from types import ModuleType

import httpx
import pytest
from fastapi.routing import APIRoute

from devhost.chat.host import Host
from devhost.dialects.hipchat import dialect
from devhost.testing import Devhost
from devhost.wire import control
from devhost.world.installations import Installation

BODIES: list[tuple[bytes, bytes]] = [
    (b"application/json", b""),
    (b"application/json", b"{"),
    (b"application/json", b"[]"),
    (b"application/json", b"null"),
    (b"application/json", b'"text"'),
    (b"application/json", b"{}"),
    (b"application/json", b"\xff\xfe"),
    (b"application/json", b"[" * 50_000),
    (b"application/json", b'{"message": NaN}'),
    (b"application/json", b'{"message": "\\ud800", "url": "\\ud800", "text": "\\ud800"}'),
    (b"application/json", b'{"message": 1e999, "name": 1e999, "glance": 1}'),
    (b"application/json", b'{"message": ' + b"9" * 5000 + b"}"),
    (b"application/json", b'{"url": "http://[", "event": "room_enter", "target": "http://[", "link": "http://["}'),
    (b"application/json", b'{"name": "a", "owner_user_id": ' + b"9" * 400 + b"}"),
    (b"application/json", b'{"avatar": "\xc3\xa9", "photo": "\xc3\xa9", "email": "@", "roles": {}}'),
    (b"application/x-www-form-urlencoded", b"message=%ff&url=%ff&text=%00"),
    (b"application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(200))),
    (b"multipart/related", b"--B\r\n\r\n--B--"),
    (b"multipart/related; boundary=B", b'--B\r\nContent-Disposition: x; name="file"\r\n\r\nx\r\n--B--'),
    (b"multipart/related; boundary=\xff", b"\x00"),
    (b"text/plain; charset=x", b"\xff"),
    (b"", b"{}"),
    (b"\x00", b"{}"),
]
VALUES = ("1", "Lobby", "%00", "%FF", "@Admin", "9" * 30, "a b", "%F0%9F%9A%80", "room", "webhook")
QUERIES = (
    "?%FF=%FF&start-index=%00",
    "?room=%FF&user=9&kind=x&seconds=nan&reveal=x&date=%00&expand=,,",
    "?max-results=0&date=2026-01-01&type=all&auth_token=x",
)


def routes(part: ModuleType) -> Iterator[tuple[str, str]]:
    for route in part.router.routes:
        assert isinstance(route, APIRoute)
        for method in sorted(route.methods or ()):
            yield method, route.path


def fill(path: str, value: str) -> str:
    return re.sub(r"\{[^}]+\}", value, path)


@pytest.fixture
def tireless(host: Host, installed: Installation, admin: httpx.AsyncClient) -> httpx.AsyncClient:
    """Return the admin's client without limits, beside an add-on."""
    host.settings.user_rate_limit = host.settings.flood_limit = 10**6
    return admin


@pytest.mark.parametrize("part", [*dialect.PARTS, control], ids=lambda part: part.__name__)
class TestEveryRoute:
    async def test_answers_malformed_bodies(self, tireless: httpx.AsyncClient, part: ModuleType) -> None:
        for method, path in routes(part):
            if method not in ("POST", "PUT"):
                continue
            for kind, body in BODIES:
                headers = {b"content-type": kind} if kind else {}
                answer = await tireless.request(method, fill(path, "1"), content=body, headers=headers)
                assert answer.status_code < 500, (method, path, kind, body[:80])
                if answer.status_code >= 400 and answer.headers["content-type"] == "application/json":
                    assert answer.json()["error"]["code"] == answer.status_code

    async def test_answers_strange_paths_and_queries(self, tireless: httpx.AsyncClient, part: ModuleType) -> None:
        for method, path in routes(part):
            for value in VALUES:
                answer = await tireless.request(method, fill(path, value))
                assert answer.status_code < 500, (method, path, value)
            for query in QUERIES:
                answer = await tireless.request(method, fill(path, "1") + query)
                assert answer.status_code < 500, (method, path, query)


class TestShape:
    async def test_unknown_path_method_and_size_have_the_error_shape(
        self, devhost: Devhost, tireless: httpx.AsyncClient
    ) -> None:
        missing = await devhost.client.get("/v2/nowhere")
        method = await devhost.client.patch("/v2/room")
        large = await tireless.post(
            "/v2/room", content=b"x" * (2 * 1024 * 1024 + 1), headers={"content-type": "application/json"}
        )
        assert [one.json()["error"]["code"] for one in (missing, method, large)] == [404, 405, 400]
        assert "x-ratelimit-limit" in missing.headers

    async def test_host_stays_well(self, devhost: Devhost) -> None:
        assert (await devhost.client.get("/")).status_code == 200
