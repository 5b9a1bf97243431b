"""The one table of what can go wrong: the page shows it, the JSON control and the test kit read it.

A fault is one entry: its sentences, its knobs, and the member of the state that it sets. What is set shows
on the page's banner until it is mended; an entry without a banner happens once.
"""

from dataclasses import dataclass

from devhost.acts.knobs import Knob
from devhost.world.broken import Forgery


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something to break."""

    key: str
    title: str
    sentence: str
    button: str = "Break it"
    knobs: tuple[Knob, ...] = ()
    # What the banner says while it lasts, with the knobs' values; empty: it happens once.
    banner: str = ""
    # The member of the state which the first knob sets, or which is simply on.
    state: str = ""
    # It needs an add-on to aim at.
    aimed: bool = False

    @property
    def lasting(self) -> bool:
        """Whether it stays until it is mended."""
        return bool(self.banner)


FORGERIES = {
    Forgery.WRONG_KEY: "signed with another key",
    Forgery.ALG_NONE: "alg: none, no signature",
    Forgery.OTHER_ALGORITHM: "another algorithm",
    Forgery.TAMPERED: "claims changed after signing",
    Forgery.EXPIRED: "expired",
    Forgery.MISSING_EXP: "without exp",
    Forgery.MISSING_IAT: "without iat",
    Forgery.FUTURE_IAT: "issued in the future",
    Forgery.WRONG_ROOM: "for another room",
    Forgery.UNKNOWN_ISSUER: "from an unknown issuer",
    Forgery.PRN: "with prn in place of sub (old, and legitimate)",
    Forgery.INTEGER_SUB: "sub as a number (old, and legitimate)",
}
LEGITIMATE = frozenset({Forgery.PRN, Forgery.INTEGER_SUB})

_TIMES = Knob(
    name="times",
    label="For",
    low=1,
    high=1_000_000,
    whole=True,
    optional=True,
    choices=(("", "all requests"), ("1", "the next request"), ("3", "the next 3")),
)
_PATH = Knob(name="path", label="Paths that begin with", optional=True, words=True, hidden=True)
_ANSWER = (_TIMES, _PATH)
_WAIT = Knob(name="seconds", label="Wait, seconds", value=60, low=0)
_FORGERY = Knob(
    name="forgery",
    label="The token is",
    value=Forgery.WRONG_KEY.value,
    choices=tuple((name.value, told) for name, told in FORGERIES.items()),
    words=True,
)

_ANSWERS = (
    Fault(
        key="down",
        title="Host down",
        sentence="Every connection to the host's API breaks before an answer is written.",
        knobs=_ANSWER,
        banner="the host is down",
    ),
    Fault(
        key="error",
        title="Errors",
        sentence="The API answers with an error and does nothing.",
        knobs=(Knob(name="status", label="Status", value=500, low=400, high=599, whole=True), *_ANSWER),
        banner="the host answers {status}",
    ),
    Fault(
        key="slow",
        title="Slow answers",
        sentence="The API does what is asked, and answers late.",
        knobs=(Knob(name="seconds", label="Seconds", value=5), *_ANSWER),
        banner="the host takes {seconds:g} s longer",
    ),
    Fault(
        key="drop",
        title="Lost answers",
        sentence="The API does what is asked, then the line breaks in the middle of the answer.",
        knobs=_ANSWER,
        banner="answers of the host are lost",
    ),
    Fault(
        key="truncate",
        title="Truncated JSON",
        sentence="Only the first half of each answer arrives, as if it were all.",
        knobs=_ANSWER,
        banner="answers of the host are cut in half",
    ),
    Fault(
        key="rate",
        title="Rate limit",
        sentence="The API answers 429, and its rate headers say how long to wait.",
        knobs=(_WAIT, *_ANSWER),
        banner="the host answers 429 (rate limit)",
    ),
    Fault(
        key="flood",
        title="Flood control",
        sentence="Calls about rooms answer 429, and the flood headers say how long to wait.",
        knobs=(_WAIT, *_ANSWER),
        banner="the host answers 429 (flood control)",
    ),
)
_TOKENS = (
    Fault(
        key="revoke",
        title="Revoke tokens",
        sentence="The add-on's access tokens end at once; its client lives and may ask for new ones.",
        button="Revoke now",
        aimed=True,
    ),
    Fault(
        key="token_seconds",
        title="Short-lived tokens",
        sentence="New access tokens live only so many seconds.",
        knobs=(Knob(name="seconds", label="Seconds", value=5),),
        banner="new tokens live {seconds:g} s",
        state="token_seconds",
    ),
    Fault(
        key="clock_skew",
        title="Wrong clock",
        sentence="The host signs as if its clock were ahead, or behind with a negative number.",
        knobs=(Knob(name="seconds", label="Seconds", value=600, low=-86_400, high=86_400),),
        banner="the host signs {seconds:+g} s off",
        state="clock_skew",
    ),
    Fault(
        key="advance",
        title="Let time pass",
        sentence="The host's clock goes forward, so that tokens expire without waiting.",
        button="Advance",
        knobs=(Knob(name="seconds", label="Seconds", value=3600, high=86_400),),
        banner="the host's clock is {seconds:g} s ahead",
    ),
)
_DELIVERIES = (
    Fault(
        key="duplicate",
        title="Twice",
        sentence="Each delivery is sent more than once, with the same token.",
        knobs=(Knob(name="copies", label="Copies", value=2, low=1, high=20, whole=True),),
        banner="deliveries are sent {copies} times",
        state="copies",
    ),
    Fault(
        key="late",
        title="Late",
        sentence="Deliveries are sent so many seconds after what they report.",
        knobs=(Knob(name="seconds", label="Seconds", value=5),),
        banner="deliveries are {seconds:g} s late",
        state="late",
    ),
    Fault(
        key="hold",
        title="Hold back",
        sentence="Deliveries wait here until you release them, in any order.",
        button="Hold back",
        banner="deliveries are held back",
        state="hold",
    ),
    Fault(
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
                words=True,
            ),
        ),
    ),
)
_ATTACKS = (
    Fault(
        key="forge_token",
        title="Forged request",
        sentence="One glance, page or webhook is asked for with a token that is wrong.",
        button="Try once",
        knobs=(_FORGERY,),
        aimed=True,
    ),
    Fault(
        key="forgery",
        title="Wrong signatures",
        sentence="Every token that the host signs is wrong in this way until you mend it.",
        knobs=(_FORGERY,),
        banner="tokens are wrong: {forgery}",
        state="forgery",
    ),
    Fault(
        key="forge_install",
        title="Forged install",
        sentence="Somebody sends an install with this add-on's client id and a secret of their own.",
        button="Attack",
        aimed=True,
    ),
    Fault(
        key="forge_update",
        title="Forged update",
        sentence="Somebody sends an update that names another host.",
        button="Attack",
        aimed=True,
    ),
    Fault(
        key="forge_uninstall",
        title="Forged uninstall",
        sentence="Somebody sends the unsigned DELETE while the add-on is still installed.",
        button="Attack",
        aimed=True,
    ),
    Fault(
        key="vanish",
        title="Silent uninstall",
        sentence="The add-on is removed and not told: 401 for its tokens is the only sign.",
        button="Remove",
        aimed=True,
    ),
)

GROUPS: tuple[tuple[str, tuple[Fault, ...]], ...] = (
    ("The host answers badly", _ANSWERS),
    ("Tokens and time", _TOKENS),
    ("Deliveries", _DELIVERIES),
    ("An attacker", _ATTACKS),
)
FAULTS = {one.key: one for _, group in GROUPS for one in group}
