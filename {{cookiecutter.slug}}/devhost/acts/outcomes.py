"""Breaks things for the page, and says what the add-on answered."""

from dataclasses import dataclass
from typing import Literal

import httpx

from devhost.acts.breakages import BY_KEY, LEGITIMATE, Breakage, Knob
from devhost.acts.faults import AnswerFault, AnswerFaultKind
from devhost.acts.host import Host
from devhost.dialects.hipchat.signing import Forgery
from devhost.dialects.hipchat.webhooks import Delivery
from devhost.errors import GlanceRefused, bad_request, not_found
from devhost.wire.outbound import Answer
from devhost.world.installations import Installation

Tone = Literal["good", "bad", "plain"]
_REFUSALS = range(400, 500)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of it: sentences, and the number after which the log tells the rest."""

    title: str
    told: list[str]
    tone: Tone = "plain"
    since: int = 0


@dataclass(slots=True, kw_only=True)
class Wanted:
    """Which breakage, with which knobs, aimed at which add-on, and what to say afterwards."""

    breakage: Breakage
    knobs: dict[str, str]
    client_id: str
    room: str
    user: str
    say: str

    def text(self, name: str) -> str:
        """Return a knob's value. Raises HostError 400 when it is none of the choices."""
        knob = self._knob(name)
        value = self.knobs.get(name, knob.value)
        if knob.choices and value not in dict(knob.choices):
            raise bad_request(f"{knob.label}: {value!r} is no choice", field=name)
        return value

    def number(self, name: str) -> int:
        """Return a knob's value as a number. Raises HostError 400."""
        knob = self._knob(name)
        try:
            value = int(self.knobs.get(name, knob.value))
        except ValueError:
            value = knob.low - 1
        if not knob.low <= value <= knob.high:
            raise bad_request(f"{knob.label}: a whole number from {knob.low} to {knob.high} is needed", field=name)
        return value

    def _knob(self, name: str) -> Knob:
        return next(knob for knob in self.breakage.knobs if knob.name == name)


def wanted(form: dict[str, str]) -> Wanted:
    """Read the form of the page. Raises HostError 404 for what cannot be broken."""
    breakage = BY_KEY.get(form.get("what", ""))
    if breakage is None:
        raise not_found(f"Something to break named {form.get('what', '')!r}")
    start = f"{breakage.key}."
    return Wanted(
        breakage=breakage,
        knobs={name.removeprefix(start): value for name, value in form.items() if name.startswith(start)},
        client_id=form.get("client_id", ""),
        room=form.get("room", "1"),
        user=form.get("user", "admin"),
        say=form.get("say", "").strip(),
    )


async def break_it(host: Host, ask: Wanted) -> Outcome:
    """Do it, then say what a person would say, and tell what the add-on answered."""
    since = max((entry.id for entry in host.wire), default=0)
    outcome = Outcome(title=ask.breakage.title, told=[])
    if ask.breakage.aimed:
        if not ask.client_id:
            raise bad_request("No add-on is installed to aim at: install one first", field="client_id")
        await _aim(host, ask, host.installation(ask.client_id), outcome)
    elif ask.breakage.key == "release":
        order = ask.text("order")
        host.faults.hold = False
        sent = await host.release(order=order)
        outcome.told = [_answered(one) for one in sent] or ["Nothing was held back."]
    else:
        _switch_on(host, ask)
        outcome.told.append("It is broken until you mend it.")
    host.world.feed.publish("fault", {"kind": ask.breakage.key})
    if ask.say and ask.breakage.key not in ("forge_token", "vanish"):
        outcome.told += await _say(host, ask)
    outcome.since = since
    return outcome


async def _say(host: Host, ask: Wanted) -> list[str]:
    if not any(one.covers(host.room(ask.room).id) for one in host.installations()):
        return ["No add-on works in this room, so nobody notices. Install one first."]
    held = len(host.world.deliveries.held)
    sent = await host.say(ask.room, ask.say, user=ask.user)
    waiting = len(host.world.deliveries.held) - held
    if waiting > 0:
        return [f"“{ask.say}” was said; {waiting} deliveries wait to be released."]
    return [_answered(one) for one in sent] or [f"“{ask.say}” was said, and no add-on listens for that."]


def _answered(one: Delivery) -> str:
    last = one.attempts[-1] if one.attempts else None
    if last is None:
        return one.note or "The delivery was not sent."
    many = f" to each of {len(one.attempts)} copies" if len(one.attempts) > 1 else ""
    if last.status is None:
        return f"The add-on did not answer {one.event}: {last.error}."
    return f"The add-on answered {last.status} to {one.event}{many} in {last.latency_ms:.0f} ms."


def _switch_on(host: Host, ask: Wanted) -> None:
    faults = host.faults
    match ask.breakage.key:
        case "down" | "drop" | "truncate" | "error" | "slow" | "rate" | "flood" as kind:
            faults.answers = [one for one in faults.answers if one.kind != kind]
            faults.answers.append(_answer_fault(ask, kind))
        case "token_seconds":
            faults.expire_tokens_in(ask.number("seconds"))
        case "clock_skew":
            faults.skew_clock(ask.number("seconds"))
        case "advance":
            host.world.clock.advance(ask.number("seconds"))
        case "duplicate":
            faults.duplicate(ask.number("copies"))
        case "late":
            faults.delay(ask.number("seconds"))
        case "hold":
            faults.hold_deliveries()
        case "forgery":
            faults.forge(ask.text("forgery"))


def _answer_fault(ask: Wanted, kind: AnswerFaultKind) -> AnswerFault:
    has = {knob.name for knob in ask.breakage.knobs}
    times = ask.text("times")
    return AnswerFault(
        kind=kind,
        path="/v2/room" if kind == "flood" else "/v2/",
        status=ask.number("status") if "status" in has else 500,
        seconds=ask.number("seconds") if "seconds" in has else 0,
        times=int(times) if times else None,
    )


async def _aim(host: Host, ask: Wanted, victim: Installation, outcome: Outcome) -> None:
    match ask.breakage.key:
        case "revoke":
            count = host.revoke_tokens(victim.client_id)
            outcome.told.append(f"{count} access tokens of {victim.descriptor.name} were revoked.")
        case "forge_token":
            await _forge_token(host, ask, victim, outcome)
        case "forge_install":
            _judge(outcome, await host.forge_install(victim.client_id))
        case "forge_update":
            _judge(outcome, await host.forge_update(victim.client_id))
        case "forge_uninstall":
            answer = await host.forge_uninstall(victim.client_id)
            outcome.told = [
                f"The add-on answered: {answer.told()}.",
                "Anybody can send this. A careful add-on asks the host for a token before it deletes anything.",
                "Say something to it: it should still answer.",
            ]
        case "vanish":
            await host.uninstall(victim.client_id, delete=False, browser=False)
            outcome.told = [f"{victim.descriptor.name} is gone, and does not know it until the host answers 401."]


def _judge(outcome: Outcome, answer: Answer) -> None:
    _verdict(outcome, answer.status, answer.told(), legitimate=False)


def _verdict(outcome: Outcome, status: int | None, told: str, *, legitimate: bool) -> None:
    accepted = status is not None and status // 100 in (2, 3)
    outcome.told.append(f"The add-on answered: {told}.")
    if legitimate:
        outcome.tone = "good" if accepted else "bad"
        outcome.told.append("It accepts this old form, as it should." if accepted else "It should accept this.")
    elif accepted:
        outcome.tone = "bad"
        outcome.told.append("It was accepted. The add-on should have refused it.")
    elif status in _REFUSALS:
        outcome.tone = "good"
        outcome.told.append("It was refused, as it should be.")


async def _forge_token(host: Host, ask: Wanted, victim: Installation, outcome: Outcome) -> None:
    forgery = Forgery(ask.text("forgery"))
    room = host.room(ask.room)
    room_id = room.id if victim.covers(room.id) else victim.room_id or room.id
    capabilities = victim.descriptor.capabilities
    pages = [("webPanel", one.key) for one in capabilities.web_panel]
    pages += [("dialog", one.key) for one in capabilities.dialog]
    pages += [("configurable", "")] if capabilities.configurable is not None else []
    status: int | None
    if pages:
        kind, key = pages[0]
        try:
            page = await host.open(victim.client_id, kind, key, room_id=room_id, user=ask.user, forgery=forgery)
            status, told = page.status_code, f"status {page.status_code}"
        except httpx.RequestError as error:
            status, told = None, str(error)
    else:
        status, told = await _forge_glance(host, victim, room_id, ask.user, forgery)
    _verdict(outcome, status, told, legitimate=forgery in LEGITIMATE)


async def _forge_glance(
    host: Host, victim: Installation, room_id: int, user: str, forgery: Forgery
) -> tuple[int | None, str]:
    asked = [one.key for one in victim.descriptor.capabilities.glance if one.query_url is not None]
    if not asked:
        raise bad_request("The add-on has no page and no glance that could be asked", field="client_id")
    try:
        await host.glance(victim.client_id, asked[0], room_id=room_id, user=user, forgery=forgery)
    except GlanceRefused as refused:
        return refused.status, f"status {refused.status}" if refused.status else refused.reason
    return 200, "status 200"
