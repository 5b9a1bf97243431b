"""Logs: one line an event, JSON in production, with request id and tenant, and with every secret removed."""

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

REMOVED = "[removed]"
_NAMES = (
    r"signed_request|jwt|auth_token|access_token|refresh_token|page_token|api_token|oauthsecret|client_secret"
    r"|sharedsecret|secret_keys|secret|password"
)
_NAMED = re.compile(rf"(?i)(?:{_NAMES}|authorization|cookie)")
_QUOTED = r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\""""
# A stranger can put long texts into a line, so no pattern may begin again inside what it has just read.
_SECRETS = (
    # Compact tokens, wherever they stand.
    (re.compile(r"(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*"), REMOVED),
    (re.compile(r"\baddon_[\w-]{20,}"), REMOVED),
    (re.compile(r"(?i)\b(bearer|basic|jwt)\s+(?:token=)?[\w+/.~=-]{8,}"), rf"\1 {REMOVED}"),
    # Members and parameters that are called like secrets; a list of keys is one secret.
    (re.compile(rf"(?i)(\bsecret_keys\\*['\"]?\s*[=:]\s*)(?:{_QUOTED}|[^\s)}}\]]+)"), rf"\1{REMOVED}"),
    (re.compile(rf"(?i)(\b(?:{_NAMES})\\*['\"]?\s*[=:]\s*)(?:{_QUOTED}|[^\s&,;)}}\]]+)"), rf"\1{REMOVED}"),
    (re.compile(r"(://[^\s/:@]*):[^\s/@]+@"), rf"\1:{REMOVED}@"),
)
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

    At thousands a second, records and formatters would cost more than the request. The path goes in as it came,
    percent-encoded and without the query, so it can hold neither a line break nor a token of the query; what looks
    like a token in it is removed.
    """

    def __init__(self) -> None:
        self._stream: TextIO | None = None
        self._as_json = False

    def configure(self, stream: TextIO | None, *, as_json: bool) -> None:
        """Write to `stream` from now on, or not at all when it is None."""
        self._stream = stream
        self._as_json = as_json

    def write(self, method: str, raw_path: bytes, status: int, seconds: float) -> None:
        """Write the line of a request that was answered."""
        if self._stream is None:
            return
        path = raw_path.decode("latin-1")
        if "eyJ" in path or "addon_" in path:
            path = redact(path)
        now = time.time()
        if self._as_json:
            when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"
            line = (
                f'{{"time": "{when}", "level": "INFO", "logger": "app.access", "message": "request", '
                f'"request_id": "{request_id.get()}", "tenant": "{tenant_id.get()}", "method": {json.dumps(method)}, '
                f'"path": {json.dumps(path)}, "status": {status}, "milliseconds": {seconds * 1000:.1f}}}\n'
            )
        else:
            when = time.strftime("%H:%M:%S", time.localtime(now))
            own = request_id.get()
            line = f"{when} INFO    {own} {method} {path} {status} {seconds * 1000:.1f} ms\n"
        self._stream.write(line)


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
    for noisy in ("httpx", "httpcore", "alembic", "aiosqlite"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
