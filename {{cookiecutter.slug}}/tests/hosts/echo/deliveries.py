"""Events of an Echo host: they carry an id of their own, and are answered by saying something."""

import json
from typing import Any

from pydantic import ValidationError

from app.connect.declare.declarations import EventHandler
from app.connect.errors import BadRequest, name_fields
from app.connect.hosts.protocol import Answer, Delivery, Posted, Proof
from app.connect.tenancy.tenant import Tenant
from tests.hosts.echo.context import EchoContext
from tests.hosts.echo.events import EVENTS
from tests.hosts.echo.events import Posted as EchoPosted


class EchoDeliveries:
    """Reads events; what a handler returns is text."""

    def read(self, handler: EventHandler, posted: Posted, proof: Proof, tenant: Tenant) -> Delivery | None:
        """Check that an event belongs to its token."""
        try:
            event = EchoPosted.model_validate(posted.document)
            data = EVENTS[handler.event].model_validate(event.data)
        except ValidationError as error:
            raise BadRequest(f"The event does not fit: check {name_fields(error)}.") from None
        if event.client_key != tenant.client_key or event.event != handler.event:
            raise BadRequest("The event is another than its address and token say.")
        return Delivery(f"{handler.key}:{event.id}", data.model_dump(mode="json"), proof.caller)

    def answer(self, result: Any) -> Answer | None:
        """Write text into the response."""
        return None if result is None else Answer(json.dumps({"say": _text(result)}).encode())

    async def reply(self, ctx: EchoContext, result: Any) -> None:
        """Say text to the host."""
        ctx.say(_text(result))


def _text(result: Any) -> str:
    if not isinstance(result, str):
        raise TypeError(f"The handler of an event returns a str or None, not {type(result).__name__}.")
    return result
