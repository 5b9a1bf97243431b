"""The token endpoint: the pure halves, and the call."""

import json

import pytest

from app.connect.hosts.hipchat.client.errors import RateLimited
from app.connect.hosts.hipchat.client.oauth import ClientTokens, read_token, token_request
from app.connect.hosts.hipchat.outbound import HipChatOutbound
from app.connect.network.addresses import AddressRefused
from app.connect.network.fetch import HostUnavailable, Outbound, ResponseInvalid
from app.connect.network.tokens import TokenDenied, UnknownClient, Wanted
from app.connect.tenancy.tenant import Tenant
from tests.hosts.hipchat.fake_host import TOKEN_PATH, Answer, FakeHost

TOKEN_URL = f"https://api.host.example{TOKEN_PATH}"


class TestRequest:
    def test_scopes_are_sorted_and_separated_by_spaces(self) -> None:
        request = token_request(TOKEN_URL, client_key="id", secret="s", scopes=["view_room", "send_notification"])
        assert request.form == {"grant_type": "client_credentials", "scope": "send_notification view_room"}

    def test_no_scopes_asks_for_all_that_were_declared(self) -> None:
        assert "scope" not in token_request(TOKEN_URL, client_key="id", secret="s", scopes=()).form

    def test_the_secret_does_not_show_itself(self) -> None:
        assert "hidden" not in repr(token_request(TOKEN_URL, client_key="id", secret="hidden", scopes=()))


class TestAnswer:
    def test_a_token_is_read_with_its_group(self) -> None:
        body = {
            "access_token": "t",
            "expires_in": 3599,
            "scope": "a b",
            "group_id": 12,
            "group_name": "Group",
        }
        granted = read_token(200, json.dumps(body).encode())
        assert granted.token.access_token == "t"
        assert granted.token.expires_in == 3599
        assert granted.scopes == {"a", "b"}
        assert (granted.group_id, granted.group_name) == ("12", "Group")

    @pytest.mark.parametrize(("sent", "seconds"), [("28800", 28800.0), (5.5, 5.5), (0, 0.0), (-1, -1.0), (None, 300.0)])
    def test_a_life_is_read_in_any_form(self, sent: object, seconds: float) -> None:
        assert (
            read_token(200, json.dumps({"access_token": "t", "expires_in": sent}).encode()).token.expires_in == seconds
        )

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<html>",
            b"[]",
            b"{}",
            b'{"access_token": null}',
            b'{"access_token": ""}',
            b'{"access_token": "two words"}',
            b'{"access_token": "line\\r\\nX: y"}',
            b'{"access_token": "\\u00e4"}',
            b'{"access_token": "t", "expires_in": "soon"}',
            b'{"access_token": "t", "expires_in": []}',
            b'{"access_token": "t", "expires_in": "nan"}',
        ],
    )
    def test_a_200_without_a_usable_token_is_invalid(self, body: bytes) -> None:
        with pytest.raises(ResponseInvalid):
            read_token(200, body)

    @pytest.mark.parametrize("body", [b"", b'{"error": {"code": 401}}', b'{"error": "invalid_client"}'])
    def test_401_means_that_the_installation_is_unknown(self, body: bytes) -> None:
        with pytest.raises(UnknownClient):
            read_token(401, body)

    @pytest.mark.parametrize("status", [400, 403, 404, 302, 204])
    def test_other_refusals_are_no_sign_of_an_uninstall(self, status: int) -> None:
        with pytest.raises(TokenDenied):
            read_token(status, b"")

    @pytest.mark.parametrize("status", [429, 500, 502, 503])
    def test_a_host_in_trouble_is_unavailable(self, status: int) -> None:
        with pytest.raises(HostUnavailable):
            read_token(status, b"")


class TestCall:
    async def test_credentials_go_as_basic_and_the_grant_as_a_form(self, outbound: Outbound, host: FakeHost) -> None:
        granted = await ClientTokens(outbound).request(TOKEN_URL, client_key="id", secret="s:ß", scopes=["view_room"])
        (call,) = host.token_calls
        assert granted.token.access_token == "token-1"
        assert call.method == "POST"
        assert call.credentials == "id:s:ß"
        assert call.headers["content-type"] == "application/x-www-form-urlencoded"
        assert call.body == b"grant_type=client_credentials&scope=view_room"

    async def test_an_installed_tenant_asks_at_its_own_endpoint(
        self, outbound: Outbound, host: FakeHost, tenant: Tenant
    ) -> None:
        wanted = Wanted(frozenset({"view_room", "send_notification"}))
        granted = await HipChatOutbound(outbound, ClientTokens(outbound)).grant(tenant, "s", wanted)
        assert granted.access_token == "token-1"
        assert b"scope=send_notification+view_room" in host.token_calls[0].body
        assert host.token_calls[0].credentials == "client:s"

    async def test_a_revoked_client_is_unknown(self, outbound: Outbound, host: FakeHost) -> None:
        host.token_answers = [Answer(401, {"error": {"code": 401, "type": "Unauthorized", "message": "no"}})]
        with pytest.raises(UnknownClient):
            await ClientTokens(outbound).request(TOKEN_URL, client_key="id", secret="s")

    async def test_a_limit_says_until_when(self, outbound: Outbound, host: FakeHost) -> None:
        host.token_answers = [Answer(429, headers={"X-Ratelimit-Reset": "2000000000"})]
        with pytest.raises(RateLimited) as caught:
            await ClientTokens(outbound).request(TOKEN_URL, client_key="id", secret="s")
        assert caught.value.reset == 2_000_000_000

    async def test_an_inner_address_is_never_asked(self, outbound: Outbound, host: FakeHost) -> None:
        with pytest.raises(AddressRefused):
            await ClientTokens(outbound).request("https://169.254.169.254/", client_key="id", secret="s")
        assert host.token_calls == []
