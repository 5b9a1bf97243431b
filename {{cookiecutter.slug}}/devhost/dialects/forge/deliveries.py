"""Tells remotes of events: within five seconds, and again up to four times a minute apart (reference 7.1)."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from devhost.acts import sending
from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.invoking import request_of
from devhost.dialects.forge.manifest import Endpoint
from devhost.dialects.forge.state import ForgeState
from devhost.wire.deliveries import Delivery
from devhost.wire.outbound import Answer, Ask

Reason = Literal["INVALID_REMOTE_INVOCATION_ERROR", "TIMEOUT_ERROR", "INVALID_FORGE_INVOCATION_TOKEN"]
_UNAUTHORIZED = 401


@dataclass(slots=True, kw_only=True, eq=False)
class Call(Delivery):
    """One event for one trigger of an installation, however often it is sent."""

    installation: ForgeInstallation
    endpoint: Endpoint
    module: str
    # Whether it comes again when it was not taken.
    again: bool = True
    retries: int = 0
    reason: Reason | None = None


def call_of(
    installation: ForgeInstallation, endpoint: str, module: str, event: str, body: dict[str, Any], *, again: bool = True
) -> Call:
    """Make a call of an endpoint by a module that is no frontend. Raises HostError 400 or 404."""
    found = installation.endpoint(endpoint)
    return Call(
        event=event,
        url=installation.url(found),
        webhook_id=0,
        client_id=installation.number,
        room_id=0,
        body=body,
        sender_id=None,
        installation=installation,
        endpoint=found,
        module=module,
        again=again,
    )


async def tell(
    state: ForgeState, installation: ForgeInstallation, event: str, body: dict[str, Any], *, by_itself: bool = False
) -> list[Call]:
    """Tell the triggers of one installation that are for an event, and wait for each first answer."""
    made = []
    for one in installation.app.manifest.triggers:
        if not installation.works or event not in one.names or not one.endpoint:
            continue
        call = call_of(installation, one.endpoint, one.key, event, body)
        if one.filter.ignore_self and by_itself:
            call.note = "not sent: ignoreSelf, and the app caused it"
        elif one.filter.is_licensed and not (installation.license or {}).get("active"):
            call.note = "not sent: appIsLicensed, and there is no active licence"
        else:
            made.append(call)
        state.sent.add(call)
    await hand_on(state, made)
    return made


async def hand_on(state: ForgeState, made: list[Call]) -> None:
    """Send calls at once, or hold them back where that is what is broken."""
    if state.broken.hold:
        state.sent.held += made
        return
    await asyncio.gather(*(send(state, one) for one in made))


async def send(state: ForgeState, call: Call) -> None:
    """Send a call with a fresh token, and plan to send it again when it was not taken."""
    await sending.send(
        state.shell, state.outbound, call, signed=partial(_request, state), answered=partial(_judge, state)
    )
    if call.reason and call.again and call.retries < state.knobs.retries:
        call.retries += 1
        state.agenda.after(state.knobs.retry_seconds, partial(_again, state, call))


async def _again(state: ForgeState, call: Call) -> None:
    if call.installation.works:
        await send(state, call)


def _request(state: ForgeState, delivery: Delivery) -> Ask:
    call = _call(delivery)
    body = dict(call.body)
    if call.retries:
        body["retryContext"] = {"retryCount": call.retries, "retryReason": call.reason, "retryData": None}
    if state.knobs.nested_events and "eventType" in body:
        body = {"payload": body}
    ask = request_of(state, call.installation, call.endpoint, body, purpose=f"{call.module}: {call.event}")
    ask.delivery_id = call.id
    return ask


def _judge(state: ForgeState, delivery: Delivery, answer: Answer) -> None:
    call = _call(delivery)
    call.note = answer.error or ("" if answer.ok else f"the remote answered {answer.status}")
    if answer.ok and not answer.error:
        call.reason = None
    elif answer.status == _UNAUTHORIZED:
        call.reason = "INVALID_FORGE_INVOCATION_TOKEN"
    elif answer.error == f"no answer within {state.knobs.event_timeout:g} s":
        call.reason = "TIMEOUT_ERROR"
    else:
        call.reason = "INVALID_REMOTE_INVOCATION_ERROR"


def _call(delivery: Delivery) -> Call:
    if not isinstance(delivery, Call):
        raise TypeError("a call of Forge is needed")
    return delivery
