"""The page and what it shows of add-ons' content."""

import pytest

from devhost.chat.markup import card_html, glance_html, message_html
from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.devhost.foreign import DESCRIPTOR_URL, ORIGIN, ForeignAddon, descriptor


def consent_in(page: str) -> str:
    return page.partition('name="consent" value="')[2].partition('"')[0]


class TestWalk:
    async def test_install_chat_glance_frame_uninstall(self, devhost: Devhost, addon: ForeignAddon) -> None:
        client = devhost.client
        where = {"room": "1", "user": "2"}
        asked = await client.post("/page/consent", data={"url": DESCRIPTOR_URL, "place": "1", "user": "2"})
        assert "Approve and install" in asked.text
        assert "Send room notifications" in asked.text
        yes = {"consent": consent_in(asked.text)}
        sent = await client.post("/page/install", data=yes)
        assert (await client.post("/page/install", data=yes)).status_code == 404
        (one,) = devhost.host.installations()
        assert sent.headers["location"] == f"/addons/{one.client_id}?user=admin&new=true"
        settings = await client.get(sent.headers["location"])
        assert f'src="{ORIGIN}/settings?signed_request=' in settings.text
        said = await client.post("/page/say", data=where | {"text": "/hello <b>"})
        assert said.status_code == 303
        act = where | {"client_id": one.client_id, "key": "greetings"}
        await client.post("/page/glance", data=act)
        page = (await client.get(said.headers["location"])).text
        assert "/hello &lt;b&gt;" in page
        assert "<b>4</b> greetings" in page
        assert one.secret not in page
        query = {"client_id": one.client_id, "kind": "webPanel", "key": "panel"}
        assert (
            f'<iframe title="Greetings" data-src="{ORIGIN}/panel?'
            in (await client.get("/page/open", params=query)).text
        )
        await client.post("/page/uninstall", data=act)
        assert devhost.host.installations() == []

    async def test_settings_that_refuse_leave_the_choice_of_a_person(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        page = await devhost.client.get(f"/addons/{installed.client_id}", params={"room": "1", "user": "2"})
        chooser = page.text.partition(
            f'<form class="person-chooser" method="get" action="/addons/{installed.client_id}"'
        )[2]
        assert '<input type="hidden" name="room" value="1">' in chooser
        assert '<option value="1">Admin</option><option value="2" selected>Developer</option>' in chooser

    async def test_refusal_is_shown_with_its_reason(self, devhost: Devhost, addon: ForeignAddon) -> None:
        addon.descriptor = descriptor(installable={"allowRoom": False})
        page = await devhost.client.post("/page/consent", data={"url": DESCRIPTOR_URL, "place": "1"})
        assert page.status_code == 422
        assert "capabilities.installable.allowRoom is false" in page.text

    async def test_client_side_install_sends_the_browser_to_the_add_on(
        self, devhost: Devhost, addon: ForeignAddon
    ) -> None:
        addon.descriptor = descriptor(installable={"installedUrl": f"{ORIGIN}/started"})
        query = {"url": DESCRIPTOR_URL, "room": "Lobby", "relayState": "back here"}
        form = await devhost.client.get("/addons/install", params=query)
        given = {"url": DESCRIPTOR_URL, "place": "1", "relayState": "back here"}
        assert all(f'value="{value}"' in form.text for value in given.values())
        asked = await devhost.client.post("/page/consent", data=given)
        sent = await devhost.client.post("/page/install", data={"consent": consent_in(asked.text)})
        assert sent.headers["location"].startswith(f"{ORIGIN}/started?installable_url=")
        assert sent.headers["location"].endswith("&relayState=back%20here")
        assert devhost.host.installations() == []

    async def test_cards_and_offers_are_escaped(self, devhost: Devhost, installed: Installation) -> None:
        devhost.app.state.offered = '"><script>'
        async with await devhost.api(installed) as api:
            card = {
                "style": "link",
                "id": "1",
                "title": "<script>",
                "url": "javascript:alert(1)",
                "description": {"value": "<img src=x onerror=y><b>ok</b>", "format": "html"},
            }
            await api.post("/v2/room/1/notification", json={"message": "x", "card": card})
        page = (await devhost.client.get("/")).text
        assert "<script>" not in page
        assert "javascript:" not in page
        assert "&lt;img src=x onerror=y&gt;<b>ok</b>" in page

    async def test_pages_carry_a_policy_and_files_stay_inside(self, devhost: Devhost) -> None:
        page = await devhost.client.get("/")
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert (await devhost.client.get("/static/shell.css")).status_code == 200
        for name in ("..%2Fapp.py", ".hidden", "none.css"):
            assert (await devhost.client.get(f"/static/{name}")).status_code == 404


class TestMarkup:
    @pytest.mark.parametrize(
        ("html", "shown"),
        [
            ("<b>a</b> & b", "<b>a</b> &amp; b"),
            ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
            ("<b onclick=x>a", "<b>a</b>"),
            ("<img src='javascript:x'>", '<img alt="">'),
            ("<span style='color: red; position: fixed'>a</span>", "<span>a</span>"),
            ("<span style='color: red'>a</span>", '<span data-style="color: red">a</span>'),
            ("a</b></i>", "a&lt;/b&gt;&lt;/i&gt;"),
            ("<b><i>x</b>", "<b><i>x</i></b>"),
        ],
    )
    def test_allowed_tags_stay_and_the_rest_is_text(self, html: str, shown: str) -> None:
        assert message_html(html) == shown

    @pytest.mark.parametrize("html", ["<!-- x -->", "<![if y]>", "<?z>", "<!x", "<![CDATA[x", "<", "<b", "</", "&#x0;"])
    def test_malformed_html_leaves_no_tag(self, html: str) -> None:
        assert "<" not in message_html(html)

    def test_cards_and_glances_allow_less(self) -> None:
        assert card_html("<table>") == "&lt;table&gt;"
        assert glance_html("<a href='http://x'>a</a><em>b</em>") == (
            "&lt;a href=&#x27;http://x&#x27;&gt;a&lt;/a&gt;<em>b</em>"
        )
