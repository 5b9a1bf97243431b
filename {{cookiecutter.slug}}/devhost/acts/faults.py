"""What is broken on purpose: the host's answers, its deliveries, its tokens and its clock."""

from dataclasses import dataclass, field
from typing import Literal

from devhost.dialects.hipchat.signing import Forgery

AnswerFaultKind = Literal["down", "drop", "truncate", "error", "slow", "rate", "flood"]


@dataclass(slots=True, kw_only=True)
class AnswerFault:
    """A fault of the host's API: for `times` requests (None: until cleared) whose path begins with `path`."""

    kind: AnswerFaultKind
    path: str = "/v2/"
    status: int = 500
    seconds: float = 0.0
    times: int | None = None


@dataclass(slots=True)
class Faults:
    """All faults; everything is well until a method breaks something and after `clear`."""

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

    def down(self, *, times: int | None = None, path: str = "/v2/") -> None:
        """Break every connection to the API before an answer is written."""
        self.answers.append(AnswerFault(kind="down", times=times, path=path))

    def drop(self, *, times: int | None = None, path: str = "/v2/") -> None:
        """Do what was asked, then break the connection in the middle of the answer."""
        self.answers.append(AnswerFault(kind="drop", times=times, path=path))

    def truncate(self, *, times: int | None = None, path: str = "/v2/") -> None:
        """Send only the first half of each answer's body."""
        self.answers.append(AnswerFault(kind="truncate", times=times, path=path))

    def error(self, status: int = 500, *, times: int | None = None, path: str = "/v2/") -> None:
        """Answer with an error and do nothing."""
        self.answers.append(AnswerFault(kind="error", status=status, times=times, path=path))

    def slow(self, seconds: float, *, times: int | None = None, path: str = "/v2/") -> None:
        """Answer late."""
        self.answers.append(AnswerFault(kind="slow", seconds=seconds, times=times, path=path))

    def rate_limited(self, seconds: float = 60, *, times: int | None = None, path: str = "/v2/") -> None:
        """Answer 429; the rate headers tell to wait so many seconds."""
        self.answers.append(AnswerFault(kind="rate", seconds=seconds, times=times, path=path))

    def flooded(self, seconds: float = 60, *, times: int | None = None, path: str = "/v2/room") -> None:
        """Answer 429; the flood headers tell to wait so many seconds."""
        self.answers.append(AnswerFault(kind="flood", seconds=seconds, times=times, path=path))

    def expire_tokens_in(self, seconds: float | None) -> None:
        """Make new access tokens live only so long."""
        self.token_seconds = seconds

    def skew_clock(self, seconds: float) -> None:
        """Sign as if the host's clock were ahead (or behind: negative)."""
        self.clock_skew = seconds

    def duplicate(self, copies: int = 2) -> None:
        """Send each delivery so many times, with the same token."""
        self.copies = copies

    def delay(self, seconds: float) -> None:
        """Send deliveries late."""
        self.late = seconds

    def hold_deliveries(self) -> None:
        """Keep deliveries back until they are released in the order that is asked for."""
        self.hold = True

    def forge(self, forgery: Forgery | str | None) -> None:
        """Make every token of the host wrong in one way."""
        self.forgery = None if forgery is None else Forgery(forgery)

    def clear(self) -> None:
        """Mend everything."""
        fresh = Faults()
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
