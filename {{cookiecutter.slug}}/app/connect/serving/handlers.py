"""Finds the handler of an inbox entry among the declarations, and calls it with its context and payload."""

from typing import Any

from app.connect.context import Context
from app.connect.declare.addon import Addon
from app.connect.serving.token_handlers import tell_of_token
from app.connect.tenancy.entries import INSTALLED
from app.connect.work.claims import Claim
from app.connect.work.rows import Kind


class HandlerGone(LookupError):
    """An entry waits for a handler that the code does not declare any more."""


async def call_handlers(addon: Addon, claim: Claim, context: Context, payload: Any) -> Any:
    """Call what an entry is for and return what it returns; `HandlerGone` when there is no such handler."""
    match claim.kind:
        case Kind.EVENT:
            host, _, key = claim.name.partition(".")
            handler = _declared(addon.events_of(host), key, claim)
            return await handler.call(
                context, payload if handler.takes is None else handler.takes.model_validate(payload)
            )
        case Kind.JOB:
            job = addon.job_of(context.hosts, claim.name)
            if job is None:
                raise _gone(claim, claim.name)
            if job.adapter is None:
                return await job.call(context)
            return await job.call(context, job.adapter.validate_python(payload))
        case Kind.SCHEDULE:
            return await _declared(addon.schedules, claim.name, claim).call(context)
        case Kind.LIFECYCLE:
            for one in addon.installed if claim.name == INSTALLED else addon.uninstalled:
                if context.serves(one.host):
                    await one.call(context)
        case Kind.ACCESS:
            await tell_of_token(addon, claim.name, context, payload)
    return None


def _declared(handlers: Any, key: str, claim: Claim) -> Any:
    if key not in handlers:
        raise _gone(claim, key)
    return handlers[key]


def _gone(claim: Claim, key: str) -> HandlerGone:
    return HandlerGone(f"The {claim.kind} handler {key!r} is gone from the code, and entries wait for it")
