"""What an operator's collector asks for, in the text format of Prometheus: work that waits, and what was given up.

Only what nobody sees from outside. Requests and their times are counted by whatever stands before the add-on. The
numbers are of every tenant together, so the token that opens them is the operator's, and no tenant's.
"""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import NamedTuple

from fastapi import APIRouter, Request, Response
from pydantic import SecretStr

from app.connect.database.engine import Database
from app.connect.errors import NotAuthenticated
from app.connect.work.backlog import MOST, read_backlog
from app.connect.work.inbox import Inbox

BELIEVED = 5.0
"""Seconds for which an answer is given again: each question reads the database."""
ENDINGS = (
    "its tenant was uninstalled",
    "its tenant was purged",
    "its tenant is back",
    "its tenant was installed anew, which is told once",
    "a newer one has its key",
)
"""Why an entry ends without its handler: counted from 0 on, since a collector takes no difference from nothing."""
TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class NoMetricsToken(NotAuthenticated):
    """A question for the metrics by somebody else than the operator's collector."""

    sentence = "Send the value of METRICS_TOKEN as `Authorization: Bearer <token>`."
    scheme = "Bearer"


class Sample(NamedTuple):
    """One metric: its name, kind (`gauge` or `counter`) and meaning; values by what the label says."""

    name: str
    kind: str
    about: str
    label: str
    values: Mapping[str, float]


Read = Callable[[], Awaitable[list[Sample]]]


def metrics_router(token: SecretStr, *reads: Read) -> APIRouter:
    """Make `GET /metrics`, which takes this token and no other; where that is empty there is no such route."""
    router = APIRouter(prefix="/metrics", include_in_schema=False)
    if not token.get_secret_value():
        return router
    expected = f"Bearer {token.get_secret_value()}".encode()
    asking = asyncio.Lock()
    known = (float("-inf"), b"")

    @router.get("")
    async def metrics(request: Request) -> Response:
        nonlocal known
        if not hmac.compare_digest(request.headers.get("authorization", "").encode("latin-1", "replace"), expected):
            raise NoMetricsToken("no metrics token")
        async with asking:
            if time.monotonic() - known[0] > BELIEVED:
                known = (time.monotonic(), write([sample for read in reads for sample in await read()]))
        return Response(known[1], headers={"content-type": TYPE, "cache-control": "no-store"})

    return router


def of_inbox(database: Database, inbox: Inbox) -> Read:
    """Read what waits in the inbox, and what ended in this process without its handler."""

    async def read() -> list[Sample]:
        found = await read_backlog(database, now=inbox.now())
        states = {"ready": found.ready, "waiting": found.waiting, "running": found.running, "dead": found.dead}
        return [
            Sample("addon_inbox_entries", "gauge", f"Entries of the inbox, up to {MOST} of each.", "state", states),
            Sample(
                "addon_inbox_oldest_ready_seconds",
                "gauge",
                "Seconds since the entry that is ready for longest was due.",
                "",
                {"": found.oldest_ready},
            ),
            Sample(
                "addon_inbox_ended_total",
                "counter",
                "Entries that ended in this process without their handler.",
                "reason",
                dict.fromkeys(ENDINGS, 0) | inbox.ended,
            ),
        ]

    return read


def write(samples: list[Sample]) -> bytes:
    """Write samples as a collector reads them."""
    return "".join(line + "\n" for sample in samples for line in _lines(sample)).encode()


def _lines(sample: Sample) -> Iterator[str]:
    yield f"# HELP {sample.name} {sample.about}"
    yield f"# TYPE {sample.name} {sample.kind}"
    for value, number in sample.values.items():
        label = f'{{{sample.label}="{value.translate(_ESCAPES)}"}}' if sample.label else ""
        yield f"{sample.name}{label} {number}"
