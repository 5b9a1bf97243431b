"""Everything an add-on may import. What is not named here belongs to the plumbing and may change."""

from app.connect.addon import AddonRouter
from app.connect.auth import ApiCtx, Ctx, CurrentTenant
from app.connect.configure import ConfigForm
from app.connect.context import Context, Page
from app.connect.db import Base, TenantOwned, UtcDateTime
from app.connect.errors import ConnectError, NotAllowed, NotFound
from app.connect.hosts.hipchat.cards import Attribute as CardAttribute
from app.connect.hosts.hipchat.cards import Card
from app.connect.hosts.hipchat.events import (
    RoomChange,
    RoomEnter,
    RoomExit,
    RoomFileUpload,
    RoomMessage,
    RoomNotification,
    RoomTopicChange,
)
from app.connect.hosts.hipchat.glances import Glance, Lozenge
from app.connect.hosts.hipchat.messages import Notification
from app.connect.identity import User
from app.connect.tenants import Tenant

__all__ = [
    "AddonRouter",
    "ApiCtx",
    "Base",
    "Card",
    "CardAttribute",
    "ConfigForm",
    "ConnectError",
    "Context",
    "Ctx",
    "CurrentTenant",
    "Glance",
    "Lozenge",
    "NotAllowed",
    "NotFound",
    "Notification",
    "Page",
    "RoomChange",
    "RoomEnter",
    "RoomExit",
    "RoomFileUpload",
    "RoomMessage",
    "RoomNotification",
    "RoomTopicChange",
    "Tenant",
    "TenantOwned",
    "User",
    "UtcDateTime",
]
