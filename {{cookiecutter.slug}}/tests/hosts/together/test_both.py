"""Two hosts in one process: what is portable answers on both, and nothing of one appears at the other."""

import json
from typing import Any

import pytest

from app.conformance import Sent
from app.connect.application import Application
from app.connect.hosts.protocol import ProofKind
from app.connect.settings import Settings
from tests.hosts.echo.case import HOST, EchoCase
from tests.hosts.hipchat_case import HipChatCase
from tests.hosts.together import both
from tests.hosts.together.both import PANELS, Both

pytestmark = pytest.mark.both_databases


class TestWhatIsPortable:
    async def test_panel_answers_on_both_with_the_tenant_of_each(self, two: Both) -> None:
        first, second = await two.twins()
        told = {
            case.name: (await two.enter(case, guest, PANELS[case.name])).body.decode().split(" ")[:2]
            for case, guest in ((two.hipchat, first), (two.echo, second))
        }
        assert told == {name: [name, first.client_key] for name in ("hipchat", "echo")}

    async def test_equal_client_keys_are_two_tenants(self, two: Both) -> None:
        first, _ = await two.twins()
        known = [await two.application.lifecycle.known(name, first.client_key) for name in ("hipchat", "echo")]
        assert len({one.tenant.id for one in known if one is not None}) == 2


class TestWhatIsOfOneHost:
    async def test_module_answers_at_its_host_alone(self, two: Both) -> None:
        first, second = await two.twins()
        card = await two.enter(two.echo, second, Sent("GET", "/echo/card/state"))
        assert (card.json(), card.headers["x-echo"]) == ({"text": "echo, free"}, "card")
        assert (await two.enter(two.hipchat, first, Sent("GET", "/hipchat/glance/state"))).status == 200
        for path in ("/hipchat/card/state", "/echo/glance/state"):
            assert (await two.send(Sent("GET", path))).status == 404

    async def test_event_runs_at_its_host_alone(self, two: Both) -> None:
        first, second = await two.twins()
        for case, guest in ((two.hipchat, first), (two.echo, second)):
            assert (await two.enter(case, guest, case.event(guest, 1), ProofKind.EVENT)).status == 204
        await two.application.worker.drain()
        assert sorted(two.heard) == [("echo", "event 1"), ("hipchat", "event 1")]
        assert list(two.echo.replies(second)) == ["to echo"]
        for path in ("/hipchat/webhook/ping", "/echo/webhook/heard"):
            assert (await two.send(Sent.post(path, {}))).status == 404

    async def test_inline_handler_answers_in_the_words_of_its_host(self, two: Both) -> None:
        _, second = await two.twins()
        body = {"id": "1", "client_key": second.client_key, "event": "called", "data": {"name": "Ada"}}
        answer = await two.enter(two.echo, second, Sent.post("/echo/webhook/called", body), ProofKind.EVENT)
        assert (answer.status, answer.json()) == (200, {"say": "Hello, Ada"})

    async def test_descriptor_names_nothing_of_the_other(self, two: Both) -> None:
        documents = {
            name: json.dumps((await two.send(Sent("GET", f"/{name}/{file}"))).json())
            for name, file in (("hipchat", "capabilities.json"), ("echo", "manifest.json"))
        }
        assert "/echo/" not in documents["hipchat"]
        assert "card" not in documents["hipchat"]
        assert "/hipchat/" not in documents["echo"]
        assert "glance" not in documents["echo"]


class TestTokens:
    async def test_token_of_one_host_opens_no_route_of_the_other(self, two: Both) -> None:
        """Client key and secret are equal, so nothing but the route says which host it is."""
        first, second = await two.twins()
        for case, guest, other in ((two.hipchat, first, two.echo), (two.echo, second, two.hipchat)):
            for sent, kind in ((PANELS[other.name], ProofKind.ENTRY), (other.event(guest, 1), ProofKind.EVENT)):
                token = case.sign(guest, sent, kind)
                assert (await two.send(case.carry(sent, token))).status == 401
        await two.application.worker.drain()
        assert two.heard == []

    async def test_token_without_binding_is_refused_where_one_is_needed(self, two: Both) -> None:
        first, _ = await two.twins()
        token = two.hipchat.sign(first, PANELS["echo"], ProofKind.ENTRY)
        assert (await two.send(two.echo.carry(PANELS["echo"], token))).status == 401

    async def test_page_token_of_one_host_opens_no_page_of_the_other(self, two: Both) -> None:
        first, _ = await two.twins()
        page = (await two.enter(two.hipchat, first, PANELS["hipchat"])).body.decode().split(" ")[2]
        statuses = {
            path: (await two.send(Sent(method, path).with_header("authorization", f"JWT {page}"))).status
            for method, path in (
                ("POST", "/hipchat/page-token"),
                ("POST", "/echo/page-token"),
                ("GET", "/echo/panel/report"),
                ("GET", "/both/echo"),
            )
        }
        assert statuses == {
            "/hipchat/page-token": 200,
            "/echo/page-token": 401,
            "/echo/panel/report": 401,
            "/both/echo": 401,
        }

    async def test_own_secret_moves_no_tenant_to_another_origin(self, two: Both) -> None:
        """The core's own rule, whatever a host believes."""
        _, second = await two.twins()
        body = {"client_key": second.client_key, "secret": second.secret, "url": "http://127.0.0.1:9999"}
        moved = two.echo.endpoint(second, Sent.post("/echo/installations", body))
        assert (await two.send(moved)).status == 409
        known = await two.application.lifecycle.known("echo", second.client_key)
        assert known is not None
        assert (known.tenant.origin, known.tenant.generation) == (HOST, 1)

    async def test_end_of_one_leaves_the_other(self, two: Both) -> None:
        first, second = await two.twins()
        assert (await two.send(two.echo.uninstall(second))).status == 204
        await two.application.worker.drain()
        assert (await two.enter(two.echo, second, PANELS["echo"])).status == 401
        assert (await two.enter(two.hipchat, first, PANELS["hipchat"])).status == 200


class TestTheStart:
    def make(self, settings: Settings, **changes: Any) -> Application:
        return Application(
            settings.model_copy(update=changes),
            both.make_routers([], []),
            document=both.DOCUMENT,
            host_settings={"hipchat": HipChatCase().settings(), "echo": EchoCase().settings()},
        )

    def test_both_hosts_of_addon_toml_are_served(self, settings: Settings) -> None:
        assert list(self.make(settings).hosts) == ["hipchat", "echo"]

    def test_hosts_that_are_named_are_served_in_that_order(self, settings: Settings) -> None:
        assert list(self.make(settings, hosts=("echo", "hipchat")).hosts) == ["echo", "hipchat"]
