"""ForgeStorage: what Atlassian keeps for one installation, separate from all others (reference 8).

Values and secrets by key, entities with indexes, several at once, and transactions. A missing key is None. What is not
taken is refused here, before anything is sent.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from app.connect.hosts.atlassian.client.errors import (
    HostNotFound,
    HostRejected,
    HostUnavailable,
    LimitExceeded,
    SignatureRefused,
)
from app.connect.hosts.atlassian.client.limits import FIRST_PAUSE, reset_of
from app.connect.hosts.atlassian.client.models import read_answer
from app.connect.hosts.atlassian.wire import Wire
from app.connect.hosts.forge.client.limits import check_batch, check_key, check_limit, check_value
from app.connect.hosts.forge.client.operations import Check, Delete, Set, Ttl
from app.connect.http.strict_json import NotJson, read_json
from app.connect.network.fetch import Auth, Outbound, Response, ResponseInvalid
from app.connect.network.waiting import Patience, Waiting

BAD_REQUEST = 400
UNAUTHORIZED = 401
NOT_FOUND = 404
CONFLICT = 409
TOO_MANY = 429
SERVER_ERROR = 500
MISSING = frozenset({"KEY_NOT_FOUND", "NOT_FOUND"})
LIMIT = 8 * 1024 * 1024
Condition = Mapping[str, Any]


class KeyTaken(HostRejected):
    """There is a value under this key, and it was not to be replaced; or a condition of a transaction did not hold."""

    code = "key_taken"


class Found(Wire):
    """A value with its key."""

    key: str
    value: Any = None


class Failed(Wire):
    """A key that one of several operations failed for."""

    key: str
    entity_name: str | None = None
    error: Mapping[str, Any] = Field(default_factory=dict)


class Batch(Wire):
    """What became of several operations."""

    successful_keys: tuple[Found, ...] = ()
    failed_keys: tuple[Failed, ...] = ()


class Page(Wire):
    """A part of what a query finds; `cursor` leads to the next."""

    data: tuple[Found, ...] = ()
    cursor: str | None = None


class ForgeStorage:
    """Calls storage with the app's access token."""

    def __init__(
        self, client: Outbound, tenant_id: str, base: str, auth: Auth, *, patience: Patience | None = None
    ) -> None:
        self._client = client
        self._tenant_id = tenant_id
        self._base = base
        self._auth = auth
        self._patience = patience or Patience(first=FIRST_PAUSE)

    async def get(self, key: str, *, entity: str | None = None) -> Any:
        """Return a value, None where there is none."""
        return await self._get(_kind(entity), {"key": check_key(key)} | _named(entity))

    async def set(
        self,
        key: str,
        value: Any,
        *,
        entity: str | None = None,
        ttl: Ttl | None = None,
        keep_existing: bool = False,
    ) -> None:
        """Keep a value; `KeyTaken` with `keep_existing` where there is one already."""
        operation = Set(key, value, entity=entity, ttl=ttl, keep_existing=keep_existing)
        await self._send(f"v1/{_kind(entity)}set", operation.written())

    async def delete(self, key: str, *, entity: str | None = None) -> None:
        """Delete a value, or nothing where there is none."""
        await self._delete(_kind(entity), {"key": check_key(key)} | _named(entity))

    async def get_secret(self, key: str) -> Any:
        """Return a secret, None where there is none."""
        return await self._get("secret/", {"key": check_key(key)})

    async def set_secret(self, key: str, value: Any) -> None:
        """Keep a secret; no query finds it."""
        await self._send("v1/secret/set", {"key": check_key(key), "value": check_value(value)})

    async def delete_secret(self, key: str) -> None:
        """Delete a secret, or nothing where there is none."""
        await self._delete("secret/", {"key": check_key(key)})

    async def get_many(self, keys: Sequence[str]) -> dict[str, Any]:
        """Return the values of up to 25 keys; those that are missing are left out."""
        found = await self._batch("get", [{"key": check_key(key)} for key in keys])
        return {one.key: one.value for one in found.successful_keys}

    async def set_many(self, values: Mapping[str, Any]) -> Batch:
        """Keep up to 25 values, each by itself: some may fail."""
        return await self._batch("set", [Set(key, value).written() for key, value in values.items()])

    async def delete_many(self, keys: Sequence[str]) -> Batch:
        """Delete up to 25 values, each by itself."""
        return await self._batch("delete", [{"key": check_key(key)} for key in keys])

    async def transaction(self, *operations: Set | Delete | Check) -> None:
        """Carry out up to 25 operations, all or none, of which each has a key of its own."""
        check_batch([one.written() for one in operations], "operations")
        names = [(one.entity, one.key) for one in operations]
        if len({*names}) < len(names):
            raise LimitExceeded("operations", "each key once")
        body: dict[str, Any] = {}
        for one in operations:
            body.setdefault(one.member, []).append(one.written())
        await self._send("v1/transaction", body)

    async def query(
        self, prefix: str = "", *, limit: int = 20, after: str | None = None, sort: Literal["ASC", "DESC"] | None = None
    ) -> Page:
        """Return a part of the values whose keys begin with `prefix`; secrets and entities are not among them."""
        where = [{"property": "key", "condition": "BEGINS_WITH", "values": [check_key(prefix)]}] if prefix else None
        body = {"where": where, "limit": check_limit(limit), "after": after, "sort": sort}
        return read_answer(Page, await self._send("v1/query", _without_none(body), repeatable=True))

    async def all(self, prefix: str = "") -> AsyncIterator[Found]:
        """Yield every value whose key begins with `prefix`, part after part while it is iterated."""
        after: str | None = None
        while True:
            page = await self.query(prefix, limit=100, after=after)
            for one in page.data:
                yield one
            if not page.cursor or page.cursor == after:
                return
            after = page.cursor

    async def query_entities(  # noqa: PLR0913 - as the host has them
        self,
        entity: str,
        index: str,
        *,
        partition: Sequence[Any] = (),
        range_: Condition | None = None,
        every: Sequence[Condition] = (),
        some: Sequence[Condition] = (),
        sort: Literal["ASC", "DESC"] | None = None,
        limit: int = 20,
        after: str | None = None,
    ) -> Page:
        """Return a part of the entities that an index finds, narrowed by `every` condition, or by `some` of them."""
        body = {
            "entityName": entity,
            "indexName": index,
            "partition": list(partition) or None,
            "range": range_,
            "filters": {"and": list(every)} if every else {"or": list(some)} if some else None,
            "sort": sort,
            "limit": check_limit(limit),
            "cursor": after,
        }
        return read_answer(Page, await self._send("v1/entity/query", _without_none(body), repeatable=True))

    async def _get(self, kind: str, body: Mapping[str, Any]) -> Any:
        try:
            answer = await self._send(f"v1/{kind}get", body, repeatable=True)
        except HostNotFound:
            return None
        return read_answer(Found, answer).value

    async def _delete(self, kind: str, body: Mapping[str, Any]) -> None:
        try:
            await self._send(f"v1/{kind}delete", body, repeatable=True)
        except HostNotFound:
            return

    async def _batch(self, what: str, items: Sequence[Mapping[str, Any]]) -> Batch:
        check_batch(items, "keys")
        return read_answer(Batch, await self._send(f"v1/batch/{what}", list(items), repeatable=what != "set"))

    async def _send(self, path: str, body: object, *, repeatable: bool = False) -> Any:
        waiting = Waiting(self._patience, self._tenant_id)
        while True:
            try:
                answer = await self._client.send("POST", self._base + path, auth=self._auth, json=body, limit=LIMIT)
            except HostUnavailable as error:
                if not repeatable:
                    raise
                await waiting.for_recovery(error)
                continue
            if answer.status_code == TOO_MANY:
                await waiting.for_limit(reset_of(answer.headers, now=self._patience.clock()))
            elif answer.status_code >= SERVER_ERROR and repeatable:
                await waiting.for_recovery(HostUnavailable())
            else:
                return _read(answer)


def _read(answer: Response) -> Any:
    status = answer.status_code
    try:
        document = read_json(answer.content) if answer.content else None
    except NotJson as error:
        raise ResponseInvalid(f"The answer of storage is {error}.") from None
    if status < BAD_REQUEST:
        return document
    code = str(document.get("code", "")) if isinstance(document, dict) else ""
    if status == UNAUTHORIZED:
        raise SignatureRefused
    if status == NOT_FOUND or code in MISSING:
        raise HostNotFound(status, code)
    if status == CONFLICT:
        raise KeyTaken(status, code)
    if status >= SERVER_ERROR:
        raise HostUnavailable
    raise HostRejected(status, code)


def _kind(entity: str | None) -> str:
    return "" if entity is None else "entity/"


def _named(entity: str | None) -> dict[str, str]:
    return {} if entity is None else {"entityName": entity}


def _without_none(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
