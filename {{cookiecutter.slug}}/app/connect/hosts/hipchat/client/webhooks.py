"""Webhooks that an add-on registers in a room while it runs (protocol reference 7.6)."""

from typing import Literal, Self

from pydantic import Field, model_validator

from app.connect.hosts.hipchat.client.errors import LimitExceeded
from app.connect.hosts.hipchat.client.outgoing import Outgoing

WebhookEvent = Literal[
    "room_archived",
    "room_created",
    "room_deleted",
    "room_enter",
    "room_exit",
    "room_file_upload",
    "room_message",
    "room_notification",
    "room_topic_change",
    "room_unarchived",
]
WITH_PATTERN = frozenset({"room_message", "room_notification"})


class NewWebhook(Outgoing):
    """A webhook to register; its deliveries are signed. `pattern` is a regular expression for messages."""

    url: str = Field(min_length=1)
    event: WebhookEvent
    pattern: str | None = Field(default=None, min_length=1)
    name: str | None = Field(default=None, min_length=1)
    key: str | None = Field(default=None, pattern=r"^[a-zA-Z0-9_\-.]{1,40}$")
    # The host's default is `none`, with which anyone could post events.
    authentication: Literal["jwt"] = "jwt"

    @model_validator(mode="after")
    def _pattern_fits(self) -> Self:
        if self.pattern is not None and self.event not in WITH_PATTERN:
            raise LimitExceeded("NewWebhook.pattern", "goes with room_message and room_notification only")
        return self
