"""Who may frame a page, and what its headers allow."""

import re

import httpx
import pytest

from app.connect.application import Application
from app.connect.errors import ConfigurationError
from app.connect.hosts.hipchat.settings import HipChatSettings
from app.connect.settings import Settings, load_settings
from devhost.testing import Devhost
from tests.connect.asking import SETTINGS, change_installation, header
from tests.connect.pages.reading import Tags, open_page, policy
from tests.connect.showcase import DOCUMENT, make_routers
from tests.support.chat import DESCRIPTOR
from tests.support.running import ADDON, RunningAddon

pytestmark = pytest.mark.one_database

BRIDGE = "/static/connect/bridge.js"
HOST = "http://127.0.0.1:9000"
PAGES = [("webPanel", "list"), ("dialog", "ask"), ("externalPage", "sheet"), ("configurable", "")]


async def open_configured(settings: Settings, devhost: Devhost, **changes: str) -> httpx.Response:
    """Open a panel of an add-on whose settings for its host are a test's own."""
    application = Application(
        settings,
        make_routers(),
        transport=devhost.transport,
        document=DOCUMENT,
        host_settings={"hipchat": load_settings(HipChatSettings, _env_file=None, **changes)},
    )
    devhost.serve(ADDON, application.app)
    installation = await devhost.host.install(DESCRIPTOR, room_id=1)
    answer = await devhost.host.open(installation.client_id, "webPanel", "list", room_id=1)
    await application.close()
    return answer


class TestFrames:
    async def test_only_the_tenants_host_may_frame_a_page(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        for kind, key in PAGES:
            answer = await open_page(showcase, installation, kind, key)
            assert answer.status_code == 200, kind
            assert policy(answer)["frame-ancestors"] == HOST, kind
            assert "x-frame-options" not in answer.headers, kind

    async def test_each_tenant_has_its_own_host(self, showcase: RunningAddon) -> None:
        """The address of the host's pages counts, not the one of its API."""
        lobby, group = await showcase.install(), await showcase.install(room_id=None)
        await change_installation(showcase, group, web_url="https://chat.example/web")
        showcase.parts.forget(await showcase.tenant(group))
        ours, theirs = await open_page(showcase, lobby), await open_page(showcase, group)
        assert policy(ours)["frame-ancestors"] == HOST
        assert policy(theirs)["frame-ancestors"] == "https://chat.example"
        hosts = [Tags(answer.text).all("script")[0]["data-hosts"] for answer in (ours, theirs)]
        assert hosts == [HOST, "https://chat.example"]

    async def test_configured_origins_may_frame_it_too(self, settings: Settings, devhost: Devhost) -> None:
        configured = await open_configured(
            settings, devhost, frame_ancestors="https://desktop.example,https://mobile.example"
        )
        all_of_them = f"{HOST} https://desktop.example https://mobile.example"
        assert policy(configured)["frame-ancestors"] == all_of_them
        assert Tags(configured.text).all("script")[0]["data-hosts"] == all_of_them

    async def test_nothing_is_cached_sniffed_or_told_to_others(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        for kind, key in PAGES:
            answer = await open_page(showcase, installation, kind, key)
            assert answer.headers["referrer-policy"] == "no-referrer", kind
            assert answer.headers["x-content-type-options"] == "nosniff", kind
            assert answer.headers["cache-control"] == "no-store", kind
            assert answer.headers["content-type"] == "text/html; charset=utf-8", kind
            assert "set-cookie" not in answer.headers, kind

    async def test_scripts_come_from_here_alone(self, showcase: RunningAddon) -> None:
        """A script of one tenant's host could read the pages of all."""
        installation = await showcase.install()
        for kind, key in PAGES:
            answer = await open_page(showcase, installation, kind, key)
            directives = policy(answer)
            assert directives["default-src"] == "'none'"
            assert directives["script-src"] == "'self'"
            assert directives["style-src"] == f"'self' {HOST}"
            assert directives["base-uri"] == "'none'"
            assert directives["form-action"] == directives["connect-src"] == "'self'"
            page = Tags(answer.text)
            assert [script["src"] for script in page.all("script")] == [BRIDGE, "/static/connect/connect.js"]
            assert page.all("script")[0]["data-names"] == "HipChat AP"
            assert not [
                name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "style"
            ]

    async def test_script_that_all_tenants_trust_is_the_only_other_one(
        self, settings: Settings, devhost: Devhost
    ) -> None:
        trusted = "https://chat.example:8443/web/host-connect/all.js"
        answer = await open_configured(settings, devhost, script_url=trusted)
        assert policy(answer)["script-src"] == "'self' https://chat.example:8443"
        first = Tags(answer.text).all("script")[0]
        assert first == {"src": trusted}

    @pytest.mark.parametrize("url", ["all.js", "/all.js", "ftp://chat.example/all.js", "https://*/all.js"])
    def test_script_that_all_tenants_trust_is_named_whole(self, url: str) -> None:
        with pytest.raises(ConfigurationError, match="HIPCHAT_SCRIPT_URL"):
            load_settings(HipChatSettings, _env_file=None, script_url=url)

    async def test_what_hosts_measure_stands_around_what_is_drawn_again(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        html = (await open_page(showcase, installation, "dialog", "ask")).text
        assert re.search(r'<div class="ac-content">\s*<main>.*</main>\s*</div>\s*</body>', html, re.DOTALL)

    async def test_page_knows_where_its_token_is_renewed(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        page = Tags((await open_page(showcase, installation, "dialog", "ask")).text)
        refresh = page.named("page-token-refresh")["content"]
        token = page.named("page-token")["content"]
        assert refresh is not None
        assert token is not None
        renewed = await showcase.http.post(refresh, headers=header(token))
        assert set(renewed.json()) == {"token"}

    async def test_everything_else_may_be_framed_by_nobody(self, showcase: RunningAddon) -> None:
        for path in ("/", "/docs", "/hipchat/capabilities.json", "/nowhere", SETTINGS, "/static/connect/connect.css"):
            answer = await showcase.http.get(path)
            assert policy(answer)["frame-ancestors"] == "'none'", path
            assert answer.headers["x-content-type-options"] == "nosniff", path
            assert answer.headers["referrer-policy"] == "no-referrer", path
