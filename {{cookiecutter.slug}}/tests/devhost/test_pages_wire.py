"""The page's log of requests, and the events by which pages stay up to date."""

import asyncio
import itertools
import json
import shlex
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import Response

from devhost.chat.stream import events
from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.devhost.foreign import ForeignAddon


def read_curl(command: str) -> tuple[str, str, dict[str, str], str]:
    """Take a command apart as a shell and curl do."""
    words = shlex.split(command)
    assert words[:3] == ["curl", "-ig", "-X"]
    pairs = list(itertools.pairwise(words[5:]))[::2]
    headers = dict(value.split(": ", 1) for option, value in pairs if option == "-H")
    (body,) = [value for option, value in pairs if option == "--data-raw"]
    return words[3], words[4], headers, body


class TestEntry:
    async def test_hides_secrets_until_they_are_asked_for(self, devhost: Devhost, installed: Installation) -> None:
        (install,) = [one for one in devhost.host.wire if one.purpose == "install"]
        hidden = (await devhost.client.get(f"/page/wire/{install.id}")).text
        shown = (await devhost.client.get(f"/page/wire/{install.id}?reveal=true")).text
        assert installed.secret not in hidden
        assert installed.secret in shown
        assert "curl -ig -X POST http://127.0.0.1:8000/installed" in hidden
        assert (await devhost.client.get("/page/wire/9999")).status_code == 404

    async def test_tells_claims_and_why_it_was_refused(self, devhost: Devhost, installed: Installation) -> None:
        await devhost.client.get("/v2/room", headers={"authorization": "Bearer wrong"})
        (refused,) = [one for one in devhost.host.wire if one.verified is False]
        page = (await devhost.client.get(f"/page/wire/{refused.id}")).text
        assert "Token refused" in page
        assert "It says: " in page
        await devhost.host.say(1, "/hello")
        delivery = devhost.host.deliveries()[0]
        (sent,) = [one for one in devhost.host.wire if one.delivery_id == delivery.id]
        page = (await devhost.client.get(f"/page/wire/{sent.id}")).text
        assert installed.client_id in page
        assert "Send again" in page
        await devhost.client.post("/page/redeliver", data={"delivery_id": delivery.id})
        assert len(delivery.attempts) == 2

    async def test_copied_command_is_the_request_itself(
        self, devhost: Devhost, api: httpx.AsyncClient, installed: Installation
    ) -> None:
        await api.post("/v2/room/1/notification", json={"message": "it's “said”"})
        entry = list(devhost.host.wire)[-1]
        copied = (await devhost.client.get(f"/page/wire/{entry.id}/curl")).json()
        assert copied["told"] == "Copied with its real secrets: the command runs as it is."
        method, url, headers, body = read_curl(copied["command"])
        again = await devhost.client.request(method, url, headers=headers, content=body)
        assert again.status_code == 204
        assert devhost.said(1) == ["it's “said”"] * 2
        assert (await devhost.client.get("/page/wire/9999/curl")).status_code == 404

    async def test_command_with_a_shortened_body_says_so(self, devhost: Devhost, api: httpx.AsyncClient) -> None:
        await api.post("/v2/room/1/notification", json={"message": "x", "padding": "y" * 20_000})
        entry = list(devhost.host.wire)[-1]
        copied = (await devhost.client.get(f"/page/wire/{entry.id}/curl")).json()
        assert "keeps only the start" in copied["told"]

    async def test_answer_headers_are_shown_and_cookies_are_not(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        async def answer(_request: Request) -> Response:
            return Response("<p>x</p>", headers={"set-cookie": "session=abc", "x-build": "17"})

        addon.answers["/panel"] = answer
        await devhost.host.open(installed.client_id, "webPanel", "panel", room_id=1)
        page = (await devhost.client.get(f"/page/wire/{list(devhost.host.wire)[-1].id}")).text
        assert "Answer headers" in page
        assert "<dt>x-build</dt><dd><code>17</code></dd>" in page
        assert "session=abc" not in page

    async def test_strange_addresses_and_bodies_are_shown(self, devhost: Devhost) -> None:
        await devhost.client.get("/v2/room/a%20b?auth_token=x%27%3Cb%3E")
        await devhost.client.post("/v2/room", content=b"\xff<script>'", headers={"content-type": "text/plain"})
        for one in devhost.host.wire:
            page = await devhost.client.get(f"/page/wire/{one.id}")
            assert page.status_code == 200
            assert "<script>" not in page.text
        assert "<script>" not in (await devhost.client.get("/page/piece/wire")).text

    async def test_all_are_forgotten(self, devhost: Devhost, installed: Installation) -> None:
        await devhost.client.post("/page/forget", data={"room": "1"})
        assert len(devhost.host.wire) == 0
        assert "No request yet" in (await devhost.client.get("/page/piece/wire")).text


class TestEvents:
    async def test_tell_what_changes_and_end_with_the_host(self, devhost: Devhost, installed: Installation) -> None:
        answer = await events(devhost.host)
        told: list[tuple[str, dict[str, Any]]] = []

        async def read() -> None:
            async for part in answer.body_iterator:
                kind, _, data = str(part).strip().partition("\ndata: ")
                if data:
                    told.append((kind.removeprefix("event: "), json.loads(data)))

        reading = asyncio.create_task(read())
        await asyncio.sleep(0)
        await devhost.host.glance(installed.client_id, "greetings")
        await devhost.host.say(1, "hello")
        devhost.host.world.feed.end()
        await reading
        kinds = dict(told)
        assert kinds["glance"]["update"]["metadata"] == {"count": 4}
        assert kinds["message"]["message"]["body"] == "hello"
        assert "wire" in kinds
