"""Webhooks of a Jira site that are registered by calls, and last 30 days (reference 14.4).

What the site would refuse is found before it is sent: events, the part of JQL that is allowed, how many there may be.
"""

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from app.connect.hosts.atlassian.client.api import SiteClient
from app.connect.hosts.atlassian.client.errors import HostRejected, LimitExceeded, ResponseInvalid
from app.connect.hosts.atlassian.client.models import read_answer
from app.connect.hosts.atlassian.wire import Wire

PATH = "rest/api/3/webhook"
MOST = 100
"""Webhooks of one add-on on one site."""
REFUSED = 400
EVENTS = (
    *(f"jira:issue_{one}" for one in ("created", "updated", "deleted")),
    *(f"comment_{one}" for one in ("created", "updated", "deleted")),
    *(f"issue_property_{one}" for one in ("set", "deleted")),
    *(f"sprint_{one}" for one in ("created", "updated", "closed", "deleted", "started")),
    *(f"jira:version_{one}" for one in ("created", "updated", "deleted", "released", "unreleased", "moved", "merged")),
)
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
NOT_ALLOWED = re.compile(r"!?~|[<>]=?|\border\s+by\b|\bis\s+(?:not\s+)?(?:empty|null)\b", re.IGNORECASE)


class DynamicWebhook(Wire):
    """A webhook as the site has it."""

    id: int
    events: tuple[str, ...] = ()
    jql: str = Field("", alias="jqlFilter")
    fields: tuple[str, ...] = Field((), alias="fieldIdsFilter")
    """Of `jira:issue_updated` it brings what changes one of these; all where none is named."""
    property_keys: tuple[str, ...] = Field((), alias="issuePropertyKeysFilter")
    expires: datetime | None = Field(None, alias="expirationDate")


class _Refreshed(Wire):
    expires: datetime = Field(alias="expirationDate")


class Webhooks:
    """Those that this add-on registered; what they find reaches the handler of `@jira.on_dynamic`. Scope: READ."""

    def __init__(self, client: SiteClient, url: str | None) -> None:
        self._client = client
        self._url = url

    async def create(
        self, events: Sequence[str], jql: str, *, fields: Sequence[str] = (), property_keys: Sequence[str] = ()
    ) -> int:
        """Register one for issues that `jql` finds, and return its id; two calls make two.

        `LimitExceeded` before anything is sent for what the site would refuse, `HostRejected` with its words for the
        rest of what it refuses.
        """
        if self._url is None:
            raise LimitExceeded("webhooks", "nothing takes what they find; declare a handler with @jira.on_dynamic")
        _check(events, jql)
        if len([one async for one in self.all()]) >= MOST:
            raise LimitExceeded("webhooks", f"this site has {MOST} already, as many as it takes; delete some")
        wanted: dict[str, Any] = {"events": list(events), "jqlFilter": jql}
        if fields:
            wanted["fieldIdsFilter"] = list(fields)
        if property_keys:
            wanted["issuePropertyKeysFilter"] = list(property_keys)
        answer = await self._client.send("POST", PATH, json={"url": self._url, "webhooks": [wanted]})
        return _created(answer)

    async def all(self) -> AsyncIterator[DynamicWebhook]:
        """Yield them, page after page."""
        async for one in self._client.pages(PATH, "values", size=MOST):
            yield read_answer(DynamicWebhook, one)

    async def refresh(self, ids: Iterable[int]) -> datetime | None:
        """Let some last 30 days from now, and return until when; None where none is named.

        A weekly schedule does so for all of them.
        """
        named = _ids(ids)
        if not named:
            return None
        answer = await self._client.send("PUT", f"{PATH}/refresh", json={"webhookIds": named})
        return read_answer(_Refreshed, answer).expires

    async def delete(self, ids: Iterable[int]) -> None:
        """Delete some; those that are gone already are no error."""
        named = _ids(ids)
        if named:
            await self._client.send("DELETE", PATH, json={"webhookIds": named})


def _check(events: Sequence[str], jql: str) -> None:
    if isinstance(events, str) or not events:
        raise LimitExceeded("events", 'name one or more in a list, such as ["jira:issue_updated"]')
    for event in events:
        if event not in EVENTS:
            raise LimitExceeded("events", f"{event!r} is none that can be registered; use {', '.join(EVENTS)}")
    if not jql.strip():
        raise LimitExceeded("jql", 'say which issues, such as "project = TP"')
    found = NOT_ALLOWED.search(QUOTED.sub('""', jql))
    if found:
        raise LimitExceeded("jql", f"{found[0]!r} is not taken here; only =, !=, IN and NOT IN are")


def _ids(ids: Iterable[int]) -> list[int]:
    named = list(dict.fromkeys(ids))
    if len(named) > MOST:
        raise LimitExceeded("ids", f"name {MOST} at most, as many as a site has")
    return named


def _created(answer: Any) -> int:
    results = answer.get("webhookRegistrationResult") if isinstance(answer, dict) else None
    result = results[0] if isinstance(results, list) and results else None
    if not isinstance(result, dict):
        raise ResponseInvalid("The site's answer does not say what became of the webhook.")
    created = result.get("createdWebhookId")
    if isinstance(created, int):
        return created
    raise HostRejected(REFUSED, " ".join(str(word) for word in result.get("errors") or ()))
