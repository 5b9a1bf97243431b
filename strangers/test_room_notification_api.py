"""hipchat-room-notification-api, the Node client, against the REST API: notifications and cards."""

from typing import Any

import pytest

from strangers.environments import STRANGERS, find_node, node_modules
from strangers.host import RELEASES, Host
from strangers.processes import Client

NAME = "hipchat-room-notification-api"


@pytest.fixture
def client(host: Host) -> Client:
    settings = {"DEVHOST_URL": host.base_url, "TOKEN": host.room_token(), "NODE_PATH": str(node_modules(NAME))}
    return Client([find_node("node"), str(STRANGERS / NAME / "drive.js")], settings)


class TestNotification:
    def test_arrives_with_colour_label_and_sound(self, host: Host, client: Client) -> None:
        said = client.do("notify", message="@Admin built", color="red", **{"from": "Builds"})
        assert said == "successfully posted to hipchat"
        last = host.last()
        assert (last["message"], last["color"], last["notify"], last["message_format"]) == (
            "@Admin built",
            "red",
            True,
            "text",
        )
        assert "Builds" in last["from"]

    def test_goes_only_to_the_room_of_its_token(self, host: Host, client: Client) -> None:
        refused = client.do("notify", room=RELEASES, message="Elsewhere", color="red", **{"from": "Builds"})
        assert refused["error"].endswith("403")
        assert host.timeline(RELEASES) == []


def sent_card(host: Host, client: Client, style: str) -> dict[str, Any]:
    assert client.do("card", style=style) == "successfully posted to hipchat"
    card: dict[str, Any] = host.last()["card"]
    assert (card["style"], card["id"]) == (style, f"card-{style}")
    return card


class TestCard:
    def test_of_an_application_keeps_every_attribute(self, host: Host, client: Client) -> None:
        card = sent_card(host, client, "application")
        assert card["format"] == "medium"
        assert card["description"] == {"value": "<b>12</b> tests", "format": "html"}
        assert card["activity"]["html"] == "Build <b>7</b> passed"
        assert [one["value"]["style"] for one in card["attributes"]] == [
            "lozenge-success",
            "lozenge",
            "lozenge-current",
            "lozenge-moved",
        ]

    def test_of_a_file_keeps_its_address(self, host: Host, client: Client) -> None:
        assert sent_card(host, client, "file")["url"] == "https://example.com/report.pdf"

    def test_of_an_image_keeps_its_thumbnail(self, host: Host, client: Client) -> None:
        assert sent_card(host, client, "image")["thumbnail"] == {"url": "https://example.com/small.png"}

    def test_of_a_link_keeps_its_description(self, host: Host, client: Client) -> None:
        assert sent_card(host, client, "link")["description"] == {"value": "A page", "format": "text"}

    def test_of_media_keeps_its_size(self, host: Host, client: Client) -> None:
        thumbnail = sent_card(host, client, "media")["thumbnail"]
        assert (thumbnail["width"], thumbnail["height"]) == (640, 360)
