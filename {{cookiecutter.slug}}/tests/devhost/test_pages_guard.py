"""The pages answer to nobody but themselves."""

import httpx
import pytest
from fastapi.routing import APIRoute

from devhost.chat import breaking, frames, install, live, room, stream, wire
from devhost.dialects.hipchat import authorize_page
from devhost.page import files
from devhost.testing import Devhost
from devhost.world.installations import Installation

PARTS = (room, authorize_page, breaking, frames, install, live, stream, wire, files)
ROUTES = [
    (method, route.path)
    for part in PARTS
    for route in part.router.routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods or ())
]
# Without an end.
STREAMS = {"/page/events", "/page/changes"}
ELSEWHERE = (
    {"origin": "https://attacker.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:8000"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"host": "attacker.example"},
)


class TestOtherSites:
    @pytest.mark.parametrize(("method", "path"), ROUTES)
    async def test_are_refused_on_every_route(
        self, devhost: Devhost, installed: Installation, method: str, path: str
    ) -> None:
        path = path.replace("{client_id}", installed.client_id).replace("{name}", "nav").replace("{number}", "1")
        for headers in ELSEWHERE:
            answer = await devhost.client.request(
                method, path, headers={"content-type": "application/x-www-form-urlencoded"} | headers
            )
            assert answer.status_code == 403, headers
        assert devhost.host.installations() == [installed]

    async def test_links_to_a_page_work_and_forms_do_not(self, devhost: Devhost) -> None:
        followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
        assert (await devhost.client.get("/", headers=followed)).status_code == 200
        sent = await devhost.client.post("/page/say", data={"text": "x"}, headers=followed)
        assert sent.status_code == 403

    async def test_link_makes_the_devhost_fetch_nothing(self, devhost: Devhost, installed: Installation) -> None:
        """Whatever a site links to, the address in the link is called only once a person has said yes here."""
        secret_port = "http://127.0.0.1:5432/"
        before = len(devhost.host.wire)
        for template in sorted({path for method, path in ROUTES if method == "GET"}):
            path = (
                template.replace("{client_id}", installed.client_id).replace("{name}", "nav").replace("{number}", "1")
            )
            query = dict.fromkeys(("url", "descriptor", "place", "key", "message"), secret_port) | {"after": "0"}
            followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
            if path not in STREAMS:
                answer = await devhost.client.get(path, params=query, headers=followed)
                assert answer.status_code < 500, path
        assert [one.path for one in list(devhost.host.wire)[before:] if secret_port in one.path] == []

    async def test_link_to_install_waits_for_a_person(self, devhost: Devhost) -> None:
        before = len(devhost.host.wire)
        followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
        link = {"url": "http://127.0.0.1:5432/", "room": "Lobby"}
        page = await devhost.client.get("/addons/install", params=link, headers=followed)
        assert (page.status_code, len(devhost.host.wire)) == (200, before)
        assert 'value="http://127.0.0.1:5432/"' in page.text
        confirmed = {"url": link["url"], "place": "1"}
        assert (await devhost.client.post("/page/consent", data=confirmed, headers=followed)).status_code == 403
        assert len(devhost.host.wire) == before
        assert (await devhost.client.post("/page/consent", data=confirmed)).status_code == 422
        assert len(devhost.host.wire) == before + 1

    @pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x"])
    async def test_only_forms_are_read(self, devhost: Devhost, kind: str) -> None:
        sent = await devhost.client.post("/page/say", content=b"text=x", headers={"content-type": kind})
        assert sent.status_code == 400
        assert devhost.said(devhost.lobby) == []


class TestRefusals:
    async def test_are_pages_for_people_and_json_for_the_script(self, devhost: Devhost) -> None:
        people = await devhost.client.get("/?room=99", headers={"accept": "text/html"})
        assert people.status_code == 404
        assert "Room 99 not found" in people.text
        assert "<h1>That did not work</h1>" in people.text
        script = await devhost.client.get("/?room=99", headers={"accept": "text/html", "x-devhost-piece": "1"})
        assert script.json()["error"]["message"] == "Room 99 not found"


class TestPolicy:
    async def test_allows_nothing_inline(self, devhost: Devhost, installed: Installation) -> None:
        for path in ("/", "/addons", f"/addons/{installed.client_id}"):
            page: httpx.Response = await devhost.client.get(path)
            policy = page.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "<style" not in page.text
            assert " style=" not in page.text
            assert page.text.count("<script") == page.text.count('<script type="module" src="/static/chat.js">') == 1
