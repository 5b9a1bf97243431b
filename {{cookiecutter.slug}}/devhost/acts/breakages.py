"""What a person can break on the page: one entry each with its sentence, its knobs and its button."""

from collections.abc import Iterable
from dataclasses import dataclass

from devhost.acts.faults import AnswerFault
from devhost.acts.host import Host
from devhost.dialects.hipchat.signing import Forgery


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One number or choice that belongs to a breakage."""

    name: str
    label: str
    value: str = ""
    low: int = 0
    high: int = 3600
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakage:
    """Something to break; `lasting` ones stay until they are mended."""

    key: str
    title: str
    sentence: str
    button: str = "Break it"
    knobs: tuple[Knob, ...] = ()
    lasting: bool = True
    # It needs an add-on to aim at.
    aimed: bool = False


_TIMES = Knob(name="times", label="For", choices=(("", "all requests"), ("1", "the next request"), ("3", "the next 3")))

_FORGERIES = {
    "wrong_key": "signed with another key",
    "alg_none": "alg: none, no signature",
    "other_algorithm": "another algorithm",
    "tampered": "claims changed after signing",
    "expired": "expired",
    "missing_exp": "without exp",
    "missing_iat": "without iat",
    "future_iat": "issued in the future",
    "wrong_room": "for another room",
    "unknown_issuer": "from an unknown issuer",
    "prn": "with prn in place of sub (old, and legitimate)",
    "integer_sub": "sub as a number (old, and legitimate)",
}
LEGITIMATE = {Forgery.PRN, Forgery.INTEGER_SUB}
_FORGERY = Knob(name="forgery", label="The token is", value="wrong_key", choices=tuple(_FORGERIES.items()))

_ANSWERS = (
    Breakage(
        key="down",
        title="Host down",
        sentence="Every connection to the host's API breaks before an answer is written.",
        knobs=(_TIMES,),
    ),
    Breakage(
        key="error",
        title="Errors",
        sentence="The API answers with an error and does nothing.",
        knobs=(Knob(name="status", label="Status", value="500", low=400, high=599), _TIMES),
    ),
    Breakage(
        key="slow",
        title="Slow answers",
        sentence="The API does what is asked, and answers late.",
        knobs=(Knob(name="seconds", label="Seconds", value="5", low=1, high=120), _TIMES),
    ),
    Breakage(
        key="drop",
        title="Lost answers",
        sentence="The API does what is asked, then the line breaks in the middle of the answer.",
        knobs=(_TIMES,),
    ),
    Breakage(
        key="truncate",
        title="Truncated JSON",
        sentence="Only the first half of each answer arrives, as if it were all.",
        knobs=(_TIMES,),
    ),
    Breakage(
        key="rate",
        title="Rate limit",
        sentence="The API answers 429, and its rate headers say how long to wait.",
        knobs=(Knob(name="seconds", label="Wait, seconds", value="60", low=1), _TIMES),
    ),
    Breakage(
        key="flood",
        title="Flood control",
        sentence="Calls about rooms answer 429, and the flood headers say how long to wait.",
        knobs=(Knob(name="seconds", label="Wait, seconds", value="60", low=1), _TIMES),
    ),
)
_TOKENS = (
    Breakage(
        key="revoke",
        title="Revoke tokens",
        sentence="The add-on's access tokens end at once; its client lives and may ask for new ones.",
        button="Revoke now",
        lasting=False,
        aimed=True,
    ),
    Breakage(
        key="token_seconds",
        title="Short-lived tokens",
        sentence="New access tokens live only so many seconds.",
        knobs=(Knob(name="seconds", label="Seconds", value="5", low=1),),
    ),
    Breakage(
        key="clock_skew",
        title="Wrong clock",
        sentence="The host signs as if its clock were ahead, or behind with a negative number.",
        knobs=(Knob(name="seconds", label="Seconds", value="600", low=-86_400, high=86_400),),
    ),
    Breakage(
        key="advance",
        title="Let time pass",
        sentence="The host's clock goes forward, so that tokens expire without waiting.",
        button="Advance",
        knobs=(Knob(name="seconds", label="Seconds", value="3600", low=1),),
    ),
)
_DELIVERIES = (
    Breakage(
        key="duplicate",
        title="Twice",
        sentence="Each delivery is sent more than once, with the same token.",
        knobs=(Knob(name="copies", label="Copies", value="2", low=2, high=20),),
    ),
    Breakage(
        key="late",
        title="Late",
        sentence="Deliveries are sent so many seconds after what they report.",
        knobs=(Knob(name="seconds", label="Seconds", value="5", low=1, high=120),),
    ),
    Breakage(
        key="hold",
        title="Hold back",
        sentence="Deliveries wait here until you release them, in any order.",
        button="Hold back",
    ),
    Breakage(
        key="release",
        title="Release",
        sentence="What was held back is sent now, one after the other; new deliveries flow again.",
        button="Release",
        knobs=(
            Knob(
                name="order",
                label="Order",
                value="reverse",
                choices=(("reverse", "newest first"), ("same", "as they came")),
            ),
        ),
        lasting=False,
    ),
)
_ATTACKS = (
    Breakage(
        key="forge_token",
        title="Forged request",
        sentence="One glance, page or webhook is asked for with a token that is wrong.",
        button="Try once",
        knobs=(_FORGERY,),
        lasting=False,
        aimed=True,
    ),
    Breakage(
        key="forgery",
        title="Wrong signatures",
        sentence="Every token that the host signs is wrong in this way until you mend it.",
        knobs=(_FORGERY,),
    ),
    Breakage(
        key="forge_install",
        title="Forged install",
        sentence="Somebody sends an install with this add-on's client id and a secret of their own.",
        button="Attack",
        lasting=False,
        aimed=True,
    ),
    Breakage(
        key="forge_update",
        title="Forged update",
        sentence="Somebody sends an update that names another host.",
        button="Attack",
        lasting=False,
        aimed=True,
    ),
    Breakage(
        key="forge_uninstall",
        title="Forged uninstall",
        sentence="Somebody sends the unsigned DELETE while the add-on is still installed.",
        button="Attack",
        lasting=False,
        aimed=True,
    ),
    Breakage(
        key="vanish",
        title="Silent uninstall",
        sentence="The add-on is removed and not told: 401 for its tokens is the only sign.",
        button="Remove",
        lasting=False,
        aimed=True,
    ),
)

GROUPS: tuple[tuple[str, tuple[Breakage, ...]], ...] = (
    ("The host answers badly", _ANSWERS),
    ("Tokens and time", _TOKENS),
    ("Deliveries", _DELIVERIES),
    ("An attacker", _ATTACKS),
)
BY_KEY = {one.key: one for _, group in GROUPS for one in group}


def breakages() -> list[tuple[str, Iterable[Breakage]]]:
    """List what can be broken, by group."""
    return [*GROUPS]


def active(host: Host) -> dict[str, str]:
    """Say what is broken now: a sentence by the key of its breakage."""
    faults, clock = host.faults, host.world.clock
    found: dict[str, str] = {fault.kind: _told(fault) for fault in faults.answers}
    if faults.token_seconds is not None:
        found["token_seconds"] = f"new tokens live {faults.token_seconds:g} s"
    if faults.clock_skew:
        found["clock_skew"] = f"the host signs {faults.clock_skew:+g} s off"
    if clock.offset:
        found["advance"] = f"the host's clock is {clock.offset:g} s ahead"
    if faults.copies > 1:
        found["duplicate"] = f"deliveries are sent {faults.copies} times"
    if faults.late:
        found["late"] = f"deliveries are {faults.late:g} s late"
    if faults.hold:
        found["hold"] = "deliveries are held back"
    if faults.forgery is not None:
        found["forgery"] = f"tokens are wrong: {_FORGERIES[faults.forgery]}"
    return found


def _told(fault: AnswerFault) -> str:
    what = {
        "down": "the host is down",
        "drop": "answers of the host are lost",
        "truncate": "answers of the host are cut in half",
        "error": f"the host answers {fault.status}",
        "slow": f"the host takes {fault.seconds:g} s longer",
        "rate": "the host answers 429 (rate limit)",
        "flood": "the host answers 429 (flood control)",
    }[fault.kind]
    return what if fault.times is None else f"{what} to the next {fault.times}"
