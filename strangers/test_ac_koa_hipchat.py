"""A foreign add-on in the devhost: its framework, ac-koa-hipchat, was written for the real host."""

from collections.abc import Iterator

import pytest

from strangers.environments import STRANGERS, clean_settings, find_node, node_modules
from strangers.host import LOBBY, RELEASES, Host
from strangers.processes import serving, wait_until
from tools.web import call, expect

NAME = "ac-koa-hipchat"
DESCRIPTOR = "/addon/capabilities"


@pytest.fixture(scope="module")
def addon() -> Iterator[str]:
    """Return the address of the add-on."""

    def command(port: int) -> list[str]:
        return [find_node("node"), str(STRANGERS / NAME / "addon.js"), str(port)]

    settings = clean_settings(NODE_PATH=str(node_modules(NAME)), NODE_ENV="production")
    with serving(NAME, command, path=DESCRIPTOR, settings=settings) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def client_id(host: Host, addon: str) -> Iterator[str]:
    """Install the add-on in the lobby on the devhost's page; return it once it registered its own webhook."""
    start = host.mark()
    installed = host.install_on_page(addon + DESCRIPTOR, room=LOBBY)

    def registered() -> bool:
        return f"/v2/room/{LOBBY}/webhook" in [one["path"] for one in host.requests(after=start) if one["status"]]

    wait_until(registered, "the add-on registers a webhook")
    yield installed
    if installed in host.installed():
        host.uninstall(installed)


def wait_for_message(host: Host, text: str, room: int = LOBBY) -> None:
    """Return once the newest message of a room is this one."""

    def said() -> bool:
        timeline = host.timeline(room)
        return bool(timeline) and timeline[-1]["message"] == text

    wait_until(said, f"somebody says {text!r}")


class TestInstallation:
    def test_verifies_the_secret_with_a_token(self, host: Host, client_id: str) -> None:
        assert client_id in host.installed()
        mine = [(one["path"], one["status"]) for one in host.requests() if one["client_id"] == client_id]
        assert mine[0] == ("/v2/oauth/token", 200)

    def test_is_possible_in_a_second_room(self, host: Host, addon: str, client_id: str) -> None:
        other = host.install(addon + DESCRIPTOR, room=RELEASES)["client_id"]
        host.say("/hello", room=RELEASES, user="developer")
        wait_for_message(host, "Hello, Developer", room=RELEASES)
        assert {client_id, other} <= set(host.installed())
        host.uninstall(other)

    def test_is_possible_for_the_whole_group(self, host: Host, addon: str) -> None:
        installed = host.install(addon + DESCRIPTOR)["client_id"]
        host.say("/hello", room=RELEASES)
        wait_for_message(host, "Hello, Admin", room=RELEASES)
        host.uninstall(installed)


class TestWebhook:
    @pytest.mark.usefixtures("client_id")
    def test_of_the_descriptor_is_answered_by_a_notification(self, host: Host) -> None:
        [delivery] = host.say("/HELLO world", user="developer")
        assert delivery["status"] == 204
        wait_for_message(host, "Hello, world")
        last = host.last()
        assert (last["color"], last["from"], last["notification_sender"]["id"]) == (
            "green",
            "By ac-koa-hipchat",
            "by-ac-koa-hipchat",
        )

    @pytest.mark.usefixtures("client_id")
    def test_stays_away_when_the_pattern_does_not_match(self, host: Host) -> None:
        assert host.say("hello") == []

    @pytest.mark.usefixtures("client_id")
    def test_that_was_registered_by_call_is_answered(self, host: Host) -> None:
        [delivery] = host.fire("room_enter", user="guest")
        assert "token=" in delivery["url"]
        assert delivery["status"] == 204
        wait_for_message(host, "Welcome, Guest")


class TestView:
    def test_glance_trusts_the_host(self, host: Host, client_id: str) -> None:
        assert host.glance(client_id, "greetings")["label"]["value"] == f"Room {LOBBY}"

    @pytest.mark.parametrize("forgery", ["wrong_key", "tampered", "alg_none", "expired", "unknown_issuer"])
    def test_glance_refuses_what_is_forged(self, host: Host, client_id: str, forgery: str) -> None:
        assert host.refused_glance(client_id, "greetings", forgery=forgery)["addon_status"] == 401

    def test_panel_names_the_script_which_the_host_serves(self, host: Host, client_id: str) -> None:
        page = expect(200, "GET", host.signed_url(client_id, "webPanel", "guests")).text
        script = f"{host.base_url}/atlassian-connect/all.js"
        assert script in page
        assert client_id in page
        assert call("GET", script).status == 200


class TestEnd:
    def test_leaves_nothing_of_the_tenant(self, host: Host, client_id: str) -> None:
        panel = host.signed_url(client_id, "webPanel", "guests")
        assert call("GET", panel).status == 200
        assert host.uninstall(client_id)["status"] == 204
        assert client_id not in host.installed()
        assert call("GET", panel).status == 401
        assert host.say("/hello") == []
