"""Searches an add-on's pattern in a message without letting a bad pattern stop the host."""

import asyncio
import json
import re
import subprocess
import sys
import threading
import warnings
import weakref
from typing import Literal

PATTERN_LIMIT = 2000
START_SECONDS = 10.0

# A pattern without repeats and alternatives cannot run long, so it is searched at once. All others go to a
# process of their own: Python's engine holds the interpreter lock and a thread cannot be stopped.
_RISKY = re.compile(r"[*+?{|]")
_FLAGS = re.compile(r"^\(\?[aiLmsux]+\)")
_WORKER = """
import json, re, sys
sys.stdout.write("r")
sys.stdout.flush()
for line in sys.stdin:
    mode, pattern, text = json.loads(line)
    try:
        found = getattr(re, mode)(pattern, text) is not None
    except (re.error, RecursionError, OverflowError, ValueError):
        found = False
    sys.stdout.write("1" if found else "0")
    sys.stdout.flush()
"""


def check_pattern(pattern: str) -> str:
    """Return why a pattern cannot be used; empty when it can."""
    if len(pattern) > PATTERN_LIMIT:
        return f"the pattern is longer than {PATTERN_LIMIT} characters"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError, ValueError) as error:
        return f"the pattern is not a regular expression: {error}"
    return ""


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


class Matcher:
    """Searches patterns; risky ones in a process that is killed at the time limit."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._finalizer: weakref.finalize[..., Matcher] | None = None
        self._lock = threading.Lock()

    async def matches(self, pattern: str, text: str, *, mode: Literal["search", "match"], limit: float) -> bool:
        """Say whether the pattern is found in the text. Raises TimeoutError after `limit` seconds."""
        if check_pattern(pattern):
            return False
        if not _RISKY.search(_FLAGS.sub("", pattern)):
            compiled = re.compile(pattern)
            return (compiled.search(text) if mode == "search" else compiled.match(text)) is not None
        return await asyncio.to_thread(self._ask, mode, pattern, text, limit)

    def _ask(self, mode: str, pattern: str, text: str, limit: float) -> bool:
        with self._lock:
            process = self._started()
            question = json.dumps([mode, pattern, text]).encode("ascii") + b"\n"
            answer = self._read(process, limit, question)
            if not answer:
                self._close()
                raise TimeoutError(f"the pattern took longer than {limit:g} s")
            return answer == b"1"

    @staticmethod
    def _read(process: subprocess.Popen[bytes], limit: float, question: bytes = b"") -> bytes:
        if process.stdin is None or process.stdout is None:
            return b""
        timer = threading.Timer(limit, process.kill)
        timer.start()
        try:
            process.stdin.write(question)
            return process.stdout.read(1)
        except OSError:
            return b""
        finally:
            timer.cancel()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._close()
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                [sys.executable, "-I", "-S", "-W", "ignore", "-c", _WORKER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
            self._finalizer = weakref.finalize(self, _stop, self._process)
            # The time limit of a search does not pay for the start of the process.
            self._read(self._process, START_SECONDS)
        return self._process

    def _close(self) -> None:
        if self._finalizer is not None:
            self._finalizer()
        self._process = self._finalizer = None

    def close(self) -> None:
        """Stop the process."""
        with self._lock:
            self._close()
