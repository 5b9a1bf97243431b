"""The one error these programs end with: which step failed, what was seen, what to try."""


class StepError(Exception):
    """A step did not do what it should; `seen` is evidence, `hint` is what to try."""

    def __init__(self, message: str, *, hint: str, seen: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.seen = seen
