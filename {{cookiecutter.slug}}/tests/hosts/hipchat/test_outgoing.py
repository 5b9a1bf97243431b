"""Notifications, cards, glances and webhooks: their limits, and the form in which they are sent."""

from collections.abc import Callable

import pytest

from app.connect.hosts.hipchat.client.cards import (
    Activity,
    Attribute,
    Card,
    CardIcon,
    CardStyle,
    FormattedDescription,
    Thumbnail,
)
from app.connect.hosts.hipchat.client.errors import LimitExceeded
from app.connect.hosts.hipchat.client.glances import Glance, GlanceIcon, GlancePush, GlanceUpdate, Lozenge
from app.connect.hosts.hipchat.client.messages import Notification, Reply, RoomText, Topic
from app.connect.hosts.hipchat.client.webhooks import NewWebhook


def card(**fields: object) -> Card:
    return Card.model_validate({"style": "application", "title": "Build", "id": "c1", **fields})


class TestNotification:
    def test_the_defaults_are_text_yellow_and_quiet(self) -> None:
        assert Notification(message="hi").wire() == {
            "message": "hi",
            "message_format": "text",
            "color": "yellow",
            "notify": False,
        }

    def test_everything_is_sent_under_the_hosts_names(self) -> None:
        sent = Notification(
            message="<b>hi</b>",
            message_format="html",
            color="red",
            notify=True,
            label="CI",
            attach_to="m1",
            card=card(),
        ).wire()
        assert sent["from"] == "CI"
        assert sent["attach_to"] == "m1"
        assert sent["notify"] is True
        assert sent["card"] == {"style": "application", "title": "Build", "id": "c1"}

    @pytest.mark.parametrize(
        "longest",
        [
            lambda: Notification(message="ä" * 10_000),
            lambda: Notification(message="x", label="x" * 64, attach_to="x" * 36),
            lambda: RoomText(message="x" * 1000),
            lambda: Reply(message="x" * 1000, parent_message_id="m"),
            lambda: Topic(topic=""),
            lambda: Topic(topic="x" * 250),
        ],
    )
    def test_values_at_their_limits_pass(self, longest: Callable[[], Notification]) -> None:
        assert longest().wire()

    @pytest.mark.parametrize(
        ("build", "field"),
        [
            (lambda: Notification(message=""), "Notification.message"),
            (lambda: Notification(message="x" * 10_001), "Notification.message"),
            (lambda: Notification(message="half \ud800"), "Notification.message"),
            (lambda: Notification(message="x", label="x" * 65), "Notification.label"),
            (lambda: Notification.model_validate({"message": "x", "color": "RED"}), "Notification.color"),
            (lambda: Notification.model_validate({"message": "x", "notify": None}), "Notification.notify"),
            (lambda: Notification.model_validate({"message": "x", "other": 1}), "Notification.other"),
            (
                lambda: Notification.model_validate({"message": "x", "message_format": "md"}),
                "Notification.message_format",
            ),
            (lambda: RoomText(message="x" * 1001), "RoomText.message"),
            (lambda: Reply(message="x", parent_message_id=""), "Reply.parent_message_id"),
            (lambda: Topic(topic="x" * 251), "Topic.topic"),
        ],
    )
    def test_a_value_beyond_its_limit_is_named(self, build: Callable[[], object], field: str) -> None:
        with pytest.raises(LimitExceeded) as caught:
            build()
        assert caught.value.field == field
        assert caught.value.limit

    def test_the_error_does_not_repeat_the_value(self) -> None:
        with pytest.raises(LimitExceeded) as caught:
            Notification(message="private", label="private" * 20)
        assert "private" not in str(caught.value)


class TestCard:
    @pytest.mark.parametrize("style", ["file", "image", "application", "link", "media"])
    def test_all_five_styles_can_be_sent(self, style: CardStyle) -> None:
        sent = Card(style=style, title="T", url="https://x.example", description="D").wire()
        assert sent["style"] == style
        assert sent["id"]

    def test_every_card_has_an_id_of_its_own(self) -> None:
        assert Card(style="file", title="T").id != Card(style="file", title="T").id

    def test_everything_is_sent_in_the_form_of_the_schema(self) -> None:
        sent = card(
            description=FormattedDescription(value="<b>D</b>", format="html"),
            url="https://x.example",
            format="medium",
            thumbnail=Thumbnail(url="https://x.example/1", url_2x="https://x.example/2", width=10, height=20),
            icon=CardIcon(url="https://x.example/i", url_2x="https://x.example/i2"),
            activity=Activity(html="<b>built</b>", icon="https://x.example/a"),
            attributes=[
                Attribute(label="State", value="failed", style="lozenge-error", url="https://x.example/b"),
                Attribute(value="alone", icon=CardIcon(url="https://x.example/i")),
            ],
            metadata={"build": {"number": 1, "tags": [None, True]}},
        ).wire()
        assert sent == {
            "style": "application",
            "title": "Build",
            "id": "c1",
            "description": {"value": "<b>D</b>", "format": "html"},
            "url": "https://x.example",
            "format": "medium",
            "thumbnail": {
                "url": "https://x.example/1",
                "url@2x": "https://x.example/2",
                "width": 10,
                "height": 20,
            },
            "icon": {"url": "https://x.example/i", "url@2x": "https://x.example/i2"},
            "activity": {"html": "<b>built</b>", "icon": "https://x.example/a"},
            "attributes": [
                {
                    "label": "State",
                    "value": {"label": "failed", "style": "lozenge-error", "url": "https://x.example/b"},
                },
                {"value": {"label": "alone", "icon": {"url": "https://x.example/i"}}},
            ],
            "metadata": {"build": {"number": 1, "tags": [None, True]}},
        }

    def test_values_at_their_limits_pass(self) -> None:
        attribute = Attribute(label="x" * 50, value="x")
        assert card(
            title="x" * 500,
            description="x" * 1000,
            thumbnail=Thumbnail(url="x" * 250),
            attributes=[attribute] * 10,
        ).wire()

    @pytest.mark.parametrize(
        ("build", "field"),
        [
            (lambda: card(style="video"), "Card.style"),
            (lambda: card(title=""), "Card.title"),
            (lambda: card(title="x" * 501), "Card.title"),
            (lambda: card(id=""), "Card.id"),
            (lambda: card(description=""), "Card.description"),
            (lambda: card(description="x" * 1001), "Card.description"),
            (lambda: FormattedDescription(value="x" * 1001, format="text"), "FormattedDescription.value"),
            (lambda: card(url=""), "Card.url"),
            (lambda: card(format="large"), "Card.format"),
            (lambda: Thumbnail(url="x" * 251), "Thumbnail.url"),
            (lambda: Thumbnail(url="x", width=0), "Thumbnail.width"),
            (lambda: Thumbnail(url="x", height=float("nan")), "Thumbnail.height"),
            (lambda: CardIcon(url=""), "CardIcon.url"),
            (lambda: Activity(html=""), "Activity.html"),
            (lambda: Attribute(value=""), "Attribute.value"),
            (lambda: Attribute(value="x", label="x" * 51), "Attribute.label"),
            (lambda: card(attributes=[{"value": "x", "style": "round"}]), "Attribute.style"),
            (lambda: card(attributes=[Attribute(value="x")] * 11), "Card.attributes"),
            (lambda: card(metadata={"x": float("nan")}), "Card.metadata"),
            (lambda: card(metadata={"x": object()}), "Card.metadata"),
            (lambda: card(metadata={"x": "\ud800"}), "Card.metadata"),
            (lambda: card(style="link"), "Card.description"),
            (lambda: card(style="image"), "Card.url"),
        ],
    )
    def test_a_value_beyond_its_limit_is_named(self, build: Callable[[], object], field: str) -> None:
        with pytest.raises(LimitExceeded) as caught:
            build()
        assert caught.value.field == field


class TestGlance:
    def test_a_label_alone(self) -> None:
        assert Glance(label="<b>4</b> builds").wire() == {"label": {"type": "html", "value": "<b>4</b> builds"}}

    def test_a_lozenge_and_metadata(self) -> None:
        glance = Glance(label="4", status=Lozenge(label="GOOD", type="success"), metadata={"configured": True})
        assert glance.wire() == {
            "label": {"type": "html", "value": "4"},
            "status": {"type": "lozenge", "value": {"label": "GOOD", "type": "success"}},
            "metadata": {"configured": True},
        }

    def test_an_icon(self) -> None:
        glance = Glance(label="4", status=GlanceIcon(url="https://x.example/1", url_2x="https://x.example/2"))
        assert glance.wire()["status"] == {
            "type": "icon",
            "value": {"url": "https://x.example/1", "url@2x": "https://x.example/2"},
        }

    def test_a_push_names_its_glance(self) -> None:
        push = GlancePush(glance=(GlanceUpdate(key="builds", content=Glance(label="4")),))
        assert push.wire() == {"glance": [{"key": "builds", "content": {"label": {"type": "html", "value": "4"}}}]}

    @pytest.mark.parametrize(
        ("build", "field"),
        [
            (lambda: Glance(label=""), "Glance.label"),
            (lambda: Glance(label="x" * 1001), "Glance.label"),
            (lambda: Lozenge(label=""), "Lozenge.label"),
            (lambda: Lozenge(label="x" * 21), "Lozenge.label"),
            (lambda: Lozenge.model_validate({"label": "x", "type": "complete"}), "Lozenge.type"),
            (lambda: GlanceIcon.model_validate({"url": "x"}), "GlanceIcon.url@2x"),
            (lambda: GlanceUpdate(key="not a key", content=Glance(label="x")), "GlanceUpdate.key"),
            (lambda: GlanceUpdate(key="key\n", content=Glance(label="x")), "GlanceUpdate.key"),
        ],
    )
    def test_a_value_beyond_its_limit_is_named(self, build: Callable[[], object], field: str) -> None:
        with pytest.raises(LimitExceeded) as caught:
            build()
        assert caught.value.field == field


class TestNewWebhook:
    def test_deliveries_are_always_signed(self) -> None:
        assert NewWebhook(url="https://x.example", event="room_enter").wire() == {
            "url": "https://x.example",
            "event": "room_enter",
            "authentication": "jwt",
        }

    @pytest.mark.parametrize(
        ("build", "field"),
        [
            (lambda: NewWebhook.model_validate({"url": "x", "event": "room_left"}), "NewWebhook.event"),
            (
                lambda: NewWebhook.model_validate({"url": "x", "event": "room_exit", "authentication": "none"}),
                "NewWebhook.authentication",
            ),
            (lambda: NewWebhook(url="x", event="room_exit", pattern="^/x"), "NewWebhook.pattern"),
            (lambda: NewWebhook(url="x", event="room_exit", key="x" * 41), "NewWebhook.key"),
        ],
    )
    def test_a_value_beyond_its_limit_is_named(self, build: Callable[[], object], field: str) -> None:
        with pytest.raises(LimitExceeded) as caught:
            build()
        assert caught.value.field == field
