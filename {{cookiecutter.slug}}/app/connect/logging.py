"""Logs: one line an event, JSON in production, with request id and tenant, and with every secret removed."""

import asyncio
import json
import logging
import re
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, TextIO

request_id: ContextVar[str] = ContextVar("request_id", default="-")
tenant_id: ContextVar[str] = ContextVar("tenant_id", default="-")
trace_id: ContextVar[str] = ContextVar("trace_id", default="")

REMOVED = "[removed]"
_NAMES = r"signed_request|jwt|(?:auth|access|refresh|page|api)[-_]?token|secret|passw(?:or)?d|pwd"
_NAMED = re.compile(rf"(?i)[\w-]*(?:{_NAMES}|secret_keys|authorization|cookie)")


def _encoded(*codes: str) -> str:
    """Match a character as an address encodes it, or as one encodes an address inside another."""
    return f"%(?:25)*(?:{'|'.join(codes)})"


_IS = rf"\\*(?:['\"]|{_encoded('22', '27')})?\s*(?:[=:]|{_encoded('3A', '3D')})\s*(?:\+|{_encoded('20')})*"
_QUOTED = r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\""""
_HEX = "[0-9A-F]{2}"
# An encoded sign ends in digits and letters, but is none.
_STARTS = rf"(?:(?<![\w-])|(?<=%{_HEX})|(?<=%25{_HEX})|(?<=%2525{_HEX}))"
# A stranger can put long texts into a line, so no pattern may begin again inside what it has just read.
_SECRETS = (
    # Compact tokens, wherever they stand.
    (re.compile(rf"(?i:{_STARTS})eyJ[\w-]+(?:\.|{_encoded('2E')})[\w-]+(?:\.|{_encoded('2E')})[\w-]*"), REMOVED),
    (re.compile(rf"(?i:{_STARTS})addon(?:_|{_encoded('5F')})[\w-]{{20,}}"), REMOVED),
    (
        re.compile(rf"(?i){_STARTS}(bearer|basic|jwt)(\s+|\++|{_encoded('20')})(?:token=)?[\w+/.~=%-]{{8,}}"),
        rf"\1\2{REMOVED}",
    ),
    # Members and parameters that are called like secrets; a list of keys is one secret.
    (re.compile(rf"(?i)(secret_keys{_IS})(?:{_QUOTED}|[^\s)}}\]]+)"), rf"\1{REMOVED}"),
    (re.compile(rf"(?i)((?:{_NAMES}){_IS})(?:{_QUOTED}|[^\s&,;)}}\]]+)"), rf"\1{REMOVED}"),
    (re.compile(r"(?i)(\btoken=)[^\s&,;)}\]]+"), rf"\1{REMOVED}"),
    # A password in an address may hold what ends it elsewhere, so it ends at the last @.
    (re.compile(r"(://[^\s/:@]*):[^\s\"'<>]{1,256}@"), rf"\1:{REMOVED}@"),
    (
        re.compile(
            rf"(?i)({_encoded('3A')}(?:/|{_encoded('2F')}){{2}}[^\s/:@%]*){_encoded('3A')}"
            rf"[^\s\"'<>]{{1,256}}(?:@|{_encoded('40')})"
        ),
        rf"\1:{REMOVED}@",
    ),
)
_TRACE = re.compile(r"[0-9a-fA-F]{8,32}", re.ASCII)
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message"}


def redact(text: str) -> str:
    """Replace what looks like a token, secret or password; used on whole lines, tracebacks included."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def _cleaned(value: Any) -> Any:
    """Make JSON of what goes along with a record: secrets go by the name of their member as well as by their form."""
    if isinstance(value, Mapping):
        return {str(name): REMOVED if _NAMED.fullmatch(str(name)) else _cleaned(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_cleaned(inner) for inner in value]
    return value if isinstance(value, int | float | None) else redact(str(value))


def bind(tenant: str) -> None:
    """Name the tenant in every further line of this request or job."""
    tenant_id.set(tenant)


def follow(trace: bytes) -> None:
    """Name the host's own trace in every further line of this request, if it has the form of one."""
    text = trace.decode("latin-1")
    trace_id.set(text if _TRACE.fullmatch(text) else "")


class _Lines(logging.Formatter):
    """Shared by both formats: what a record says besides its message."""

    def _extra(self, record: logging.LogRecord) -> dict[str, Any]:
        return {name: value for name, value in record.__dict__.items() if name not in _STANDARD}


class JsonLines(_Lines):
    """For machines: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record, its extras, request id and tenant."""
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
            "request_id": request_id.get(),
            "tenant": tenant_id.get(),
        }
        if trace_id.get():
            line["trace"] = trace_id.get()
        line |= _cleaned(self._extra(record))
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(line)


class PlainLines(_Lines):
    """For people: time, level, request id, message, then `name=value`."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record and its extras."""
        when = time.strftime("%H:%M:%S", time.localtime(record.created))
        extra = "".join(f" {name}={value}" for name, value in self._extra(record).items())
        line = f"{when} {record.levelname:<7} {request_id.get()} {record.getMessage()}{extra}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return redact(line)


class AccessLog:
    """Writes one line a request, straight to the stream.

    At thousands a second, records and formatters would cost more than the request, and so would a write for each: the
    lines of one turn of the event loop go out together at its end. The path goes in as it came, percent-encoded and
    without the query, so it can hold neither a line break nor a token of the query; what looks like a token in it is
    removed.
    """

    def __init__(self) -> None:
        self._stream: TextIO | None = None
        self._as_json = False
        self._lines: list[str] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._second = (0, "")
        self.lost = 0
        """Lines that could not be written."""

    def configure(self, stream: TextIO | None, *, as_json: bool) -> None:
        """Write to `stream` from now on, or not at all when it is None."""
        self._flush()
        self._stream = stream
        self._as_json = as_json
        self._second = (0, "")

    def write(self, method: str, raw_path: bytes, status: int, seconds: float) -> None:
        """Write the line of a request that was answered."""
        if self._stream is None:
            return
        path = raw_path.decode("latin-1")
        if "eyJ" in path or "addon_" in path:
            path = redact(path)
        now = time.time()
        when = self._said(int(now))
        if self._as_json:
            line = (
                f'{{"time": "{when}.{int(now * 1000) % 1000:03d}Z", "level": "INFO", "logger": "app.access", '
                f'"message": "request", "request_id": "{request_id.get()}", "tenant": "{tenant_id.get()}", '
                f'"method": {json.dumps(method)}, "path": {json.dumps(path)}, "status": {status}, '
                f'"milliseconds": {seconds * 1000:.1f}}}\n'
            )
        else:
            line = f"{when} INFO    {request_id.get()} {method} {path} {status} {seconds * 1000:.1f} ms\n"
        self._lines.append(line)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._flush()
            return
        # Another loop than before is another run of the application, which may have ended before its last lines.
        if len(self._lines) == 1 or loop is not self._loop:
            self._loop = loop
            loop.call_soon(self._flush)

    def _said(self, second: int) -> str:
        """Write the time, which is the same for all requests of a second."""
        if self._second[0] != second:
            form, moment = ("%Y-%m-%dT%H:%M:%S", time.gmtime) if self._as_json else ("%H:%M:%S", time.localtime)
            self._second = second, time.strftime(form, moment(second))
        return self._second[1]

    def _flush(self) -> None:
        lines, self._lines = self._lines, []
        if self._stream is None or not lines:
            return
        try:
            self._stream.write("".join(lines))
        except (OSError, ValueError):
            # A full disk or a closed stream is no reason to fail a request; `logging` sees it the same way.
            self.lost += len(lines)


access_log = AccessLog()


def configure_logging(level: str, *, as_json: bool, stream: TextIO | None = None) -> None:
    """Send every logger of the process to one stream, through the redaction.

    uvicorn's own handlers go: its access log would write query strings, and a signed request has its token there.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if as_json else PlainLines())
    root = logging.getLogger()
    for old in [*root.handlers]:
        if isinstance(old.formatter, _Lines):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    access_log.configure(stream if root.isEnabledFor(logging.INFO) else None, as_json=as_json)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False
    for noisy in ("httpx", "httpcore", "alembic", "aiosqlite", "procrastinate"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
