"""Events of a HipChat host: checked against their token, named, and answered by a notification (reference 6.3, 7)."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from app.connect.declare.declarations import EventHandler
from app.connect.errors import BadRequest
from app.connect.hosts.hipchat.client.messages import Notification
from app.connect.hosts.hipchat.context import HipChatContext
from app.connect.hosts.hipchat.events import EVENTS, RoomEvent, RoomMessage, RoomNotification
from app.connect.hosts.protocol import Answer, Delivery, Posted, Proof
from app.connect.tenancy.tenant import Tenant


class HipChatDeliveries:
    """Reads events; what a handler returns is a notification in the room the event came from."""

    def read(self, handler: EventHandler, posted: Posted, proof: Proof, tenant: Tenant) -> Delivery | None:
        """Check that an event belongs to its token and name its delivery; None when the pattern does not find it."""
        body = posted.document
        if not isinstance(body, dict) or body.get("event") != handler.event or not isinstance(body.get("item"), dict):
            raise BadRequest(f"The body is not a {handler.event} event.")
        if body.get("oauth_client_id") not in (None, tenant.client_key):
            raise BadRequest("The event belongs to another installation than its token.")
        event = _read_event(handler.event, body["item"])
        # Room and person are the token's. Viewers hold tokens of the host, too, and could write anything into a body:
        # one that names no room, as the settings of a whole group have it, proves nothing of any room.
        if event.room.id != proof.caller.place:
            raise BadRequest("The event belongs to another room than its token.")
        if event.sender.id not in (None, proof.caller.user_id):
            raise BadRequest("The event was caused by another user than its token says.")
        if handler.options is not None and not handler.options.finds(getattr(event, "text", "")):
            return None
        return Delivery(
            id=_name(
                handler, event.id if isinstance(event, RoomMessage | RoomNotification) else "", body, proof.claims
            ),
            payload=body["item"] if handler.takes is None else event.model_dump(mode="json"),
            caller=proof.caller,
        )

    def answer(self, result: Any) -> Answer | None:
        """Write a `Notification` into the response."""
        if result is None:
            return None
        return Answer(_notification(result).model_dump_json(by_alias=True, exclude_none=True).encode())

    async def reply(self, ctx: HipChatContext, result: Any) -> None:
        """Post a `Notification` in the room."""
        await ctx.room.notify(_notification(result))


def _read_event(name: str, item: dict[str, Any]) -> RoomEvent:
    try:
        return EVENTS[name].model_validate(item)
    except (ValidationError, RecursionError):
        raise BadRequest(f"The item of the {name} event does not fit the protocol.") from None


def _notification(result: Any) -> Notification:
    if not isinstance(result, Notification):
        raise TypeError(f"The handler of an event returns a Notification or None, not {type(result).__name__}.")
    return result


def _name(handler: EventHandler, message_id: str, body: dict[str, Any], claims: Mapping[str, Any]) -> str:
    """Name a delivery so that the same one twice has one name.

    The protocol gives no delivery id. A message has an id of its own; for other events the token's `jti` tells two
    visits of the same person apart, and without it the moment of issue does.
    """
    mark = message_id or claims.get("jti") or claims["iat"]
    seen = json.dumps([mark, None if message_id else body], sort_keys=True)
    return f"{handler.key}:{hashlib.sha256(seen.encode()).hexdigest()}"
