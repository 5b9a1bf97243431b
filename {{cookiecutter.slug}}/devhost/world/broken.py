"""What is broken on purpose at the moment: the host's answers, its deliveries, its tokens and its clock."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, get_args

AnswerFaultKind = Literal["down", "drop", "truncate", "error", "slow", "rate", "flood"]
ANSWER_FAULTS: tuple[AnswerFaultKind, ...] = get_args(AnswerFaultKind)


class Forgery(StrEnum):
    """A way in which a token can be wrong or unusual."""

    WRONG_KEY = "wrong_key"
    ALG_NONE = "alg_none"
    OTHER_ALGORITHM = "other_algorithm"
    TAMPERED = "tampered"
    EXPIRED = "expired"
    MISSING_EXP = "missing_exp"
    MISSING_IAT = "missing_iat"
    FUTURE_IAT = "future_iat"
    WRONG_PLACE = "wrong_place"
    UNKNOWN_ISSUER = "unknown_issuer"
    # The next two are not attacks: old hosts signed so, and an add-on accepts them.
    PRN = "prn"
    INTEGER_SUB = "integer_sub"


@dataclass(slots=True, kw_only=True)
class AnswerFault:
    """A fault of the host's API: for `times` requests (None: until mended) whose path begins with `path`."""

    kind: AnswerFaultKind
    path: str
    status: int = 500
    seconds: float = 0.0
    times: int | None = None


@dataclass(slots=True)
class Broken:
    """The state of every fault; a new one says that all is well."""

    answers: list[AnswerFault] = field(default_factory=list)
    # Life time of new access tokens in seconds; None: as in the settings.
    token_seconds: float | None = None
    # Seconds by which the host's clock is ahead when it signs.
    clock_skew: float = 0.0
    # How often each delivery is sent, and how late.
    copies: int = 1
    late: float = 0.0
    # Deliveries wait until they are released.
    hold: bool = False
    forgery: Forgery | None = None

    def clear(self) -> None:
        """Mend everything."""
        fresh = Broken()
        for name in self.__slots__:
            setattr(self, name, getattr(fresh, name))

    def next_for(self, path: str) -> AnswerFault | None:
        """Return the fault that a request to this path meets, and count it."""
        for fault in self.answers:
            if not path.startswith(fault.path):
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.answers.remove(fault)
            return fault
        return None
