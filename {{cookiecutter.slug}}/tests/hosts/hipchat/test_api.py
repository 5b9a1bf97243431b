"""The request core: scopes, tokens, paths and errors."""

import httpx
import pytest

from app.connect.hosts.hipchat.client.errors import (
    AddressRefused,
    HostNotFound,
    HostRejected,
    HostUnavailable,
    LimitExceeded,
    ResponseInvalid,
    ScopeMissing,
    TokenDenied,
    UnknownClient,
)
from app.connect.hosts.hipchat.client.room import RoomClient
from app.connect.network.bearer import BearerAuth
from app.connect.network.fetch import Outbound
from app.connect.network.tokens import TokenManager, Wanted
from app.connect.tenancy.tenant import Tenant
from tests.hosts.hipchat.conftest import Api
from tests.hosts.hipchat.fake_host import Answer, FakeHost
from tests.hosts.hipchat.tenants import Clock

ROOM = "/v2/room/7"
NOTIFICATION = "/v2/room/7/notification"
TOPIC = "/v2/room/7/topic"
DETAILS = Answer(200, {"id": 7, "name": "Room"})
DONE = Answer(204)


class TestScopes:
    @pytest.mark.parametrize(
        ("declared", "asked"),
        [
            (("view_room",), "view_room"),
            (("view_group",), "view_group"),
            (("view_group", "view_room", "admin_room"), "view_room"),
        ],
    )
    async def test_a_token_has_the_smallest_declared_scope_that_is_enough(
        self, make_api: Api, host: FakeHost, declared: tuple[str, ...], asked: str
    ) -> None:
        host.says("GET", ROOM, DETAILS)
        await RoomClient(make_api(declared), "7").details()
        assert host.token_calls[0].body.endswith(f"&scope={asked}".encode())

    async def test_a_call_without_a_declared_scope_is_not_sent(self, make_api: Api, host: FakeHost) -> None:
        with pytest.raises(ScopeMissing) as caught:
            await RoomClient(make_api(["send_notification"]), "7").details()
        assert caught.value.scopes == ("view_room", "view_group")
        assert 'Add "view_room" to scopes under [hipchat] in addon.toml' in str(caught.value)
        assert host.calls == host.token_calls == []


class TestTokens:
    async def test_a_call_carries_its_token_as_bearer(self, room: RoomClient, host: FakeHost) -> None:
        host.says("GET", ROOM, DETAILS)
        await room.details()
        assert host.calls[0].headers["authorization"] == "Bearer token-1"

    async def test_calls_of_one_scope_share_a_token(self, room: RoomClient, host: FakeHost) -> None:
        host.says("GET", ROOM, DETAILS)
        await room.details()
        await room.details()
        assert len(host.token_calls) == 1

    async def test_a_refused_token_is_replaced_and_the_call_repeated_with_its_body(
        self, room: RoomClient, host: FakeHost
    ) -> None:
        host.says("POST", NOTIFICATION, Answer(401), DONE)
        await room.notify("hi")
        assert [call.headers["authorization"] for call in host.calls] == ["Bearer token-1", "Bearer token-2"]
        assert [call.json["message"] for call in host.calls] == ["hi", "hi"]

    async def test_a_second_refusal_is_an_error(self, room: RoomClient, host: FakeHost) -> None:
        host.says("GET", ROOM, Answer(401))
        with pytest.raises(TokenDenied):
            await room.details()
        assert len(host.calls) == 2

    async def test_an_uninstalled_tenant_is_an_unknown_client(self, room: RoomClient, host: FakeHost) -> None:
        host.token_answers = [Answer(401, {"error": {"code": 401}})]
        with pytest.raises(UnknownClient):
            await room.details()
        assert host.calls == []

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example/v2/room",
            "http://api.host.example/v2/room",
            "https://api.host.example:8443/v2/room",
        ],
    )
    async def test_no_token_goes_to_another_origin(
        self, tokens: TokenManager, tenant: Tenant, host: FakeHost, url: str
    ) -> None:
        outbound = Outbound(production=False, transport=httpx.ASGITransport(host))
        auth = BearerAuth(tenant, tokens, Wanted(frozenset({"view_room"})), "https://api.host.example/")
        with pytest.raises(AddressRefused):
            await outbound.send("GET", url, auth=auth)
        await outbound.aclose()
        assert host.calls == host.token_calls == []


class TestPaths:
    @pytest.mark.parametrize(
        ("name", "path"),
        [
            ("Büro 1", "/v2/room/B%C3%BCro%201"),
            ("a/b?c#d%20", "/v2/room/a%2Fb%3Fc%23d%2520"),
            ("@Ann", "/v2/room/%40Ann"),
            ("..a", "/v2/room/..a"),
        ],
    )
    async def test_names_are_percent_encoded(self, make_api: Api, host: FakeHost, name: str, path: str) -> None:
        host.says("GET", path, DETAILS)
        assert (await RoomClient(make_api(), name).details()).id == "7"

    @pytest.mark.parametrize("name", ["", ".", "..", "\ud800"])
    async def test_names_that_mean_another_path_are_not_sent(self, make_api: Api, host: FakeHost, name: str) -> None:
        with pytest.raises(LimitExceeded):
            await RoomClient(make_api(), name).details()
        assert host.calls == []


class TestErrors:
    async def test_404_is_not_found(self, room: RoomClient) -> None:
        with pytest.raises(HostNotFound, match="/v2/room/7 not found"):
            await room.details()

    @pytest.mark.parametrize(
        ("document", "reason"),
        [
            ({"error": {"code": 403, "type": "Forbidden", "message": "no \n right"}}, "no right"),
            ({"error": "access_denied"}, "access_denied"),
            ({"error": {"message": ["x"]}}, ""),
            ({"error": {"message": "x" * 1000}}, "x" * 300),
            (["x"], ""),
            (None, ""),
        ],
    )
    async def test_a_refusal_says_what_the_host_said(
        self, room: RoomClient, host: FakeHost, document: object, reason: str
    ) -> None:
        host.says("GET", ROOM, Answer(403, document))
        with pytest.raises(HostRejected) as caught:
            await room.details()
        assert caught.value.host_status == 403
        assert caught.value.reason == reason

    @pytest.mark.parametrize(
        "answer",
        [
            Answer(200, body=b"{"),
            Answer(200, [1]),
            Answer(200, {"name": "no id"}),
            Answer(200, {"id": 7}, headers={"content-type": "text/html"}),
            Answer(204),
            Answer(302, headers={"location": "https://evil.example"}),
        ],
    )
    async def test_an_answer_that_is_no_room_is_invalid(self, room: RoomClient, host: FakeHost, answer: Answer) -> None:
        host.says("GET", ROOM, answer)
        with pytest.raises(ResponseInvalid):
            await room.details()

    async def test_500_is_not_tried_again(self, room: RoomClient, host: FakeHost, clock: Clock) -> None:
        host.says("GET", ROOM, Answer(500))
        with pytest.raises(HostUnavailable):
            await room.details()
        assert clock.slept == []
