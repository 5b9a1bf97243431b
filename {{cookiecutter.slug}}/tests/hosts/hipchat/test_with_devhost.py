"""Every method of the clients against the devhost: what is sent there is what the protocol asks for."""

import re
from datetime import UTC, datetime

import pytest

from app.connect.hosts.hipchat.client.cards import Activity, Attribute, Card, CardIcon, CardStyle, Thumbnail
from app.connect.hosts.hipchat.client.errors import HostNotFound, HostRejected, RateLimited, UnknownClient
from app.connect.hosts.hipchat.client.glances import Glance, Lozenge
from app.connect.hosts.hipchat.client.messages import Notification
from app.connect.hosts.hipchat.client.webhooks import NewWebhook
from tests.hosts.hipchat.joined import IMAGE, ORIGIN, Joined


class TestSaying:
    async def test_notifications_appear_in_the_room(self, joined: Joined) -> None:
        await joined.room.notify("plain", color="green", notify=True)
        await joined.room.notify(Notification(message="<b>rich</b>", message_format="html", label="CI"))
        plain, rich = joined.devhost.host.timeline(joined.devhost.lobby)
        assert (plain.text, plain.format, plain.color, plain.notify) == ("plain", "text", "green", True)
        assert (rich.text, rich.format) == ("<b>rich</b>", "html")
        assert "CI" in rich.from_name

    @pytest.mark.parametrize("style", ["file", "image", "application", "link", "media"])
    async def test_cards_of_every_style_are_taken(self, joined: Joined, style: CardStyle) -> None:
        card = Card(
            style=style,
            title="Title",
            description="Description",
            url="https://x.example/",
            format="medium",
            thumbnail=Thumbnail(url=IMAGE, url_2x=IMAGE, width=10, height=20),
            icon=CardIcon(url=IMAGE),
            activity=Activity(html="<b>done</b>", icon=IMAGE),
            attributes=[Attribute(label="State", value="failed", style="lozenge-error"), Attribute(value="x")],
            metadata={"number": 1},
        )
        await joined.room.notify("without cards", card=card)
        (message,) = joined.devhost.host.timeline(joined.devhost.lobby)
        assert message.card == card.wire()

    async def test_messages_and_replies_appear_in_the_room(self, joined: Joined) -> None:
        sent = await joined.room.send("hello")
        assert sent.id
        await joined.room.reply(sent.id, "to that")
        assert [text.rpartition("\n")[2] for text in joined.devhost.said(joined.devhost.lobby)] == ["hello", "to that"]

    async def test_a_room_is_reached_by_its_name(self, joined: Joined) -> None:
        await joined.group.room("Releases").notify("hello")
        assert joined.devhost.said(joined.devhost.releases) == ["hello"]


class TestRoom:
    async def test_details_are_read(self, joined: Joined) -> None:
        details = await joined.room.details()
        assert (details.id, details.name, details.privacy) == ("1", "Lobby", "public")
        assert details.owner
        assert details.owner.name == "Admin"
        assert details.created
        assert details.created.tzinfo

    async def test_the_topic_is_set_and_read(self, joined: Joined) -> None:
        await joined.room.set_topic("Deploys ä")
        assert await joined.room.topic() == "Deploys ä"

    async def test_participants_and_members_are_read(self, joined: Joined) -> None:
        participants = [user.name async for user in joined.room.participants(include_offline=True)]
        members = [user.name async for user in joined.group.room("Releases").members()]
        assert "Admin" in participants
        assert "Developer" in members

    async def test_a_room_that_is_not_there_is_not_found(self, joined: Joined) -> None:
        with pytest.raises(HostNotFound):
            await joined.group.room("Nowhere").details()


class TestHistory:
    async def test_recent_and_latest_messages_are_read(self, joined: Joined) -> None:
        devhost = joined.devhost
        await devhost.host.say(devhost.lobby, "one @Developer", user=devhost.admin)
        await joined.room.notify("two")
        recent = {message.text: message async for message in joined.room.history()}
        assert set(recent) == {"one @Developer", "two"}
        assert recent["one @Developer"].sender_name == "Admin"
        assert recent["two"].sender_name
        assert all(message.date and message.date.tzinfo for message in recent.values())
        assert {message.text for message in await joined.room.latest()} == set(recent)

    async def test_a_long_history_is_read_page_by_page(self, joined: Joined) -> None:
        devhost = joined.devhost
        for number in range(7):
            await devhost.host.say(devhost.lobby, f"message {number}", user=devhost.admin)
        date = datetime.fromtimestamp(joined.clock.now + 3600, UTC)
        texts = [message.text async for message in joined.room.history(date=date, page_size=3)]
        assert sorted(texts) == [f"message {number}" for number in range(7)]

    async def test_one_message_is_read(self, joined: Joined) -> None:
        devhost = joined.devhost
        await devhost.host.say(devhost.lobby, "one", user=devhost.admin)
        (said,) = devhost.host.timeline(devhost.lobby)
        assert (await joined.room.message(said.id)).text == "one"
        with pytest.raises(HostNotFound):
            await joined.room.message("00000000-0000-0000-0000-000000000000")


class TestWebhooks:
    async def test_are_registered_listed_and_deleted(self, joined: Joined) -> None:
        webhook = NewWebhook(url=f"{ORIGIN}/hook", event="room_message", pattern="^/x", name="x")
        created = await joined.room.register_webhook(webhook)
        assert created.id
        listed = {one.id: one async for one in joined.room.webhooks()}
        assert (listed[created.id].event, listed[created.id].pattern) == ("room_message", "^/x")
        await joined.room.delete_webhook(created.id)
        assert [one.id async for one in joined.room.webhooks()] == []

    async def test_are_put_and_deleted_by_key(self, joined: Joined) -> None:
        for event in ("room_enter", "room_exit"):
            await joined.room.put_webhook("hook", NewWebhook.model_validate({"url": f"{ORIGIN}/hook", "event": event}))
        assert [one.event async for one in joined.room.webhooks()] == ["room_exit"]
        await joined.room.delete_webhook_by_key("hook")
        assert [one.event async for one in joined.room.webhooks()] == []


class TestGroup:
    async def test_rooms_are_listed_page_by_page(self, joined: Joined) -> None:
        assert [room.name async for room in joined.group.rooms(page_size=1)] == ["Lobby", "Releases"]

    async def test_users_are_listed(self, joined: Joined) -> None:
        names = [user.name async for user in joined.group.users(include_guests=True, page_size=2)]
        assert names == ["Admin", "Developer", "Guest"]

    async def test_a_user_is_found_by_id_mention_and_email(self, joined: Joined) -> None:
        admin = joined.devhost.admin
        by_id = await joined.group.user(str(admin.id))
        assert by_id == await joined.group.user(f"@{admin.mention_name}") == await joined.group.user(admin.email)
        assert by_id.name == "Admin"
        assert by_id.email == admin.email


class TestGlances:
    def labels(self, joined: Joined, user: str) -> list[object]:
        views = joined.devhost.host.glances(joined.devhost.lobby, user=joined.devhost.host.person(user))
        return [view.data["label"]["value"] for view in views if view.data]

    async def test_are_pushed_to_a_room(self, joined: Joined) -> None:
        glance = Glance(label="<b>4</b>", status=Lozenge(label="GOOD", type="success"), metadata={"failing": 0})
        await joined.room.push_glance("builds", glance)
        assert self.labels(joined, "Admin") == ["<b>4</b>"]

    async def test_are_pushed_to_a_group(self, joined: Joined) -> None:
        await joined.group.push_glance("builds", Glance(label="all"))
        assert self.labels(joined, "Developer") == ["all"]

    async def test_are_pushed_to_one_user(self, joined: Joined) -> None:
        await joined.group.push_glance("builds", Glance(label="all"))
        await joined.group.push_glance_to_user("@Developer", "builds", Glance(label="yours"))
        assert self.labels(joined, "Developer") == ["yours"]
        assert self.labels(joined, "Admin") == ["all"]

    async def test_are_pushed_to_one_user_in_a_room(self, joined: Joined) -> None:
        await joined.room.push_glance("builds", Glance(label="all"))
        await joined.room.push_glance("builds", Glance(label="yours"), user="@Developer")
        assert self.labels(joined, "Developer") == ["yours"]
        assert self.labels(joined, "Admin") == ["all"]

    async def test_a_glance_that_was_not_declared_is_refused(self, joined: Joined) -> None:
        with pytest.raises(HostRejected):
            await joined.room.push_glance("other", Glance(label="4"))


class TestTokens:
    async def test_revoked_tokens_are_replaced(self, joined: Joined) -> None:
        await joined.room.details()
        joined.devhost.host.revoke_tokens(joined.installation.client_id)
        assert (await joined.room.details()).name == "Lobby"

    async def test_tokens_of_a_few_seconds_are_enough(self, joined: Joined) -> None:
        joined.devhost.host.faults.expire_tokens_in(5)
        for _ in range(5):
            assert (await joined.room.details()).name == "Lobby"
            joined.clock.now += 3
            joined.devhost.host.world.clock.advance(3)

    async def test_an_uninstalled_tenant_is_an_unknown_client(self, joined: Joined) -> None:
        await joined.room.details()
        await joined.devhost.host.uninstall(joined.installation.client_id, delete=False, browser=False)
        with pytest.raises(UnknownClient):
            await joined.room.details()


class TestTrouble:
    async def test_reading_survives_an_outage(self, joined: Joined) -> None:
        joined.devhost.host.faults.error(503, times=2, path="/v2/room/1")
        assert (await joined.room.details()).name == "Lobby"

    async def test_reading_survives_dropped_connections(self, joined: Joined) -> None:
        await joined.room.details()
        joined.devhost.host.faults.drop(times=2)
        assert (await joined.room.details()).name == "Lobby"

    async def test_the_flood_limit_is_waited_for(self, joined: Joined) -> None:
        for number in range(35):
            await joined.room.notify(f"message {number}")
        assert len(joined.devhost.said(joined.devhost.lobby)) == 35
        assert sum(joined.clock.slept) > 0

    async def test_a_limit_that_lasts_is_an_error(self, joined: Joined) -> None:
        joined.devhost.host.faults.rate_limited(seconds=3600)
        with pytest.raises(RateLimited) as caught:
            await joined.room.details()
        assert re.fullmatch(r"\d+(\.\d+)?", str(caught.value.reset))
        assert caught.value.reset > joined.clock.now
