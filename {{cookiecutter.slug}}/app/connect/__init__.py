"""Everything an add-on may import. What is not named here belongs to the plumbing and may change."""

from app.connect.context import Context, Page
from app.connect.database.engine import Base, TenantOwned, UtcDateTime
from app.connect.declare.configure import ConfigForm
from app.connect.declare.router import AddonRouter
from app.connect.errors import ConnectError, NotAllowed, NotFound
from app.connect.hosts.hipchat.client.cards import Attribute as CardAttribute
from app.connect.hosts.hipchat.client.cards import Card
from app.connect.hosts.hipchat.client.glances import Glance, Lozenge
from app.connect.hosts.hipchat.client.messages import Notification
from app.connect.hosts.hipchat.events import (
    RoomChange,
    RoomEnter,
    RoomExit,
    RoomFileUpload,
    RoomMessage,
    RoomNotification,
    RoomTopicChange,
)
from app.connect.serving.dependencies import ApiCtx, Ctx, CurrentTenant
from app.connect.tenancy.tables import Tenant
from app.connect.tenancy.tenant import User

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
