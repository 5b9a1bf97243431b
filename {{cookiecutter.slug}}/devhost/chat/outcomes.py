"""Breaks what a person asks for on the page, says something to the add-ons, and tells what they answered."""

from dataclasses import dataclass

from devhost.acts.attacks import Verdict
from devhost.acts.faults import FAULTS, Fault
from devhost.acts.knobs import Value, read_knobs
from devhost.chat.aiming import aim
from devhost.chat.host import Host
from devhost.errors import bad_request, not_found
from devhost.wire.deliveries import Delivery

# After these there is nothing to say: the request was the attack, or nobody is left to hear.
_SILENT = ("forge_token", "vanish")


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of it, and the number after which the log tells the rest."""

    fault: Fault
    seen: Verdict
    # What the add-ons answered to what was said afterwards.
    said: list[str]
    since: int


@dataclass(slots=True, kw_only=True)
class Wanted:
    """Which fault, with which knobs, aimed at which add-on, and what to say afterwards."""

    fault: Fault
    values: dict[str, Value]
    client_id: str
    room: str
    user: str
    say: str


def wanted(form: dict[str, str]) -> Wanted:
    """Read the form of the page. Raises HostError 404 for what cannot be broken, 400 for a wrong knob."""
    fault = FAULTS.get(form.get("what", ""))
    if fault is None:
        raise not_found(f"Something to break named {form.get('what', '')!r}")
    start = f"{fault.key}."
    given = {name.removeprefix(start): value for name, value in form.items() if name.startswith(start)}
    return Wanted(
        fault=fault,
        values=read_knobs(fault.knobs, given),
        client_id=form.get("client_id", ""),
        room=form.get("room", "1"),
        user=form.get("user", "admin"),
        say=form.get("say", "").strip(),
    )


async def break_it(host: Host, ask: Wanted) -> Outcome:
    """Do it, then say what a person would say, and tell what the add-on answered."""
    since = max((entry.id for entry in host.wire), default=0)
    fault, seen = ask.fault, Verdict()
    if fault.aimed:
        if not ask.client_id:
            raise bad_request("No add-on is installed to aim at: install one first", field="client_id")
        victim = host.installation(ask.client_id)
        seen = await aim(host, fault, ask.values, victim, room=ask.room, user=ask.user)
    elif fault.lasting:
        host.faults.put(fault.key, instead=True, **ask.values)
    else:
        host.faults.broken.hold = False
        sent = await host.release(order=str(ask.values["order"]))
        seen.told = [_answered(one) for one in sent] or ["Nothing was held back."]
        host.world.feed.publish("fault", {"kind": fault.key})
    said = await _say(host, ask) if ask.say and fault.key not in _SILENT else []
    return Outcome(fault=fault, seen=seen, said=said, since=since)


async def _say(host: Host, ask: Wanted) -> list[str]:
    if not any(one.covers(host.room(ask.room).id) for one in host.installations()):
        return ["No add-on works in this room, so nobody notices. Install one first."]
    held = len(host.sent.held)
    sent = await host.say(ask.room, ask.say, user=ask.user)
    waiting = len(host.sent.held) - held
    if waiting > 0:
        many = "1 delivery waits" if waiting == 1 else f"{waiting} deliveries wait"
        return [f"“{ask.say}” was said; {many} to be released."]
    return [_answered(one) for one in sent] or [f"“{ask.say}” was said, and no add-on listens for that."]


def _answered(one: Delivery) -> str:
    last = one.attempts[-1] if one.attempts else None
    if last is None:
        return one.note or "The delivery was not sent."
    many = f" to each of {len(one.attempts)} copies" if len(one.attempts) > 1 else ""
    if last.status is None:
        return f"The add-on did not answer {one.event}: {last.error}."
    return f"The add-on answered {last.status} to {one.event}{many} in {last.latency_ms:.0f} ms."
