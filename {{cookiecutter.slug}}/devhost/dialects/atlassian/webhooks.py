"""Sends events to the add-ons that listen: signed, named by an identifier, and again when they are not taken (14)."""

import asyncio
import json
import uuid
from dataclasses import dataclass
from functools import partial
from typing import Any

from devhost.acts import sending
from devhost.dialects.atlassian.addresses import absolute, signed
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.dialects.atlassian.jql import compile_jql
from devhost.dialects.atlassian.place import Place
from devhost.dialects.atlassian.sites import Site
from devhost.dialects.atlassian.state import AtlassianState
from devhost.errors import HostError
from devhost.wire.deliveries import Delivery
from devhost.wire.outbound import Answer, Ask

# Events whose webhooks may be filtered by JQL.
_FILTERED = ("jira:issue_", "comment_")
_AGAIN = {408, 409, 425, 429}
_SERVER_ERROR = 500


@dataclass(slots=True, kw_only=True, eq=False)
class HookDelivery(Delivery):
    """One event for one add-on of a site; its `identifier` stays the same however often it is sent."""

    site: Site
    installation: SiteInstallation
    place: Place
    identifier: str
    # The header that an add-on set on the call which caused the event.
    trace: str = ""
    exclude_body: bool = False
    retries: int = 0


async def report(
    state: AtlassianState, event: str, place: Place, body: dict[str, Any], *, trace: str = ""
) -> list[HookDelivery]:
    """Tell every add-on that listens, and wait for each first answer."""
    made = []
    for installation in place.site.installed:
        for number, hook in enumerate(installation.descriptor.of_type("webhooks")):
            if installation.works and hook.get("event") == event:
                made += _delivery(state, installation, number, hook, place, body, trace)
    for delivery in made:
        state.sent.add(delivery)
    others = [hear(event, place, body) for hear in state.listeners]
    if state.broken.hold:
        state.sent.held += made
        await asyncio.gather(*others)
        return made
    await asyncio.gather(*(send(state, delivery) for delivery in made), *others)
    return made


def _delivery(
    state: AtlassianState,
    installation: SiteInstallation,
    number: int,
    hook: dict[str, Any],
    place: Place,
    body: dict[str, Any],
    trace: str,
) -> list[HookDelivery]:
    event = hook["event"]
    note = ""
    if hook.get("filter") and event.startswith(_FILTERED):
        try:
            if place.issue is None or not compile_jql(hook["filter"])(place.issue):
                return []
        except HostError as error:
            note = f"not sent: the filter {hook['filter']!r} is not understood. {error.message}"
    made = HookDelivery(
        event=event,
        url=absolute(installation, hook["url"], place),
        webhook_id=number,
        client_id=installation.client_key,
        room_id=0,
        body=_with_properties(hook, place, body),
        sender_id=place.person.id if place.person else None,
        site=place.site,
        installation=installation,
        place=place,
        identifier=uuid.uuid4().hex,
        trace=trace,
        exclude_body=hook.get("excludeBody") is True,
        note=note,
    )
    if note:
        state.sent.add(made)
        return []
    return [made]


def _with_properties(hook: dict[str, Any], place: Place, body: dict[str, Any]) -> dict[str, Any]:
    wanted = hook.get("propertyKeys")
    if not wanted or place.issue is None or "issue" not in body:
        return body
    held = {key: value for key, value in place.issue.properties.items() if key in wanted}
    return body | {"issue": body["issue"] | {"properties": held}}


async def send(state: AtlassianState, delivery: HookDelivery) -> None:
    """Send a delivery with a fresh token, and plan to send it again when it was not taken."""
    await sending.send(
        state.shell, state.outbound, delivery, signed=partial(_request, state), answered=partial(_judge, state)
    )
    last = delivery.attempts[-1]
    can_try = last.status is None or last.status in _AGAIN or last.status >= _SERVER_ERROR
    # Confluence tries once: nothing else is documented.
    if can_try and delivery.site.product == "jira" and delivery.retries < state.settings.webhook_retries:
        delivery.retries += 1
        state.shell.spawn(_again(state, delivery))


async def _again(state: AtlassianState, delivery: HookDelivery) -> None:
    await asyncio.sleep(state.settings.webhook_retry_seconds)
    # An add-on that was uninstalled in the meantime is not told any more.
    if delivery.installation.works:
        await send(state, delivery)


def _request(state: AtlassianState, delivery: Delivery) -> Ask:
    if not isinstance(delivery, HookDelivery):
        raise TypeError("a delivery of a site is needed")
    token, claims = signed(state, delivery.installation, "POST", delivery.url, delivery.place)
    headers = {
        "content-type": "application/json",
        "authorization": f"JWT {token}",
        "x-atlassian-webhook-flow": "Primary",
    }
    if delivery.site.product == "jira":
        headers["x-atlassian-webhook-identifier"] = delivery.identifier
    if delivery.retries:
        headers["x-atlassian-webhook-retry"] = str(delivery.retries)
    if delivery.trace:
        headers["x-atlassian-webhook-trace"] = delivery.trace
    body = b"" if delivery.exclude_body else json.dumps(delivery.body, ensure_ascii=False).encode("utf-8")
    return Ask(
        method="POST",
        url=delivery.url,
        purpose=f"webhook {delivery.event}",
        timeout=state.settings.webhook_timeout,
        body=body,
        headers=headers,
        client_id=delivery.client_id,
        delivery_id=delivery.id,
        claims=claims,
    )


def _judge(_state: AtlassianState, delivery: Delivery, answer: Answer) -> None:
    delivery.note = answer.error or ("" if answer.ok else f"the add-on answered {answer.status}")
