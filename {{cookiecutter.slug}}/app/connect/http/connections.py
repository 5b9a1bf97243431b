"""Puts limits on what one connection, and all of them, may hold of the server: heads, bodies, times and their number.

uvicorn bounds none of these, and not everybody has a proxy in front that does. But it runs the application's lifespan
in a task of an object that has its configuration, which it asks for the class of each new connection. So what is set
there before the first connection holds for all of them, and `uvicorn app.main:app` is all there is to start.
"""

import asyncio
import logging
from functools import partial
from typing import Any, Self

from app.connect.errors import ConfigurationError
from app.connect.http.crowd import Crowd, Limits

log = logging.getLogger(__name__)


class Connections:
    """The limits of a server's connections, and whether they are in force."""

    def __init__(self, limits: Limits) -> None:
        self._crowd = Crowd(limits)
        self._problem: str | None = None

    @classmethod
    def of(cls, most: int, head: float, body: float) -> Self | None:
        """Limit their number, and the seconds for a head and a body; None where what serves limits them itself."""
        return cls(Limits(most, head, body)) if most else None

    def put_in_place(self) -> None:
        """Have the server that runs this lifespan make our connections."""
        # Only what serves needs uvicorn's classes: commands and tests do without.
        from app.connect.http.protocols import KNOWN  # noqa: PLC0415

        config = _configuration()
        found = getattr(config, "http_protocol_class", None)
        for theirs, ours in KNOWN.items():
            if isinstance(found, type) and issubclass(found, theirs):
                config.http_protocol_class = partial(ours, crowd=self._crowd)
                self._problem = None
                return
        self._problem = f"the server is not uvicorn with httptools or h11, but {found or type(config)}"

    def require(self, *, is_production: bool) -> None:
        """Stop a start in production whose connections have no limits; warn of it elsewhere."""
        if self._problem is None:
            return
        sentence = (
            f"The limits on connections could not be put in place: {self._problem}. Start the add-on with "
            "`uvicorn app.main:app`. If what serves it instead bounds heads, bodies, times and the number of "
            "connections itself, say so with MAX_CONNECTIONS=0."
        )
        if is_production:
            raise ConfigurationError(sentence)
        log.warning(sentence)


def _configuration() -> Any:
    """Return uvicorn's configuration: what the application is handed may be wrapped, but not the task it runs in."""
    task = asyncio.current_task()
    frame = None if task is None else getattr(task.get_coro(), "cr_frame", None)
    return None if frame is None else getattr(frame.f_locals.get("self"), "config", None)
