"""Reports which accounts an add-on keeps personal data of, and reads which are closed or changed (reference 16)."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from app.connect.hosts.atlassian.client.errors import HostRejected, HostUnavailable, LimitExceeded, RateLimited
from app.connect.hosts.atlassian.client.limits import reset_of
from app.connect.hosts.atlassian.client.models import read_answer
from app.connect.hosts.atlassian.wire import Wire
from app.connect.network.fetch import Outbound, Response, json_object

MOST = 90
"""Accounts of one report."""
LONGEST_ID = 128
OK = 200
NO_CONTENT = 204
TOO_MANY = 429
SERVER_ERROR = 500
CYCLE = re.compile(r"P(\d{1,3})D")
PAUSE = 60.0
"""Seconds to wait where the host does not say."""


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An account of which something is kept, and when that was read from the host, with its time zone."""

    account_id: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Reported:
    """What the host answers: what is to be done, by account, and in how many days it wants the next report."""

    changes: Mapping[str, Literal["closed", "updated"]]
    cycle_days: int | None


class _Change(Wire):
    account_id: str
    status: str


class _Changes(Wire):
    accounts: tuple[_Change, ...] = ()


class AccountReports:
    """Asks Atlassian's server, with a token that has the scope `report:personal-data`."""

    def __init__(self, client: Outbound, url: str) -> None:
        self._client = client
        self._url = url

    async def send(self, token: str, accounts: Sequence[StoredAccount]) -> Reported:
        """Report up to 90 accounts. `LimitExceeded` before it is sent, `RateLimited`, `HostRejected`."""
        if len(accounts) > MOST:
            raise LimitExceeded("accounts", f"report {MOST} at once at most")
        body = {"accounts": [{"accountId": _checked(one), "updatedAt": _written(one)} for one in accounts]}
        response = await self._client.send(
            "POST", self._url, json=body, headers={"Authorization": f"Bearer {token}", "Accept": "application/json"}
        )
        days = CYCLE.fullmatch(response.headers.get("Cycle-Period", ""))
        return Reported(_changes(response, {one.account_id for one in accounts}), int(days[1]) if days else None)


def _changes(response: Response, reported: set[str]) -> Mapping[str, Any]:
    status = response.status_code
    if status == NO_CONTENT:
        return {}
    if status == TOO_MANY:
        now = time.time()
        raise RateLimited(reset_of(response.headers, now=now) or now + PAUSE, "report-accounts")
    if status >= SERVER_ERROR:
        raise HostUnavailable
    if status != OK:
        raise HostRejected(status, "reports need a token with the scope report:personal-data, and accounts that exist")
    found = read_answer(_Changes, json_object(response)).accounts
    # What was not reported is not ours to erase.
    return {
        one.account_id: one.status
        for one in found
        if one.account_id in reported and one.status in {"closed", "updated"}
    }


def _checked(account: StoredAccount) -> str:
    if not 0 < len(account.account_id) <= LONGEST_ID or not account.account_id.isascii():
        raise LimitExceeded("account_id", f"has 1 to {LONGEST_ID} ASCII characters")
    return account.account_id


def _written(account: StoredAccount) -> str:
    if account.updated_at.tzinfo is None:
        raise LimitExceeded("updated_at", "has no time zone; use datetime.now(UTC)")
    return account.updated_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
