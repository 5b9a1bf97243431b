"""The descriptor in HipChat's dialect: what it asks for, and where everything answers."""

import textwrap
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from app.connect import Page
from app.connect.declare.addon import join
from app.connect.declare.manifest import read_manifest
from app.connect.errors import ConfigurationError
from app.connect.hosts.hipchat import HipChatCtx, HipChatRouter, RoomEnter, RoomMessage
from app.connect.hosts.hipchat.descriptor import describe
from app.connect.hosts.hipchat.events import RoomEvent
from devhost.world.installations import Installation
from tests.connect.showcase import DOCUMENT, make_routers
from tests.hosts.hipchat.tomls import (
    ABOUT,
    SECTIONS,
    described,
    not_allowed,
)
from tests.support.chat import DESCRIPTOR
from tests.support.running import ADDON, RunningAddon


async def take_message(ctx: HipChatCtx, message: RoomMessage) -> None:
    """Take a message."""


async def take_item(ctx: HipChatCtx, item: dict[str, Any]) -> None:
    """Take an event as it came."""


async def greet(ctx: HipChatCtx, event: RoomEnter) -> None:
    """Greet."""


async def show_in_hipchat(ctx: HipChatCtx) -> Page:
    return ctx.render("connect/frame.html")


class TestHipChat:
    def test_scopes_it_does_not_have_are_refused_with_those_it_has(self) -> None:
        said = not_allowed(text='scopes = ["view_room", "read_minds"]')
        assert 'addon.toml: hipchat.scopes: "read_minds" is not a scope of HipChat; use admin_group, admin_room' in said
        assert '"view_room"' not in said

    def test_events_it_does_not_have_are_refused_with_those_it_has(self) -> None:
        router = HipChatRouter()
        router.on_raw("room_explodes")(take_item)
        said = not_allowed(router)
        assert "@hipchat.on_raw('room_explodes'): there is no such event; use room_archived" in said

    def test_handler_that_takes_another_event_is_told_the_type(self) -> None:
        router = HipChatRouter()
        router.on(RoomEnter)(take_message)  # type: ignore[arg-type]
        said = not_allowed(router)
        assert "The handler 'room_enter' of room_enter takes RoomEnter: annotate it so" in said

    @pytest.mark.parametrize(
        ("declare", "said"),
        [
            (lambda router: router.on_message("a", pattern="(")(take_message), "the pattern '(' cannot be used"),
            (
                lambda router: router.on_message("a", pattern="a" * 1_001),
                "it is over 1000 characters. Shorten",
            ),
            (lambda router: router.on(RoomEvent), "on(RoomEvent): that is no event. Use a model such as RoomEnter."),
            (
                lambda router: router.on(RoomEnter)(show_in_hipchat),
                "the handler of room_enter: show_in_hipchat takes (ctx, event). Add the event.",
            ),
            (
                lambda router: router.on(RoomEnter)(take_item),
                "the handler of room_enter: annotate take_item's second parameter with RoomEnter.",
            ),
        ],
    )
    def test_events_are_declared_as_it_has_them(self, declare: Callable[[Any], object], said: str) -> None:
        with pytest.raises(ConfigurationError) as refused:
            declare(HipChatRouter())
        assert said in str(refused.value)

    def test_webhooks_always_ask_for_a_signature(self) -> None:
        router = HipChatRouter()
        router.on_message("said", pattern=r"^/said\b")(take_message)
        router.on_message("asked", pattern="asked", inline=True)(take_message)
        router.on(RoomEnter, key="door")(greet)
        webhooks = described(router)["capabilities"]["webhook"]
        assert [hook["authentication"] for hook in webhooks] == ["jwt", "jwt", "jwt"]
        assert webhooks[0] == {
            "key": "said",
            "name": "said",
            "event": "room_message",
            "url": f"{ADDON}/hipchat/webhook/said",
            "authentication": "jwt",
            "pattern": r"^/said\b",
        }
        assert webhooks[2]["event"] == "room_enter"
        assert "pattern" not in webhooks[2]

    def test_empty_addon_has_only_what_an_installation_needs(self) -> None:
        assert described() == {
            "key": "com.example.test",
            "name": "Test",
            "description": "A test",
            "links": {"self": DESCRIPTOR, "homepage": f"{ADDON}/"},
            "capabilities": {
                "hipchatApiConsumer": {"scopes": []},
                "installable": {
                    "allowGlobal": True,
                    "allowRoom": True,
                    "callbackUrl": f"{ADDON}/hipchat/installed",
                    "updateCallbackUrl": f"{ADDON}/hipchat/updated",
                },
            },
        }

    def test_every_member_of_addon_toml_arrives(self) -> None:
        text = """
        from_name = "Tester"
        avatar = "face.svg"
        install = ["room"]
        [hipchat.dialog.d]
        title = "D"
        style = "warning"
        width = "400px"
        height = "60%"
        hint = "Hint"
        filter_placeholder = "Find"
        primary = { name = "Do", key = "do", enabled = false }
        secondary = [{ name = "Leave" }]
        [hipchat.page.p]
        """
        router = HipChatRouter()
        router.dialog("d")(show_in_hipchat)
        router.page("p")(show_in_hipchat)
        about = 'vendor = { name = "V", url = "https://v.example" }\nhomepage = "https://home.example"\n[hipchat]\n'
        whole = read_manifest(tomllib.loads(ABOUT + about + textwrap.dedent(text)), SECTIONS)
        document = describe(join(whole, [router], base_url=ADDON))
        capabilities = document["capabilities"]
        assert document["vendor"] == {"name": "V", "url": "https://v.example"}
        assert document["links"]["homepage"] == "https://home.example"
        assert capabilities["hipchatApiConsumer"] == {
            "scopes": [],
            "fromName": "Tester",
            "avatar": f"{ADDON}/static/face.svg",
        }
        assert capabilities["installable"]["allowGlobal"] is False
        assert capabilities["dialog"][0]["options"] == {
            "style": "warning",
            "size": {"width": "400px", "height": "60%"},
            "hint": {"value": "Hint"},
            "filter": {"placeholder": {"value": "Find"}},
            "primaryAction": {"name": {"value": "Do"}, "key": "do", "enabled": False},
            "secondaryActions": [{"name": {"value": "Leave"}, "enabled": True}],
        }
        assert capabilities["externalPage"] == [{"key": "p", "url": f"{ADDON}/hipchat/page/p"}]

    def test_modules_name_their_signed_addresses(self) -> None:
        capabilities = describe(join(read_manifest(DOCUMENT, SECTIONS), make_routers(), base_url=ADDON))["capabilities"]
        assert capabilities["glance"][0]["queryUrl"] == f"{ADDON}/hipchat/glance/status"
        assert capabilities["glance"][0]["target"] == "list"
        assert capabilities["webPanel"][0]["url"] == f"{ADDON}/hipchat/panel/list"
        assert capabilities["webPanel"][0]["location"] == "hipchat.sidebar.right"
        assert capabilities["dialog"][0]["url"] == f"{ADDON}/hipchat/dialog/ask"
        assert capabilities["action"][0]["target"] == "ask"
        assert capabilities["configurable"] == {"url": f"{ADDON}/hipchat/settings", "authentication": "jwt"}
        for module in ("webPanel", "dialog"):
            assert capabilities[module][0]["authentication"] == "jwt"

    async def test_host_installs_what_is_served(self, showcase: RunningAddon) -> None:
        served = await showcase.http.get("/hipchat/capabilities.json")
        assert served.headers["content-type"] == "application/json"
        assert served.json() == describe(showcase.parts.addon)
        installation: Installation = await showcase.install()
        assert installation.descriptor.key == "com.example.showcase"
