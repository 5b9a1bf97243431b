"""ac-node-hipchat as the add-on's side: what it asks, sends and believes is its own, not ours."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from strangers.environments import STRANGERS, clean_settings, find_node, node_modules
from strangers.host import ADMIN, DEVELOPER, LOBBY, RELEASES, Host
from strangers.processes import serving
from tools.web import call, expect

NAME = "ac-node-hipchat"
Call = Callable[..., Any]


@pytest.fixture(scope="module")
def addon() -> Iterator[str]:
    """Return the address of the add-on."""

    def command(port: int) -> list[str]:
        return [find_node("node"), str(STRANGERS / NAME / "addon.js"), str(port)]

    settings = clean_settings(NODE_PATH=str(node_modules(NAME)))
    with serving(NAME, command, path="/descriptor", settings=settings) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def client_id(host: Host, addon: str) -> Iterator[str]:
    """Return the installation of the add-on in the lobby."""
    installed = host.install(f"{addon}/descriptor", room=LOBBY)["client_id"]
    yield installed
    if installed in host.installed():
        host.uninstall(installed)


@pytest.fixture
def client(addon: str, client_id: str) -> Call:
    """Return a function that calls the API through the library's client."""

    def run(method: str, *args: object) -> Any:  # noqa: ANN401 - each method has its own answer
        body = {"tenant": client_id, "method": method, "args": args}
        return expect(200, "POST", f"{addon}/call", body=body).json()["result"]

    return run


class TestToken:
    def test_is_had_during_the_installation(self, host: Host, client_id: str) -> None:
        tokens = [one for one in host.requests() if one["path"] == "/v2/oauth/token"]
        assert tokens[-1]["status"] == 200
        assert tokens[-1]["claims"]["client_id"] == client_id
        assert tokens[-1]["request_headers"]["content-type"] == "application/json"

    def test_is_kept_between_calls(self, host: Host, client: Call) -> None:
        client("getRoom", LOBBY)
        start = host.mark()
        client("getRoom", LOBBY)
        assert [one["path"] for one in host.requests(after=start)] == [f"/v2/room/{LOBBY}"]

    def test_has_the_scope_that_was_asked_for(self, client: Call) -> None:
        session = client("getSession", client("getToken", "view_room"))
        assert session["scopes"] == ["view_room"]

    def test_can_be_given_back(self, addon: str, client_id: str, client: Call) -> None:
        token = client("getToken", "view_room")
        client("deleteSession", token)
        body = {"tenant": client_id, "method": "getSession", "args": [token]}
        assert "401" in expect(400, "POST", f"{addon}/call", body=body).json()["error"]

    def test_of_another_installation_is_another(self, host: Host, addon: str, client: Call) -> None:
        other = host.install(f"{addon}/descriptor", room=RELEASES)["client_id"]
        body = {"tenant": other, "method": "getToken", "args": ["view_room"]}
        assert expect(200, "POST", f"{addon}/call", body=body).json()["result"] != client("getToken", "view_room")
        host.uninstall(other)


class TestHostToken:
    def test_is_verified(self, host: Host, client_id: str) -> None:
        seen = host.glance(client_id, "status", user="developer", forgery="prn")
        assert seen["label"]["value"] == f"{DEVELOPER} in {LOBBY}"

    def test_of_today_has_no_prn_which_the_library_reads(self, host: Host, client_id: str) -> None:
        assert host.glance(client_id, "status")["label"]["value"] == f"undefined in {LOBBY}"

    @pytest.mark.parametrize(
        ("forgery", "reason"),
        [
            ("wrong_key", "verification failed"),
            ("tampered", "verification failed"),
            ("alg_none", "verification failed"),
            ("expired", "expired"),
            ("missing_iat", "issued-at"),
            ("unknown_issuer", "unknown issuer"),
        ],
    )
    def test_that_is_forged_is_refused(self, host: Host, client_id: str, forgery: str, reason: str) -> None:
        refused = host.refused_glance(client_id, "status", forgery=forgery)
        assert refused["addon_status"] == 401
        assert reason in refused["addon_body"]

    def test_opens_a_session_that_the_library_renews(self, host: Host, addon: str, client_id: str) -> None:
        token = host.glance(client_id, "status")["metadata"]["token"]
        headers = {"Authorization": f"JWT token={token}"}
        assert expect(200, "GET", f"{addon}/session", headers=headers).json() == {"tenant": client_id}

    def test_signs_webhooks(self, host: Host, client_id: str) -> None:
        [delivery] = host.say("/ask a question", user="developer")
        assert (delivery["client_id"], delivery["status"]) == (client_id, 204)
        last = host.last()
        assert (last["message"], last["color"], last["from"]) == (
            "Asked: /ask a question",
            "green",
            "By ac-node-hipchat",
        )

    def test_of_a_webhook_that_is_forged_is_refused(self, host: Host, client_id: str) -> None:
        host.break_it("forgery", forgery="wrong_key")
        [delivery] = host.say("/ask a question")
        assert (delivery["client_id"], delivery["status"]) == (client_id, 401)


class TestCalls:
    def test_read_rooms_and_people(self, client: Call) -> None:
        assert [room["name"] for room in client("getRooms")["items"]] == ["Lobby"]
        assert client("getRoom", "Lobby", {"expand": "owner"})["id"] == LOBBY
        assert client("getRoomStatistics", LOBBY)["links"]["self"].endswith("/statistics")
        assert client("getUser", ADMIN)["mention_name"] == "Admin"
        assert len(client("getUsers", {"maxResults": 1})["items"]) == 1

    def test_read_emoticons(self, client: Call) -> None:
        first = client("getEmoticons")["items"][0]
        assert client("getEmoticon", first["shortcut"])["id"] == first["id"]

    def test_send_a_card(self, host: Host, client: Call) -> None:
        card = {"style": "link", "id": "one", "title": "A page", "url": "https://example.com/"}
        client("sendNotification", LOBBY, "A page", {"card": card, "color": "purple"})
        assert (host.last()["card"], host.last()["color"]) == (card, "purple")

    def test_find_a_message_and_reply_to_it(self, host: Host, client: Call) -> None:
        host.say("A question")
        found = client("getRecentRoomHistory", LOBBY, {"maxResults": 1})["items"][0]
        assert client("getRoomMessage", LOBBY, found["id"])["message"]["message"] == "A question"
        client("replyToMessage", LOBBY, found["id"], "An answer")
        assert (host.last()["message"], host.last()["parent_message_id"]) == ("An answer", found["id"])

    def test_set_a_topic(self, client: Call) -> None:
        client("setRoomTopic", LOBBY, "Set by a stranger")
        assert client("getRoom", LOBBY)["topic"] == "Set by a stranger"

    def test_make_and_delete_a_webhook(self, addon: str, client: Call) -> None:
        hook = {"event": "room_enter", "name": "enter", "url": f"{addon}/webhook"}
        made = client("createWebhook", LOBBY, hook)
        assert client("getWebhook", LOBBY, made["id"])["event"] == "room_enter"
        client("deleteWebhook", LOBBY, made["id"])
        assert [one["name"] for one in client("getWebhooks", LOBBY)["items"]] == ["ask"]

    @pytest.mark.parametrize(
        ("method", "place"), [("glancePushRoom", [LOBBY]), ("glancePushUser", [ADMIN]), ("glancePushGroup", [])]
    )
    def test_push_a_glance(self, host: Host, client: Call, method: str, place: list[int]) -> None:
        content = {"label": {"type": "html", "value": f"by {method}"}}
        client(method, *place, {"glance": [{"key": "status", "content": content}]})
        assert [one["data"]["label"]["value"] for one in host.glances()] == [f"by {method}"]

    def test_may_not_share_links_since_the_library_puts_what_the_host_takes_by_post(
        self, host: Host, addon: str, client_id: str
    ) -> None:
        body = {"tenant": client_id, "method": "shareLinkWithRoom", "args": [LOBBY, "https://example.com/"]}
        assert "405" in expect(400, "POST", f"{addon}/call", body=body).json()["error"]
        assert host.requests()[-1]["method"] == "PUT"


class TestEnd:
    def test_of_tokens_is_met_with_401(self, host: Host, addon: str, client_id: str, client: Call) -> None:
        client("getRoom", LOBBY)
        host.revoke_tokens(client_id)
        body = {"tenant": client_id, "method": "getRoom", "args": [LOBBY]}
        assert "Invalid OAuth session" in expect(400, "POST", f"{addon}/call", body=body).json()["error"]

    def test_of_the_installation_takes_the_tenant(self, host: Host, client_id: str) -> None:
        url = host.signed_url(client_id, "glance", "status")
        assert call("GET", url).status == 200
        assert host.uninstall(client_id)["status"] == 204
        assert call("GET", url).status == 401
