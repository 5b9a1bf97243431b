"""How HipChat hosts install: nothing is believed that the host does not vouch for."""

import pytest

from app.connect.hosts.hipchat.descriptor import INSTALL
from app.connect.hosts.hipchat.settings import HipChatDetails
from devhost.errors import InstallRefused
from tests.connect.contents import every_row, tenants
from tests.connect.probe import ProbedAddon
from tests.hosts.hipchat.installs import (
    CAPABILITIES,
    HOST,
    OTHER,
    OtherHost,
    body_of_other_host,
    install_body,
    register,
    secret_of,
)

MISSHAPEN: tuple[dict[str, object], ...] = (
    {"oauthId": None},
    {"oauthId": ""},
    {"oauthId": "with space"},
    {"oauthId": "nul\0"},
    {"oauthId": "x" * 256},
    {"oauthId": "connect:page"},
    {"oauthId": ["client"]},
    {"oauthSecret": "short"},
    {"oauthSecret": 7},
    {"capabilitiesUrl": None},
    {"capabilitiesUrl": "x" * 2001},
    {"groupId": "one"},
    {"groupId": True},
    {"roomId": 1.5},
    {"roomId": "٣"},
)
FOREIGN = (
    "https://attacker.example/v2/capabilities",
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1/v2/capabilities",
    "file:///etc/passwd",
    "//127.0.0.1:9100/v2/capabilities",
)


class TestInstalling:
    async def test_keeps_the_secret_sealed(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        assert await secret_of(probed, tenant) == installation.secret
        assert installation.secret not in repr(await every_row(probed))

    async def test_learns_what_the_group_is_called(self, probed: ProbedAddon) -> None:
        details = (await probed.tenant(await probed.install())).details(HipChatDetails)
        assert (details.group_id, details.group_name) == ("1", "Devhost")

    async def test_learns_where_the_hosts_endpoints_are(self, probed: ProbedAddon) -> None:
        tenant = await probed.tenant(await probed.install())
        assert (tenant.origin, tenant.api_url) == (HOST, f"{HOST}/v2/")
        assert tenant.web_url == HOST
        assert tenant.details(HipChatDetails).token_url == f"{HOST}/v2/oauth/token"

    async def test_in_a_room_is_for_that_room(self, probed: ProbedAddon) -> None:
        tenant = await probed.tenant(await probed.install(room_id=2))
        assert tenant.details(HipChatDetails).room_id == "2"

    async def test_for_the_group_names_no_room(self, probed: ProbedAddon) -> None:
        tenant = await probed.tenant(await probed.install(room_id=None))
        assert tenant.details(HipChatDetails).room_id is None

    async def test_runs_on_installed(self, probed: ProbedAddon) -> None:
        tenant = await probed.tenant(await probed.install())
        assert [(run.handler, run.tenant_id) for run in probed.probe.runs] == [("installed", tenant.id)]

    async def test_makes_a_tenant_of_each_place(self, probed: ProbedAddon) -> None:
        for place in (1, 2, None):
            await probed.install(room_id=place)
        assert len(await tenants(probed)) == 3
        assert len({run.tenant_id for run in probed.probe.runs}) == 3

    async def test_of_a_host_that_gives_no_token_is_refused(self, probed: ProbedAddon) -> None:
        probed.devhost.host.faults.error(503, path="/v2/oauth/token")
        with pytest.raises(InstallRefused):
            await probed.install()
        assert await tenants(probed) == []

    async def test_of_a_host_that_cannot_be_reached_is_refused(self, probed: ProbedAddon) -> None:
        installation = await register(probed.devhost)
        body = install_body(probed.devhost, installation, capabilitiesUrl="http://127.0.0.1:9999/v2/capabilities")
        answer = await probed.http.post("/hipchat/installed", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "install_refused")
        assert await tenants(probed) == []


class TestBodyOfAnInstall:
    async def test_of_another_host_is_taken_when_everything_holds(
        self, probed: ProbedAddon, other_host: OtherHost
    ) -> None:
        answer = await probed.http.post("/hipchat/installed", json=body_of_other_host())
        assert answer.status_code == 204
        assert other_host.asked == ["/v2/capabilities", "/v2/oauth/token"]
        assert len(await tenants(probed)) == 1

    async def test_with_a_token_address_elsewhere_is_refused(self, probed: ProbedAddon, other_host: OtherHost) -> None:
        for url in ("https://attacker.example/token", "http://127.0.0.1@attacker.example/", "file:///etc/passwd", ""):
            other_host.document["capabilities"]["oauth2Provider"]["tokenUrl"] = url
            answer = await probed.http.post("/hipchat/installed", json=body_of_other_host())
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "install_refused")
        assert set(other_host.asked) == {"/v2/capabilities"}
        assert await tenants(probed) == []

    @pytest.mark.parametrize(
        "place",
        [
            "/files/7/capabilities",
            "/v2/capabilities/",
            "/v2/capabilities?x",
            "/v2/capabilities#x",
            "//v2/capabilities",
            "/",
        ],
    )
    async def test_with_a_document_elsewhere_on_the_host_is_refused(
        self, probed: ProbedAddon, other_host: OtherHost, place: str
    ) -> None:
        body = body_of_other_host(capabilitiesUrl=f"{OTHER}{place}")
        answer = await probed.http.post("/hipchat/installed", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "install_refused")
        assert "HIPCHAT_CAPABILITIES_PATHS" in answer.json()["error"]["message"]
        assert other_host.asked == []
        assert await tenants(probed) == []

    async def test_that_is_refused_says_why_in_the_log(
        self, probed: ProbedAddon, other_host: OtherHost, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Whoever installs sees that it failed, and asks the add-on's operator."""
        other_host.document["capabilities"]["oauth2Provider"]["tokenUrl"] = "https://elsewhere.example/token"
        answer = await probed.http.post("/hipchat/installed", json=body_of_other_host())
        assert answer.status_code == 400
        assert f"{INSTALL.name} of hipchat refused: {answer.json()['error']['message']}" in caplog.text

    async def test_with_an_api_address_elsewhere_is_refused(self, probed: ProbedAddon, other_host: OtherHost) -> None:
        other_host.document["capabilities"]["hipchatApiProvider"]["url"] = "https://attacker.example/v2/"
        answer = await probed.http.post("/hipchat/installed", json=body_of_other_host())
        assert answer.status_code == 400
        assert await tenants(probed) == []

    async def test_with_another_self_link_is_refused(self, probed: ProbedAddon, other_host: OtherHost) -> None:
        for link in (f"{HOST}/v2/capabilities", f"{CAPABILITIES}/", "https://elsewhere.example/"):
            other_host.document["links"]["self"] = link
            answer = await probed.http.post("/hipchat/installed", json=body_of_other_host())
            assert answer.status_code == 400
            assert "links.self" in answer.json()["error"]["message"]
        assert await tenants(probed) == []

    async def test_for_a_group_that_is_not_the_tokens_is_refused(
        self, probed: ProbedAddon, other_host: OtherHost
    ) -> None:
        other_host.group_id = 2
        answer = await probed.http.post("/hipchat/installed", json=body_of_other_host())
        assert answer.status_code == 400
        assert "group" in answer.json()["error"]["message"]
        assert await tenants(probed) == []

    async def test_that_does_not_fit_the_protocol_is_refused_unasked(
        self, probed: ProbedAddon, other_host: OtherHost
    ) -> None:
        for changes in MISSHAPEN:
            answer = await probed.http.post("/hipchat/installed", json=body_of_other_host(**changes))
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request"), changes
        assert other_host.asked == []
        assert await tenants(probed) == []

    async def test_from_an_origin_that_may_not_install_is_refused_unasked(self, probed: ProbedAddon) -> None:
        for url in FOREIGN:
            answer = await probed.http.post("/hipchat/installed", json=body_of_other_host(capabilitiesUrl=url))
            assert answer.status_code == 400
            assert "HIPCHAT_ORIGINS" in answer.json()["error"]["message"]
        assert await tenants(probed) == []
