"""A log on a stream of a test's own."""

import io
import json
from typing import Any

from app.connect.logging import configure_logging


class Log:
    """A stream of the test's own."""

    def __init__(self, *, as_json: bool) -> None:
        self._stream = io.StringIO()
        configure_logging("DEBUG", as_json=as_json, stream=self._stream)

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Read every line as the JSON object it must be."""
        return [json.loads(line) for line in self.text.splitlines()]
