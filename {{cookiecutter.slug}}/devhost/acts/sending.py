"""Sends deliveries to add-ons, as late and as often as the faults say."""

import asyncio
from collections.abc import Callable

from devhost.wire.deliveries import Attempt, Delivery
from devhost.wire.outbound import Answer, Ask, Outbound
from devhost.world.state import World


async def send(
    world: World,
    outbound: Outbound,
    delivery: Delivery,
    *,
    signed: Callable[[Delivery], Ask],
    answered: Callable[[Delivery, Answer], None],
) -> None:
    """Send a delivery: `signed` makes its request under a fresh token, `answered` takes every answer."""
    if world.broken.late:
        await asyncio.sleep(world.broken.late)
    ask = signed(delivery)
    for _ in range(max(1, world.broken.copies)):
        at = world.clock.date()
        answer = await outbound.send(ask)
        delivery.attempts.append(
            Attempt(
                at=at,
                status=answer.status,
                body=answer.text,
                error=answer.error,
                latency_ms=answer.latency_ms,
            )
        )
        answered(delivery, answer)
    world.feed.publish("delivery", {"id": delivery.id, "room_id": delivery.room_id})
