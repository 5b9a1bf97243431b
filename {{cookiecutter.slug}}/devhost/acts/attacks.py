"""Judges how an add-on answers an attacker."""

from dataclasses import dataclass, field
from typing import Literal

from devhost.wire.outbound import Answer

Tone = Literal["good", "bad", "plain"]
_REFUSALS = range(400, 500)


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What was seen, in sentences, and what to think of it: the verdict may be empty."""

    told: list[str] = field(default_factory=list)
    verdict: str = ""
    tone: Tone = "plain"


def judged(answer: Answer, *, legitimate: bool = False) -> Verdict:
    """Say whether an add-on was right to answer so; a `legitimate` request is no attack."""
    accepted = answer.status is not None and answer.status // 100 in (2, 3)
    found = Verdict(told=[f"The add-on answered: {answer.told()}."])
    if legitimate:
        found.tone = "good" if accepted else "bad"
        found.verdict = "It accepts this old form, as it should." if accepted else "It should accept this."
    elif accepted:
        found.tone = "bad"
        found.verdict = "It was accepted. The add-on should have refused it."
    elif answer.status in _REFUSALS:
        found.tone = "good"
        found.verdict = "It was refused, as it should be."
    return found
