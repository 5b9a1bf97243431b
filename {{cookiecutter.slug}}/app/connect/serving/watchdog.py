"""Notices when code holds the event loop up: in development it says which line, in production it ends the process.

One blocking call stops every tenant's requests. The loop says that it is alive many times a second; a thread that
hears nothing looks at where the loop's own thread stands. Nobody can ask a loop that stands still how it is, so what
runs for long enough in silence ends, and whoever runs the add-on starts it again; nothing that was accepted is lost.
"""

import asyncio
import logging
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from types import FrameType

log = logging.getLogger(__name__)

LONGEST = 0.25
"""Seconds for which the loop may be silent."""
BEAT = 0.05
DEADLY = 60.0
"""Seconds of silence after which a process in production ends; in development somebody may be at a breakpoint."""
EXIT_STATUS = 70
"""EX_SOFTWARE of sysexits.h."""


class Watchdog:
    """Watches the loop that `start` is called in; each function is named once."""

    def __init__(self, folder: Path, *, is_production: bool = False, deadly_after: float = DEADLY) -> None:
        self._is_production = is_production
        self._deadly_after = deadly_after
        self._folder = str(folder.resolve())
        self._heard = time.monotonic()
        self._named: set[tuple[str, str]] = set()
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch the running loop."""
        self._loop = asyncio.get_running_loop()
        self._beat()
        arguments = (threading.get_ident(),)
        self._thread = threading.Thread(target=self._watch, args=arguments, name="watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _beat(self) -> None:
        self._heard = time.monotonic()
        if self._loop is not None and not self._stopping.is_set():
            self._loop.call_later(BEAT, self._beat)

    def _watch(self, thread: int) -> None:
        while not self._stopping.wait(BEAT):
            silence = time.monotonic() - self._heard
            if self._is_production:
                if silence > self._deadly_after:
                    self._end(sys._current_frames().get(thread), silence)  # noqa: SLF001
            elif silence > LONGEST:
                # The private name is the documented way to see where another thread stands.
                self._name(sys._current_frames().get(thread))  # noqa: SLF001

    def _end(self, frame: FrameType | None, silence: float) -> None:
        stack = "".join(traceback.format_stack(frame)) if frame is not None else ""
        log.critical("the process has stood still for %.0f s and ends; it stood here:\n%s", silence, stack)
        logging.shutdown()
        # Not sys.exit: that would wait for the loop.
        os._exit(EXIT_STATUS)

    def _name(self, frame: FrameType | None) -> None:
        """Log the innermost function of the add-on in which the loop stands, if it stands in one."""
        while frame is not None and not frame.f_code.co_filename.startswith(self._folder):
            frame = frame.f_back
        if frame is None:
            return
        name = (frame.f_code.co_filename, frame.f_code.co_name)
        if name in self._named:
            return
        self._named.add(name)
        log.warning(
            "%s blocks: %s, line %s has held everything up for %.1f s. Use an async library there, or "
            "await asyncio.to_thread(...).",
            frame.f_code.co_name,
            Path(frame.f_code.co_filename).relative_to(Path(self._folder).parents[1]),
            frame.f_lineno,
            time.monotonic() - self._heard,
        )
