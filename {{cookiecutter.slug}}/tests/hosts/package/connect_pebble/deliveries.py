"""New notes, read and named; nobody at a board waits for an answer."""

from typing import Any

from pydantic import ValidationError

from app.connect import Context
from app.connect.declare.declarations import EventHandler
from app.connect.errors import BadRequest, name_fields
from app.connect.hosts.protocol import Answer, Delivery, Posted, Proof
from app.connect.tenancy.tenant import Tenant
from connect_pebble.router import Note


class PebbleDeliveries:
    """Reads events."""

    def read(self, handler: EventHandler, posted: Posted, proof: Proof, tenant: Tenant) -> Delivery | None:
        """Check a note and name its delivery by the note."""
        document = posted.document
        if not isinstance(document, dict) or document.get("board") != tenant.client_key:
            raise BadRequest("The note is pinned to another board than its token says.")
        try:
            note = Note.model_validate(document.get("note"))
        except ValidationError as error:
            raise BadRequest(f"The note does not fit: check {name_fields(error)}.") from None
        return Delivery(f"{handler.key}:{note.id}", note.model_dump(mode="json"), proof.caller)

    def answer(self, result: Any) -> Answer | None:
        """Write nothing."""
        if result is not None:
            raise TypeError(f"The handler of a note returns None, not {type(result).__name__}.")
        return None

    async def reply(self, ctx: Context, result: Any) -> None:
        """Send nothing."""
        self.answer(result)
