"""Breaks and mends the host by the table of faults; tests hold it as `host.faults`."""

from collections.abc import Callable
from typing import Any

from devhost.acts.faults import FAULTS, FORGERIES, Fault
from devhost.acts.knobs import Value, read_knobs
from devhost.errors import bad_request
from devhost.world.broken import ANSWER_FAULTS, AnswerFault, Broken, Forgery
from devhost.world.state import World


class Faults:
    """Everything is well until a method breaks something, and after `clear`."""

    def __init__(self, world: World, reach: Callable[[str], str]) -> None:
        # `reach` tells how the paths begin on which a kind of fault acts when none is named.
        self._world = world
        self._reach = reach

    @property
    def broken(self) -> Broken:
        """The state: what is broken now, and how."""
        return self._world.broken

    def put(self, key: str, *, instead: bool = False, **given: Any) -> None:
        """Break one thing of the table; knobs that are not given have the table's values. Raises HostError 400.

        A fault of the host's answers joins those of its kind that are there; with `instead` it replaces them.
        """
        fault = FAULTS.get(key)
        if fault is None or not fault.lasting:
            lasting = ", ".join(one.key for one in FAULTS.values() if one.lasting)
            raise bad_request(f"kind: {key!r} is none of {lasting}", field="kind")
        unknown = given.keys() - {knob.name for knob in fault.knobs}
        if unknown:
            names = ", ".join(knob.name for knob in fault.knobs) or "no knob"
            raise bad_request(f"{min(unknown)}: {key} has {names}", field=min(unknown))
        self._set(fault, read_knobs(fault.knobs, given), instead=instead)
        self._world.feed.publish("fault", {"kind": key})

    def _set(self, fault: Fault, values: dict[str, Value], *, instead: bool) -> None:
        broken = self.broken
        for kind in ANSWER_FAULTS:
            if kind == fault.key:
                if instead:
                    broken.answers = [one for one in broken.answers if one.kind != kind]
                path = self._path(kind, values.pop("path"))
                settings: dict[str, Any] = values
                broken.answers.append(AnswerFault(kind=kind, path=path, **settings))
        if fault.key == "advance":
            self._world.clock.advance(float(values["seconds"] or 0))
        if fault.state:
            value: Any = next(iter(values.values()), True)
            setattr(broken, fault.state, Forgery(value) if fault.state == "forgery" else value)

    def _path(self, kind: str, path: Value) -> str:
        start = self._reach("")
        if path is not None and not str(path).startswith(start):
            raise bad_request(f"path: a path of the API is needed, which begins with {start}", field="path")
        return str(path or self._reach(kind))

    def active(self) -> dict[str, str]:
        """Say what is broken now: a sentence by the key of each fault."""
        broken, fresh = self.broken, Broken()
        found = {}
        for fault in FAULTS.values():
            answers = [one for one in broken.answers if one.kind == fault.key]
            value = getattr(broken, fault.state) if fault.state else None
            if answers:
                found[fault.key] = _told(fault, answers[-1])
            elif fault.key == "advance" and self._world.clock.offset:
                found[fault.key] = fault.banner.format(seconds=self._world.clock.offset)
            elif fault.state and value != getattr(fresh, fault.state):
                shown = FORGERIES[value] if isinstance(value, Forgery) else value
                found[fault.key] = fault.banner.format(**{knob.name: shown for knob in fault.knobs[:1]})
        return found

    def mend(self) -> None:
        """End every fault and set the clock right; what is held back waits for its release."""
        self._world.clock.offset = 0.0
        self.clear()

    def clear(self) -> None:
        """End every fault; the clock stays where it is."""
        self.broken.clear()
        self._world.feed.publish("fault", {"kind": "none"})

    def down(self, *, times: int | None = None, path: str | None = None) -> None:
        """Break every connection to the API before an answer is written."""
        self.put("down", times=times, path=path)

    def drop(self, *, times: int | None = None, path: str | None = None) -> None:
        """Do what was asked, then break the connection in the middle of the answer."""
        self.put("drop", times=times, path=path)

    def truncate(self, *, times: int | None = None, path: str | None = None) -> None:
        """Send only the first half of each answer's body."""
        self.put("truncate", times=times, path=path)

    def error(self, status: int = 500, *, times: int | None = None, path: str | None = None) -> None:
        """Answer with an error and do nothing."""
        self.put("error", status=status, times=times, path=path)

    def slow(self, seconds: float, *, times: int | None = None, path: str | None = None) -> None:
        """Answer late."""
        self.put("slow", seconds=seconds, times=times, path=path)

    def rate_limited(self, seconds: float = 60, *, times: int | None = None, path: str | None = None) -> None:
        """Answer 429; the rate headers tell to wait so many seconds."""
        self.put("rate", seconds=seconds, times=times, path=path)

    def flooded(self, seconds: float = 60, *, times: int | None = None, path: str | None = None) -> None:
        """Answer 429; the flood headers tell to wait so many seconds."""
        self.put("flood", seconds=seconds, times=times, path=path)

    def expire_tokens_in(self, seconds: float) -> None:
        """Make new access tokens live only so long."""
        self.put("token_seconds", seconds=seconds)

    def skew_clock(self, seconds: float) -> None:
        """Sign as if the host's clock were ahead (or behind: negative)."""
        self.put("clock_skew", seconds=seconds)

    def advance(self, seconds: float) -> None:
        """Move the host's clock forward."""
        self.put("advance", seconds=seconds)

    def duplicate(self, copies: int = 2) -> None:
        """Send each delivery so many times, with the same token."""
        self.put("duplicate", copies=copies)

    def delay(self, seconds: float) -> None:
        """Send deliveries late."""
        self.put("late", seconds=seconds)

    def hold_deliveries(self) -> None:
        """Keep deliveries back until they are released in the order that is asked for."""
        self.put("hold")

    def forge(self, forgery: Forgery | str) -> None:
        """Make every token of the host wrong in one way."""
        self.put("forgery", forgery=str(forgery))


def _told(fault: Fault, answer: AnswerFault) -> str:
    what = fault.banner.format(status=answer.status, seconds=answer.seconds)
    return what if answer.times is None else f"{what} to the next {answer.times}"
