"""Writes the log of requests for people: one line each, and one request whole."""

import json
import shlex
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from devhost.chat.host import Host
from devhost.wire.log import BROWSER, WireEntry
from devhost.wire.masking import mask

_CLIENT_ERROR = 400


@dataclass(slots=True, kw_only=True)
class WireRow:
    """One request as a line."""

    id: int
    time: str
    direction: str
    method: str
    path: str
    purpose: str
    addon: str
    status: str
    # good, bad or plain: how the line is coloured.
    tone: str
    latency: str
    proof: str
    refused: bool
    reason: str
    delivery_id: str | None


def row(host: Host, entry: WireEntry) -> WireRow:
    """Write one line; secrets are masked."""
    failed = entry.status is None and bool(entry.reason)
    refused = entry.verified is False or failed or (entry.status is not None and entry.status >= _CLIENT_ERROR)
    status = "browser" if entry.purpose.startswith(BROWSER) else "failed" if failed else "..."
    installation = host.world.installations.get(entry.client_id or "")
    return WireRow(
        id=entry.id,
        time=entry.at.strftime("%H:%M:%S"),
        direction=entry.direction,
        method=entry.method,
        path=_short(entry),
        purpose=_purpose(host, entry),
        addon=installation.descriptor.name if installation else "",
        status=status if entry.status is None else str(entry.status),
        tone="bad" if refused else "good" if entry.status is not None else "plain",
        latency=f"{entry.latency_ms:.0f} ms" if entry.latency_ms else "",
        proof="" if entry.verified is None else "refused" if entry.verified is False else "verified",
        refused=refused,
        reason=mask(entry.reason),
        delivery_id=entry.delivery_id,
    )


def _purpose(host: Host, entry: WireEntry) -> str:
    if entry.direction == "out" or entry.purpose != "api":
        return entry.purpose
    return host.meaning(f"{entry.method} {entry.path.partition('?')[0]}")


def rows(host: Host, *, after: int = 0) -> list[WireRow]:
    """List the lines after a number, newest first."""
    return [row(host, entry) for entry in reversed(list(host.wire)) if entry.id > after]


def _short(entry: WireEntry) -> str:
    """Return what tells a request from others: to an add-on the path, to the host path and query."""
    if entry.direction == "in":
        return mask(entry.path)
    try:
        return mask(urlsplit(entry.path).path or "/")
    except ValueError:
        return mask(entry.path)


def address(host: Host, entry: dict[str, Any]) -> str:
    """Return the whole address of a request."""
    path: str = entry["path"]
    return path if entry["direction"] == "out" else f"{host.base_url}{path}"


def said(body: str) -> str:
    """Return the sentence of an error answer; empty when there is none."""
    try:
        error = json.loads(body).get("error")
    except (ValueError, RecursionError, AttributeError):
        return ""
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else ""


def pretty(body: str) -> str:
    """Indent a body that is JSON."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body


_UNNEEDED = {"host", "content-length", "accept-encoding", "connection", "user-agent"}


def curl(host: Host, entry: dict[str, Any]) -> str:
    """Write a request as a curl command, with secrets only when the entry shows them."""
    parts = ["curl", "-ig", "-X", shlex.quote(entry["method"]), shlex.quote(address(host, entry))]
    for name, value in entry["request_headers"].items():
        if name not in _UNNEEDED:
            parts += ["-H", shlex.quote(f"{name}: {value}")]
    if entry["request_body"]:
        parts += ["--data-raw", shlex.quote(entry["request_body"])]
    return " ".join(parts)
