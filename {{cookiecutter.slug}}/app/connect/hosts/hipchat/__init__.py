"""HipChat, for add-ons: its router, its context, and every model that handlers and clients take or return.

The group chat Connect protocol, spoken by self-hosted and compatible hosts and by the devhost.
"""

from typing import Annotated

from fastapi import Depends

from app.connect.hosts.hipchat.client.cards import (
    Activity,
    Card,
    CardIcon,
    FormattedDescription,
    Thumbnail,
)
from app.connect.hosts.hipchat.client.cards import Attribute as CardAttribute
from app.connect.hosts.hipchat.client.errors import (
    HostNotFound,
    HostRejected,
    LimitExceeded,
    RateLimited,
    ScopeMissing,
)
from app.connect.hosts.hipchat.client.glances import Glance, GlanceIcon, Lozenge
from app.connect.hosts.hipchat.client.group import GroupClient
from app.connect.hosts.hipchat.client.messages import Notification, NotificationOptions
from app.connect.hosts.hipchat.client.models import (
    Created,
    File,
    Message,
    Presence,
    Room,
    RoomDetails,
    SentMessage,
    User,
    UserDetails,
    Webhook,
)
from app.connect.hosts.hipchat.client.room import RoomClient
from app.connect.hosts.hipchat.client.webhooks import NewWebhook
from app.connect.hosts.hipchat.context import HipChatContext, NoRoom
from app.connect.hosts.hipchat.events import (
    EventRoom,
    Person,
    RoomArchived,
    RoomCreated,
    RoomDeleted,
    RoomEnter,
    RoomEvent,
    RoomExit,
    RoomFileUpload,
    RoomMessage,
    RoomNotification,
    RoomTopicChange,
    RoomUnarchived,
    SharedFile,
)
from app.connect.hosts.hipchat.router import HipChatRouter
from app.connect.hosts.hipchat.settings import HipChatDetails
from app.connect.serving.dependencies import context_of

HipChatCtx = Annotated[HipChatContext, Depends(context_of("hipchat"), scope="function")]
"""The context of a HipChat tenant, in handlers and in FastAPI routes."""

__all__ = [
    "Activity",
    "Card",
    "CardAttribute",
    "CardIcon",
    "Created",
    "EventRoom",
    "File",
    "FormattedDescription",
    "Glance",
    "GlanceIcon",
    "GroupClient",
    "HipChatContext",
    "HipChatCtx",
    "HipChatDetails",
    "HipChatRouter",
    "HostNotFound",
    "HostRejected",
    "LimitExceeded",
    "Lozenge",
    "Message",
    "NewWebhook",
    "NoRoom",
    "Notification",
    "NotificationOptions",
    "Person",
    "Presence",
    "RateLimited",
    "Room",
    "RoomArchived",
    "RoomClient",
    "RoomCreated",
    "RoomDeleted",
    "RoomDetails",
    "RoomEnter",
    "RoomEvent",
    "RoomExit",
    "RoomFileUpload",
    "RoomMessage",
    "RoomNotification",
    "RoomTopicChange",
    "RoomUnarchived",
    "ScopeMissing",
    "SentMessage",
    "SharedFile",
    "Thumbnail",
    "User",
    "UserDetails",
    "Webhook",
]
