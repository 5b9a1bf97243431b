"""One room of the host, as an add-on sees it.

Every method raises the errors drawn in `errors.py`.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Literal, Unpack

from pydantic import model_validator

from app.connect.hosts.hipchat.client.api import HipChatApi, Params
from app.connect.hosts.hipchat.client.errors import LimitExceeded
from app.connect.hosts.hipchat.client.glances import Glance, GlancePush, GlanceUpdate
from app.connect.hosts.hipchat.client.messages import Notification, NotificationOptions, Reply, RoomText, Topic
from app.connect.hosts.hipchat.client.models import (
    Answer,
    Created,
    Message,
    RoomDetails,
    SentMessage,
    User,
    Webhook,
    read_answer,
)
from app.connect.hosts.hipchat.client.paging import page_size_of
from app.connect.hosts.hipchat.client.webhooks import NewWebhook

VIEW = ("view_room", "view_group")


class _OneMessage(Answer):
    message: Message

    @model_validator(mode="before")
    @classmethod
    def _wrap(cls, document: object) -> object:
        """Hosts answer the message itself, or an object that holds it as `message`."""
        bare = isinstance(document, dict) and not isinstance(document.get("message"), dict)
        return {"message": document} if bare else document


class RoomClient:
    """Talks to one room, by its id or name; ids are better, since names change."""

    def __init__(self, api: HipChatApi, room_id: str) -> None:
        self._api = api
        self.id = room_id

    async def notify(self, message: str | Notification, **options: Unpack[NotificationOptions]) -> None:
        """Say something in the add-on's name; `options` are the other fields of `Notification`.

        Up to 10,000 characters; 30 messages a minute and room. It is not repeated when the connection breaks,
        as it might appear twice. Scope: send_notification.
        """
        if isinstance(message, str):
            message = Notification(message=message, **options)
        elif options:
            raise TypeError("Give the options to the Notification instead.")
        await self._api.write("POST", "room", self.id, "notification", scopes=("send_notification",), body=message)

    async def send(self, text: str) -> SentMessage:
        """Post a message of 1 to 1000 characters as the token's owner. Scope: send_message."""
        said = await self._api.write(
            "POST", "room", self.id, "message", scopes=("send_message",), body=RoomText(message=text)
        )
        return read_answer(SentMessage, said)

    async def reply(self, message_id: str, text: str) -> None:
        """Answer a message with 1 to 1000 characters as the token's owner. Scope: send_message."""
        body = Reply(parent_message_id=message_id, message=text)
        await self._api.write("POST", "room", self.id, "reply", scopes=("send_message",), body=body)

    async def details(self) -> RoomDetails:
        """Read everything the host tells about the room. Scope: view_room or view_group."""
        return await self._api.read(RoomDetails, "room", self.id, scopes=VIEW)

    def history(
        self,
        *,
        date: datetime | Literal["recent"] = "recent",
        end_date: datetime | None = None,
        reverse: bool = True,
        include_deleted: bool = True,
        page_size: int = 100,
    ) -> AsyncIterator[Message]:
        """Iterate over messages up to `date`, or the last 75 when that is `recent`. Scope: view_messages.

        `date` and `end_date` are aware datetimes; `page_size` (1 to 1000) counts with a real date only.
        `reverse` is the host's: true for oldest first within a page.
        """
        params: dict[str, str | int | bool | None] = {"include_deleted": include_deleted, "reverse": reverse}
        if isinstance(date, datetime):
            params |= {"date": _iso(date, "date"), "max-results": page_size_of(page_size)}
        if end_date is not None:
            params["end-date"] = _iso(end_date, "end_date")
        return self._api.pages(Message, "room", self.id, "history", scopes=("view_messages",), params=params)

    async def latest(
        self, *, max_results: int = 75, not_before: str | None = None, include_deleted: bool = True
    ) -> list[Message]:
        """Read up to 1000 of the newest messages, from the id `not_before` on. Scope: view_messages."""
        params: Params = {
            "max-results": page_size_of(max_results),
            "not-before": not_before,
            "include_deleted": include_deleted,
        }
        found = self._api.pages(Message, "room", self.id, "history", "latest", scopes=("view_messages",), params=params)
        return [message async for message in found]

    async def message(self, message_id: str) -> Message:
        """Read one message; `HostNotFound` when there is none. Scope: view_messages."""
        found = await self._api.read(_OneMessage, "room", self.id, "history", message_id, scopes=("view_messages",))
        return found.message

    async def topic(self) -> str:
        """Read the topic; empty when there is none. Scope: view_room or view_group."""
        return (await self.details()).topic or ""

    async def set_topic(self, topic: str) -> None:
        """Change the topic, up to 250 characters. Scope: admin_room."""
        await self._api.write("PUT", "room", self.id, "topic", scopes=("admin_room",), body=Topic(topic=topic))

    def members(self, *, page_size: int = 100) -> AsyncIterator[User]:
        """Iterate over those who may enter a private room. Scope: view_room or view_group."""
        params: Params = {"max-results": page_size_of(page_size)}
        return self._api.pages(User, "room", self.id, "member", scopes=VIEW, params=params)

    def participants(self, *, include_offline: bool = False, page_size: int = 100) -> AsyncIterator[User]:
        """Iterate over those who are in the room. Scope: view_room or view_group."""
        params: Params = {"max-results": page_size_of(page_size), "include-offline": include_offline}
        return self._api.pages(User, "room", self.id, "participant", scopes=VIEW, params=params)

    def webhooks(self, *, page_size: int = 100) -> AsyncIterator[Webhook]:
        """Iterate over the webhooks registered by calls, not by the descriptor. Scope: admin_room."""
        params: Params = {"max-results": page_size_of(page_size)}
        return self._api.pages(Webhook, "room", self.id, "webhook", scopes=("admin_room",), params=params)

    async def register_webhook(self, webhook: NewWebhook) -> Created:
        """Register a webhook and return its id; the same again makes a second one. Scope: admin_room."""
        said = await self._api.write("POST", "room", self.id, "webhook", scopes=("admin_room",), body=webhook)
        return read_answer(Created, said)

    async def put_webhook(self, key: str, webhook: NewWebhook) -> Created:
        """Register or replace the webhook with this key. Scope: admin_room."""
        said = await self._api.write(
            "PUT", "room", self.id, "extension", "webhook", key, scopes=("admin_room",), body=webhook
        )
        return read_answer(Created, said)

    async def delete_webhook(self, webhook_id: str) -> None:
        """Delete a webhook by the id that `register_webhook` gave. Scope: admin_room."""
        await self._api.write("DELETE", "room", self.id, "webhook", webhook_id, scopes=("admin_room",))

    async def delete_webhook_by_key(self, key: str) -> None:
        """Delete a webhook by the key that `put_webhook` was given. Scope: admin_room."""
        await self._api.write("DELETE", "room", self.id, "extension", "webhook", key, scopes=("admin_room",))

    async def push_glance(self, key: str, glance: Glance, *, user: str | None = None) -> None:
        """Show new content in a glance of addon.toml to the room, or to one user in it. Scope: view_room."""
        person = () if user is None else ("user", user)
        await self._api.write(
            "POST",
            *("addon", "ui", "room", self.id, *person),
            scopes=("view_room",),
            body=GlancePush(glance=(GlanceUpdate(key=key, content=glance),)),
            repeatable=True,
        )


def _iso(moment: datetime, field: str) -> str:
    if moment.tzinfo is None:
        raise LimitExceeded(field, "pass an aware datetime, such as datetime.now(UTC)")
    return moment.isoformat()
