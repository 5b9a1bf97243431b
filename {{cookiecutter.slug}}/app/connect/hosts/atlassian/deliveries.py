"""Events of a site: read, and named by the host's own identifier, so that each runs once (reference 14)."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from pydantic import ValidationError

from app.connect.declare.declarations import EventHandler
from app.connect.errors import BadRequest, name_fields
from app.connect.hosts.atlassian.context import SiteContext
from app.connect.hosts.atlassian.dynamic import DYNAMIC
from app.connect.hosts.atlassian.fields import RESERVED
from app.connect.hosts.atlassian.module_types import CALL
from app.connect.hosts.atlassian.wire import SiteEvent
from app.connect.hosts.protocol import Answer, Asked, Delivery, Posted, Proof
from app.connect.tenancy.tenant import Caller, Tenant

IDENTIFIER = b"x-atlassian-webhook-identifier"
"""Unique for each delivery of a site, and the same when it is tried again."""
TOLD = "webhookEvent"


class AtlassianDeliveries:
    """Reads events, and calls of modules that the host posts to."""

    def read(self, handler: EventHandler, posted: Posted, proof: Proof, tenant: Tenant) -> Delivery | None:  # noqa: ARG002
        """Check that the body is the event of the route, and name the delivery."""
        body = posted.document if handler.has_body else _parameters(posted.asked)
        if not isinstance(body, dict):
            raise BadRequest("The body is not an event.")
        # Older Confluence sites do not repeat it; the address, which is signed, says it then.
        if handler.event not in {CALL, DYNAMIC} and body.get(TOLD, handler.event) != handler.event:
            raise BadRequest(f"The body is not a {handler.event} event.")
        event = as_taken(handler, body)
        actor = event.actor if event is not None else None
        return Delivery(
            id=f"{handler.key}:{_name(posted)}",
            payload=body if event is None else event.model_dump(mode="json"),
            caller=Caller(
                proof.caller.user_id or (actor.account_id if actor else None),
                actor.time_zone if actor else None,
                (event.place if event else None) or proof.caller.place,
            ),
            twin=twin_of(handler, body),
        )

    def answer(self, result: Any) -> Answer | None:
        """Write the JSON object that some calls ask for; `TypeError` for anything else."""
        if result is None:
            return None
        if not isinstance(result, Mapping):
            raise TypeError(f"The handler of a call returns a dict or None, not {type(result).__name__}.")
        return Answer(json.dumps(dict(result), allow_nan=False).encode())

    async def reply(self, ctx: SiteContext[Any], result: Any) -> None:  # noqa: ARG002 - there is nobody to reply to
        """Send nothing; `TypeError` for anything else."""
        if result is not None:
            raise TypeError(f"The handler of an event returns None, not {type(result).__name__}: nobody waits for it.")


def twin_of(handler: EventHandler, body: Mapping[str, Any]) -> str | None:
    """Name an event by what it is about and when, for who may be told of it by another host, too.

    None where that does not tell two events apart: they are then told by each way in.
    """
    name = handler.event.removeprefix("jira:").partition("_")[0]
    about, change = body.get(name), body.get("changelog")
    id_ = about.get("id") if isinstance(about, Mapping) else None
    moment = change.get("id") if isinstance(change, Mapping) else None
    moment = body.get("timestamp") if moment is None else f"change {moment}"
    if not isinstance(id_, str | int) or not isinstance(moment, str | int):
        return None
    return f"{handler.host}.{handler.key}:{hashlib.sha256(f'{name} {id_} {moment}'.encode()).hexdigest()}"


def as_taken(handler: EventHandler, body: dict[str, Any]) -> SiteEvent | None:
    """Return an event as its handler takes it; None where that is the bare dict. Raises `BadRequest`."""
    if handler.takes is None:
        return None
    assert issubclass(handler.takes, SiteEvent)  # noqa: S101 - the routers declare no other
    try:
        return handler.takes.model_validate(body)
    except ValidationError as error:
        raise BadRequest(f"The {handler.event} event does not fit the protocol: {name_fields(error)}.") from None
    except RecursionError:
        raise BadRequest(f"The {handler.event} event does not fit the protocol.") from None


def _name(posted: Posted) -> str:
    """Name a delivery by the host's identifier, or, where a host gives none, by all that it sent: it has the time.

    Without a body that is the token, which is another one when the event is sent again.
    """
    identifier = _header(posted.asked, IDENTIFIER)
    if identifier:
        return hashlib.sha256(b"id:" + identifier).hexdigest()
    sent = posted.raw or b"%b?%b" % (_header(posted.asked, b"authorization"), posted.asked.query)
    return hashlib.sha256(b"body:" + sent).hexdigest()


def _parameters(asked: Asked) -> dict[str, Any]:
    """Return what the address says; a name that is there twice says it last."""
    pairs = parse_qsl(asked.query.decode("latin-1"), keep_blank_values=True, errors="replace")
    return {name: value for name, value in pairs if name not in RESERVED}


def _header(asked: Asked, wanted: bytes) -> bytes:
    return next((value for name, value in asked.headers if name == wanted), b"")
