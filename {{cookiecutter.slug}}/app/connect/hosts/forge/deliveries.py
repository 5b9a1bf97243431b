"""What handlers of Forge's events may return: nothing, for nobody waits. The events themselves come by gates."""

from typing import Any

from app.connect.declare.declarations import EventHandler
from app.connect.errors import NotFound
from app.connect.hosts.protocol import Answer, Delivery, Posted, Proof
from app.connect.tenancy.tenant import Tenant


class ForgeDeliveries:
    """There is no route for a single event."""

    def read(self, handler: EventHandler, posted: Posted, proof: Proof, tenant: Tenant) -> Delivery | None:  # noqa: ARG002
        """Read nothing."""
        raise NotFound

    def answer(self, result: Any) -> Answer | None:
        """Write nothing; `TypeError` for anything else."""
        if result is not None:
            raise TypeError(f"The handler of an event returns None, not {type(result).__name__}: nobody waits for it.")
        return None

    async def reply(self, ctx: Any, result: Any) -> None:  # noqa: ARG002 - there is nobody to reply to
        """Send nothing; `TypeError` for anything else."""
        self.answer(result)
