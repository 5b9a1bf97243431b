"""Glances and pages, asked with the tokens of a viewer."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devhost.chat.host import Host
from devhost.dialects.hipchat.addresses import fill
from devhost.errors import GlanceRefused, HostError
from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.devhost.foreign import DESCRIPTOR_URL, ORIGIN, ForeignAddon, descriptor, verify

GOOD = {"label": {"type": "html", "value": "<b>4</b>"}}
OPEN = {"Access-Control-Allow-Origin": "*"}


class TestGlances:
    async def test_query_is_signed_checked_and_stored(
        self, host: Host, addon: ForeignAddon, installed: Installation
    ) -> None:
        data = await host.glance(installed.client_id, "greetings", room_id=1, user="developer")
        assert data["metadata"] == {"count": 4}
        query = addon.requests[-1][2]
        assert query["connect_client_api_version"] == "1"
        assert verify(query["signed_request"], installed.secret)["sub"] == "2"
        (view,) = host.glances(1, user="developer")
        assert view.data == data
        (other,) = host.glances(1, user="guest")
        assert other.data is None

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (JSONResponse(GOOD), "Access-Control-Allow-Origin"),
            (JSONResponse(GOOD, status_code=500, headers=OPEN), "status 500"),
            (JSONResponse(GOOD | {"error": "x"}, headers=OPEN), "`error` member"),
            (JSONResponse([], headers=OPEN), "not a JSON object"),
            (Response("<p>", headers=OPEN), "not JSON"),
            (JSONResponse({}, headers=OPEN), "label: "),
            (JSONResponse({"label": {"type": "text", "value": "x"}}, headers=OPEN), "label.type: "),
            (JSONResponse({"label": {"type": "html", "value": "x" * 1001}}, headers=OPEN), "label.value: "),
            (
                JSONResponse(
                    GOOD | {"status": {"type": "lozenge", "value": {"label": "x" * 21, "type": "new"}}},
                    headers=OPEN,
                ),
                "status.value.label: ",
            ),
            (
                JSONResponse(
                    GOOD | {"status": {"type": "lozenge", "value": {"label": "x", "type": "complete"}}},
                    headers=OPEN,
                ),
                "status.value.type: ",
            ),
            (
                JSONResponse(GOOD | {"status": {"type": "icon", "value": {"url": "x"}}}, headers=OPEN),
                "status.value.url@2x: ",
            ),
        ],
    )
    async def test_answer_that_clients_would_not_show_is_explained(
        self, host: Host, addon: ForeignAddon, installed: Installation, answer: Response, reason: str
    ) -> None:
        async def answered(_request: Request) -> Response:
            return answer

        addon.answers["/glance"] = answered
        with pytest.raises(GlanceRefused) as refused:
            await host.glance(installed.client_id, "greetings")
        assert reason in refused.value.reason
        (view,) = host.glances(1)
        assert reason in view.error

    async def test_conditions_hide_glances(self, host: Host, addon: ForeignAddon) -> None:
        glance = addon.descriptor["capabilities"]["glance"][0]
        glance["conditions"] = [
            {"condition": "room_is_public"},
            {"type": "or", "conditions": [{"condition": "user_is_admin"}, {"condition": "user_is_guest"}]},
        ]
        await host.install(DESCRIPTOR_URL)
        seen = {(room, who): len(host.glances(room, user=who)) for room in (1, 2) for who in (1, 2, 3)}
        assert seen == {(1, 1): 1, (1, 2): 0, (1, 3): 1, (2, 1): 0, (2, 2): 0, (2, 3): 0}

    async def test_metadata_conditions_wait_for_data(self, host: Host, addon: ForeignAddon) -> None:
        glance = addon.descriptor["capabilities"]["glance"][0]
        rule = {"attr": "count", "gt": 3}
        glance["conditions"] = [{"condition": "glance_matches", "params": {"metadata": [rule]}}]
        one = await host.install(DESCRIPTOR_URL)
        assert host.glances(1) == []
        await host.glance(one.client_id, "greetings")
        assert len(host.glances(1)) == 1

    async def test_conditions_nested_too_deeply_are_refused(self, host: Host, addon: ForeignAddon) -> None:
        inner: dict[str, Any] = {"condition": "room_is_public"}
        for _ in range(3):
            inner = {"type": "and", "conditions": [inner]}
        addon.descriptor["capabilities"]["glance"][0]["conditions"] = [inner]
        with pytest.raises(Exception, match="conditions"):
            await host.install(DESCRIPTOR_URL)


class TestPages:
    @pytest.mark.parametrize(
        ("kind", "key"),
        [("webPanel", "panel"), ("dialog", "dialog"), ("externalPage", "page"), ("configurable", "")],
    )
    async def test_each_kind_opens_signed(
        self, host: Host, addon: ForeignAddon, installed: Installation, kind: str, key: str
    ) -> None:
        answer = await host.open(installed.client_id, kind, key, room_id=1, user="guest")
        assert answer.status_code == 200
        claims = verify(addon.requests[-1][2]["signed_request"], installed.secret)
        assert claims["context"]["room_id"] == 1
        assert claims["sub"] == "3"

    async def test_group_settings_page_has_no_room(self, host: Host, addon: ForeignAddon) -> None:
        one = await host.install(DESCRIPTOR_URL)
        await host.open(one.client_id, "configurable")
        claims = verify(addon.requests[-1][2]["signed_request"], one.secret)
        assert "room_id" not in claims["context"]

    async def test_template_is_filled_from_the_context(self, host: Host, installed: Installation) -> None:
        values = {"message": {"sender": {"name": "A&B c"}}}
        url = host.signed_url(installed.client_id, "dialog", "dialog", room_id=1, values=values)
        assert parse_qs(urlsplit(url).query)["to"] == ["A&B c"]

    async def test_unsigned_page_has_no_token(self, host: Host, addon: ForeignAddon) -> None:
        addon.descriptor = descriptor(configurable={"url": f"{ORIGIN}/settings", "authentication": "none"})
        one = await host.install(DESCRIPTOR_URL)
        assert "signed_request" not in host.signed_url(one.client_id, "configurable")

    async def test_unknown_modules_are_refused(self, host: Host, installed: Installation) -> None:
        for kind, key in (("webPanel", "x"), ("window", "panel"), ("adminPage", "")):
            with pytest.raises(HostError):
                host.signed_url(installed.client_id, kind, key)

    async def test_page_of_an_add_on_that_is_gone_is_a_network_error(
        self, devhost: Devhost, installed: Installation
    ) -> None:
        devhost.stop(ORIGIN)
        with pytest.raises(httpx.RequestError):
            await devhost.host.open(installed.client_id, "webPanel", "panel", room_id=1)


class TestTemplates:
    def test_missing_is_empty_and_objects_are_json(self) -> None:
        values = {"a": {"b": 1, "c": {"d": "é"}}}
        assert fill("http://x/?1={a.b}&2={a.c}&3={a.x.y}&4={z}", values) == (
            "http://x/?1=1&2=%7B%22d%22%3A%22%C3%A9%22%7D&3=&4="
        )
