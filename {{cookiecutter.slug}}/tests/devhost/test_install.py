"""Installing add-ons by their descriptor URL."""

import asyncio
import base64
import json
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from devhost.chat.host import Host
from devhost.dialects.hipchat.host import HipChatHost
from devhost.errors import InstallRefused
from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.devhost.foreign import DESCRIPTOR_URL, ORIGIN, ForeignAddon, descriptor


async def status(_request: Request, code: int = 409) -> Response:
    return Response("no thanks", status_code=code)


class TestServerSideInstall:
    async def test_posts_the_documented_payload(self, installed: Installation, addon: ForeignAddon) -> None:
        (document,) = [data for verb, path, data in addon.requests if (verb, path) == ("POST", "/installed")]
        assert document == {
            "oauthId": installed.client_id,
            "oauthSecret": installed.secret,
            "capabilitiesUrl": "http://127.0.0.1:9000/v2/capabilities",
            "groupId": 1,
            "roomId": 1,
        }

    async def test_leaves_the_room_out_of_a_group_install(self, host: Host, addon: ForeignAddon) -> None:
        await host.install(DESCRIPTOR_URL)
        (document,) = [data for verb, path, data in addon.requests if (verb, path) == ("POST", "/installed")]
        assert "roomId" not in document

    async def test_grants_tokens_while_the_callback_is_pending(
        self, installed: Installation, addon: ForeignAddon
    ) -> None:
        assert installed.state == "installed"
        assert [token["group_name"] for token in addon.tokens] == ["Devhost"]

    @pytest.mark.parametrize("code", [200, 201, 204])
    async def test_accepts_any_2xx(self, host: Host, addon: ForeignAddon, code: int) -> None:
        addon.answers["/installed"] = lambda request: status(request, code)
        assert (await host.install(DESCRIPTOR_URL)).state == "installed"

    async def test_strict_mode_accepts_200_only(self, host: Host, addon: ForeignAddon) -> None:
        host.settings.strict_200 = True
        with pytest.raises(InstallRefused, match="did not answer 200: status 204"):
            await host.install(DESCRIPTOR_URL)

    async def test_refusal_carries_status_and_body_and_leaves_nothing(self, host: Host, addon: ForeignAddon) -> None:
        addon.answers["/installed"] = status
        with pytest.raises(InstallRefused) as refused:
            await host.install(DESCRIPTOR_URL)
        assert (refused.value.status, refused.value.body) == (409, "no thanks")
        assert host.installations() == []

    async def test_slow_callback_is_refused(self, host: Host, addon: ForeignAddon) -> None:
        async def slow(_request: Request) -> Response:
            await asyncio.sleep(1)
            return Response()

        host.settings.callback_timeout = 0.02
        addon.answers["/installed"] = slow
        with pytest.raises(InstallRefused, match="no answer within"):
            await host.install(DESCRIPTOR_URL)

    async def test_data_uri_installs_without_a_server(self, host: Host) -> None:
        content = descriptor(installable=None, webhook=None, glance=None, webPanel=None, dialog=None, configurable=None)
        encoded = base64.b64encode(json.dumps(content).encode()).decode()
        one = await host.install(f"data:application/json;base64,{encoded}")
        assert one.state == "installed"


class TestConsent:
    async def test_tells_scopes_and_flow_without_installing(self, host: Host, addon: ForeignAddon) -> None:
        asked = (await host.consent(DESCRIPTOR_URL, room_id="Lobby")).public()
        assert asked["name"] == "Greeter"
        assert asked["flow"] == "server"
        assert asked["scopes"][0]["name"] == "Send Notification"
        assert addon.paths("POST") == []

    async def test_place_must_be_allowed(self, host: Host, addon: ForeignAddon) -> None:
        addon.descriptor = descriptor(
            installable={"callbackUrl": f"{ORIGIN}/installed", "allowGlobal": False, "allowRoom": False}
        )
        with pytest.raises(InstallRefused, match="allowGlobal is false"):
            await host.consent(DESCRIPTOR_URL)
        with pytest.raises(InstallRefused, match="allowRoom is false"):
            await host.consent(DESCRIPTOR_URL, room_id=1)


class TestBadDescriptors:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"key": 7}, "key: "),
            ({"links": {"self": "http://127.0.0.1:8000/other"}}, "links.self: "),
            ({"apiVersion": "one"}, "apiVersion: "),
            ({"vendor": {"name": "Example", "url": "x", "size": 1}}, "vendor.size: "),
        ],
    )
    async def test_reason_names_the_place(
        self, host: Host, addon: ForeignAddon, change: dict[str, Any], reason: str
    ) -> None:
        addon.descriptor |= change
        with pytest.raises(InstallRefused) as refused:
            await host.install(DESCRIPTOR_URL)
        assert reason in refused.value.reason

    @pytest.mark.parametrize(
        ("capabilities", "reason"),
        [
            ({"hipchatApiConsumer": {"scopes": ["rule"]}}, "capabilities.hipchatApiConsumer.scopes[0]: "),
            ({"webhook": [{"event": "x", "url": f"{ORIGIN}/h"}]}, "capabilities.webhook[0].event: "),
            ({"webhook": [{"event": "room_enter", "url": "/h"}]}, "capabilities.webhook[0].url: "),
            (
                {"webhook": [{"event": "room_message", "url": f"{ORIGIN}/h", "pattern": "("}]},
                "capabilities.webhook[0].pattern: ",
            ),
            ({"glance": [{"key": "a b", "name": {"value": "x"}}]}, "capabilities.glance[0].key: "),
            ({"glance": [{"key": "a", "name": {"value": "x"}}]}, "capabilities.glance[0].icon: "),
            ({"externalPage": [{"key": "page", "url": ORIGIN}] * 2}, "have the key 'page'"),
            ({"webPanel": None}, "opens 'panel', and no module has that key"),
            ({"installable": {"allowRoom": "yes"}}, "capabilities.installable.allowRoom: "),
        ],
    )
    async def test_reason_names_the_module(
        self, host: Host, addon: ForeignAddon, capabilities: dict[str, Any], reason: str
    ) -> None:
        addon.descriptor = descriptor(**capabilities)
        with pytest.raises(InstallRefused) as refused:
            await host.install(DESCRIPTOR_URL)
        assert reason in refused.value.reason

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (HTMLResponse("<h1>Hello</h1>"), "not JSON"),
            (JSONResponse([1]), "not a JSON object"),
            (Response(status_code=500), "status 500"),
            (RedirectResponse("/elsewhere"), "redirects are not followed"),
            (Response(b"x" * 300_000), "larger than"),
            (Response(b"\xff"), "not JSON"),
            (Response(b"[" * 100_000), "not JSON"),
            (Response(b'{"key": "\\ud800"}'), "not JSON"),
            (Response(b'{"key": NaN}'), "not JSON"),
        ],
    )
    async def test_unusable_answers_are_explained(
        self, host: Host, addon: ForeignAddon, answer: Response, reason: str
    ) -> None:
        async def answered(_request: Request) -> Response:
            return answer

        addon.answers["/descriptor"] = answered
        with pytest.raises(InstallRefused) as refused:
            await host.install(DESCRIPTOR_URL)
        assert reason in refused.value.reason

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "x",
            "ftp://a/b",
            "http://",
            "http://[",
            "data:nothing",
            "data:;base64,###",
            "http://127.0.0.1:1/",
        ],
    )
    async def test_unusable_addresses_are_explained(self, host: Host, url: str) -> None:
        with pytest.raises(InstallRefused):
            await host.install(url)


class TestBrowserInstall:
    async def test_walks_to_installed_url_with_a_one_time_document(self, devhost: Devhost, addon: ForeignAddon) -> None:
        addon.descriptor = descriptor(installable={"installedUrl": f"{ORIGIN}/started"})
        one = await devhost.host.install(DESCRIPTOR_URL, room_id=1)
        assert one.state == "installed"
        assert addon.tenants[one.client_id]["oauthSecret"] == one.secret
        (query,) = [data for verb, path, data in addon.requests if path == "/started"]
        assert (await devhost.client.get(query["installable_url"])).status_code == 404

    async def test_page_that_never_reads_the_document_is_refused(self, host: Host, addon: ForeignAddon) -> None:
        addon.descriptor = descriptor(installable={"installedUrl": f"{ORIGIN}/page"})
        with pytest.raises(InstallRefused, match="never read installable_url"):
            await host.install(DESCRIPTOR_URL)
        assert host.installations() == []


class TestUpdate:
    async def test_update_callback_keeps_the_client(
        self, host: Host, addon: ForeignAddon, installed: Installation
    ) -> None:
        addon.descriptor = descriptor(
            installable={"callbackUrl": f"{ORIGIN}/installed", "updateCallbackUrl": f"{ORIGIN}/updated"},
            webhook=[{"event": "room_enter", "url": f"{ORIGIN}/hook"}],
        )
        after = await host.update(installed.client_id)
        (document,) = [data for verb, path, data in addon.requests if path == "/updated"]
        assert after is installed
        assert document == {
            "capabilitiesUrl": f"{host.base_url}/v2/capabilities",
            "oauthId": installed.client_id,
            "roomId": 1,
        }
        assert isinstance(host, HipChatHost)
        assert [one.hook.event for one in host.hipchat.webhooks] == ["room_enter"]

    async def test_without_update_callback_a_new_client_replaces_the_old(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        after = await devhost.host.update(installed.client_id)
        assert after.client_id != installed.client_id
        assert devhost.host.installations() == [after]
        refused = await devhost.client.post(
            "/v2/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(installed.client_id, installed.secret),
        )
        assert refused.status_code == 401

    async def test_installing_again_in_the_same_place_is_an_update(self, host: Host, installed: Installation) -> None:
        again = await host.install(DESCRIPTOR_URL, room_id=1)
        assert host.installations() == [again]

    async def test_refused_update_changes_nothing(
        self, host: Host, addon: ForeignAddon, installed: Installation
    ) -> None:
        addon.answers["/installed"] = status
        with pytest.raises(InstallRefused):
            await host.update(installed.client_id)
        assert host.installations() == [installed]


class TestUninstall:
    async def test_revokes_then_sends_the_delete(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        answer = await devhost.host.uninstall(installed.client_id)
        assert answer is not None
        assert answer.status == 204
        assert addon.paths("DELETE") == [f"/installed/{installed.client_id}"]
        assert devhost.host.installations() == []

    async def test_may_leave_401_as_the_only_signal(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        assert await devhost.host.uninstall(installed.client_id, delete=False, browser=False) is None
        assert addon.paths("DELETE") == []
        answer = await devhost.client.post(
            "/v2/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(installed.client_id, installed.secret),
        )
        assert answer.status_code == 401
        assert answer.json()["error"]["type"] == "Unauthorized"

    async def test_browser_goes_to_uninstalled_url(self, devhost: Devhost, addon: ForeignAddon) -> None:
        seen: list[dict[str, Any]] = []

        async def gone(request: Request) -> Response:
            document = await devhost.client.get(request.query_params["installable_url"])
            seen.append(document.json())
            return Response(status_code=302, headers={"location": request.query_params["redirect_url"]})

        addon.answers["/gone"] = gone
        addon.descriptor = descriptor(
            installable={"callbackUrl": f"{ORIGIN}/installed", "uninstalledUrl": f"{ORIGIN}/gone"}
        )
        one = await devhost.host.install(DESCRIPTOR_URL)
        await devhost.host.uninstall(one.client_id)
        assert seen == [{"oauthId": one.client_id}]

    async def test_add_on_that_fails_is_uninstalled_all_the_same(
        self, devhost: Devhost, installed: Installation
    ) -> None:
        devhost.stop(ORIGIN)
        answer = await devhost.host.uninstall(installed.client_id)
        assert answer is not None
        assert answer.status is None
        assert devhost.host.installations() == []
