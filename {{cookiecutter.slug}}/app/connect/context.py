"""Context: everything a handler may ask for, the same object in a route and in the worker.

It is lazy: what is not touched costs nothing. It is made of parts that know nothing of it; a host derives its own.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from types import TracebackType
from typing import Any, Self, TypeVar

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.api_tokens.rules import Accesses, spell
from app.connect.database.engine import Database
from app.connect.database.store import TenantStore
from app.connect.database.tenant_session import give_back, is_open, is_writing
from app.connect.declare.addon import Addon, route_path
from app.connect.declare.declarations import JobHandler, Page
from app.connect.declare.forms import BoundForm, ConfigForm, inputs
from app.connect.declare.stored import dump, load
from app.connect.errors import CommitFirst, NoPage, NotAllowed, UnknownJob, UnknownSettings, name_fields
from app.connect.keys.sealing import Vault
from app.connect.network.fetch import before_sending
from app.connect.pages.frame import Frame, HostScript
from app.connect.pages.page_tokens import PageTokens, Visit
from app.connect.pages.rendering import Pages
from app.connect.tenancy.directory import TenantDirectory
from app.connect.tenancy.entries import owner_of
from app.connect.tenancy.memo import Memo
from app.connect.tenancy.tenant import Caller, Change, Tenant
from app.connect.work.inbox import Inbox
from app.connect.work.rows import Envelope, Kind, new_row
from app.connect.work.waiting import cancel_waiting

S = TypeVar("S", bound=ConfigForm)
SETTINGS_SCOPE = "settings"


@dataclass(frozen=True, slots=True)
class Parts:
    """What the contexts of one host are made of."""

    addon: Addon
    database: Database
    vault: Vault
    directory: TenantDirectory
    inbox: Inbox
    pages: Pages
    page_tokens: PageTokens
    frame: Callable[[Tenant], Frame]
    script: HostScript | None
    administers: Callable[["Context"], Awaitable[bool]]
    apply: Callable[[Tenant, Change], Awaitable[None]]
    """Writes down what a host found out about an installation, and forgets what was known of it."""
    speaks_for: tuple[str, ...]
    """Further hosts whose handlers run in these contexts."""


class Context:
    """One tenant's request, event or job."""

    def __init__(
        self,
        parts: Parts,
        tenant: Tenant,
        caller: Caller,
        *,
        claims: Mapping[str, Any] | None = None,
        visit: Visit | None = None,
    ) -> None:
        self.tenant = tenant
        """The installation this is about."""
        self.caller = caller
        """Who caused it and where, as the host said it; nobody for schedules and programs."""
        self.claims: Mapping[str, Any] = {} if claims is None else claims
        """The verified claims as the host signed them."""
        self.visit = visit
        """The page this belongs to; None where there is none."""
        self.accesses: Accesses | None = None
        """What the API token of this request may do; None means everything that its route lets it in for."""
        self._parts = parts
        self._session: AsyncSession | None = None
        self._memo: Memo | None = None
        self._enqueued = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit when the block is through, undo when it failed, and give the session back."""
        if self._session is None and not self._enqueued:
            return
        try:
            if kind is None:
                await self.commit()
        finally:
            await self.close()

    @property
    def host(self) -> str:
        """The name of the host."""
        return self.tenant.host

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host, and those to whose products it is another way: their handlers run here, too."""
        return (self.host, *self._parts.speaks_for)

    def serves(self, host: str | None) -> bool:
        """Tell whether a handler for `host` alone, or for every host, runs in this context."""
        return host is None or host in self.hosts

    def require(self, *words: str) -> None:
        """Raise `NotAllowed` unless the API token that asks may do this: `ctx.require("builds", name, "read")`."""
        if self.accesses is not None and not self.accesses.allow(words):
            raise NotAllowed(
                f"This API token may not do {'.'.join(map(spell, words))!r}. Use one that holds it, or create one."
            )

    @property
    def now(self) -> datetime:
        """The present moment in UTC, by the clock that schedules and jobs follow; tests move it on."""
        return datetime.fromtimestamp(self._parts.inbox.now(), UTC)

    @cached_property
    def store(self) -> TenantStore:
        """The tenant's key-value store."""
        return TenantStore(self._parts.database, self.tenant.id, before_write=self._require_no_changes)

    @property
    def memo(self) -> Memo:
        """A few small facts about the tenant that every process keeps in memory: for what is asked for often."""
        if self._memo is None:
            self._memo = Memo(
                self._parts.database, self._parts.directory, self.tenant, before_write=self._require_no_changes
            )
        return self._memo

    @property
    def db(self) -> AsyncSession:
        """A database session narrowed to this tenant; committed before the response goes out, rolled back on error.

        What was only read is not held while a host is called. Call `await ctx.commit()` after a write and before a
        call to the host: on SQLite a write holds up every other writer.
        """
        if self._session is None:
            self._session = self._parts.database.tenant_session(self.tenant.id)
            before_sending.set(self.let_go)
        return self._session

    @cached_property
    def log(self) -> logging.LoggerAdapter[logging.Logger]:
        """A logger whose lines name the tenant."""
        return logging.LoggerAdapter(logging.getLogger("app.addon"), {"tenant": self.tenant.id})

    async def settings(self, model: type[S]) -> S:
        """Return the tenant's settings as the model declared with `@router.settings`; `UnknownSettings` for others.

        Where the host has settings of its own, a model from which these are derived gets them, too.
        """
        declared = self._parts.addon.settings_of(*self.hosts)
        if declared is None or not issubclass(declared.model, model):
            raise UnknownSettings(
                f"{model.__name__} is not the tenant's settings. Declare it with @router.settings, and list its router."
            )
        stored = await self.store.narrow(SETTINGS_SCOPE).all()
        return load(
            declared.model, stored, lambda sealed: self._parts.vault.open(sealed, owner=settings_owner(self.tenant.id))
        )

    async def save_settings(self, settings: ConfigForm) -> None:
        """Keep the tenant's settings, all fields or none; secrets are sealed."""
        values = dump(settings, lambda secret: self._parts.vault.seal(secret, owner=settings_owner(self.tenant.id)))
        await self.store.narrow(SETTINGS_SCOPE).set_many(values)

    async def enqueue(
        self, job: str, payload: Any = None, *, delay: float = 0.0, at: datetime | None = None, key: str | None = None
    ) -> None:
        """Run a job from the inbox once this transaction is committed: now, after `delay` seconds, or `at` a moment.

        It is written in `ctx.db`, so job and data are kept together or not at all. With a `key` it takes the place of
        what waits under that key. `UnknownJob` for a name that no `@router.job` declares.
        """
        handler = self._job(job)
        owner = owner_of(self.tenant)
        if key is not None:
            await cancel_waiting(self.db, owner, name=job, key=key)
        row = new_row(
            Kind.JOB,
            job,
            owner,
            envelope=Envelope(_dumped(handler, job, payload), self.caller.dump()),
            due_at=self._due(delay, at),
            key=key,
        )
        self.db.add(row)
        self._enqueued = True

    async def cancel(self, job: str, *, key: str) -> bool:
        """Take back what waits under a key; False when nothing did. A job that runs already is not stopped."""
        self._job(job)
        return await cancel_waiting(self.db, owner_of(self.tenant), name=job, key=key)

    async def is_admin(self) -> bool:
        """Ask the host whether the caller administers the tenant or this place; remembered for a minute."""
        self._require_no_changes()
        return await self._parts.administers(self)

    def render(self, template: str, **values: Any) -> Page:
        """Render a template of app/addon/templates; it sees `ctx`, `frame` (what a page needs) and `values`."""
        script = self._parts.script
        frame = {
            "token": self.page_token(),
            "host_script": script and script.address,
            "host_script_attributes": script and script.element(self._parts.frame(self.tenant)),
            "refresh_url": route_path(self.host, "page-token"),
        }
        return self._parts.pages.render(template, ctx=self, frame=frame, **values)

    def form(self, key: str, values: Mapping[str, Any] | None = None) -> BoundForm:
        """Return what `connect/form.html` draws of a form declared with `@router.form(key, ...)`."""
        handler = self._parts.addon.forms.get(key)
        if handler is None:
            known = ", ".join(sorted(self._parts.addon.forms)) or "none"
            raise NoPage(f'There is no form {key!r} (declared: {known}). Add @router.form("{key}", on=...).')
        return BoundForm(route_path(self.host, "form", key), inputs(handler.model, values or {}))

    def page_token(self) -> str:
        """Make the token with which the page of this request calls back."""
        if self.visit is None:
            raise NoPage
        return self._parts.page_tokens.issue(self.tenant, self.caller, self.visit)

    async def commit(self) -> None:
        """Keep what was written to `ctx.db` so far."""
        if self._session is not None and is_open(self._session):
            await self._session.commit()
        if self._enqueued:
            self._enqueued = False
            self._parts.inbox.ring()

    async def let_go(self) -> bool:
        """Give the connection back where `ctx.db` only read; False where it holds changes or locks."""
        if self._session is not None:
            await give_back(self._session)
        return self._session is None or not is_open(self._session)

    async def close(self) -> None:
        """Give the session back; what was not committed is undone."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _due(self, delay: float, at: datetime | None) -> float | None:
        if at is not None:
            return at.timestamp()
        return self._parts.inbox.now() + delay if delay > 0 else None

    def _job(self, name: str) -> JobHandler:
        addon = self._parts.addon
        handler = addon.job_of(self.hosts, name)
        if handler is not None:
            return handler
        if others := sorted(str(host) for host, key in addon.jobs if key == name):
            raise UnknownJob(
                f"The job {name!r} is of {' and '.join(others)}, and this tenant is on {self.host}. "
                f'Add @{self.host}.job("{name}"), or @router.job("{name}") for every host.'
            )
        known = ", ".join(sorted({key for _, key in addon.jobs})) or "none"
        raise UnknownJob(f'There is no job {name!r} (declared: {known}). Add @router.job("{name}").')

    def _require_no_changes(self) -> None:
        if self._parts.database.is_sqlite and self._session is not None and is_writing(self._session):
            raise CommitFirst


def settings_owner(tenant_id: str) -> str:
    """Name whose the sealed fields of a tenant's settings are."""
    return f"settings:{tenant_id}"


def _dumped(handler: JobHandler, job: str, payload: Any) -> Any:
    """Turn a payload into JSON by the handler's annotation; `UnknownJob` when it does not fit."""
    if handler.adapter is None:
        if payload is not None:
            raise UnknownJob(f"The job {job!r} takes no payload. Give its handler a second parameter.")
        return None
    try:
        return handler.adapter.dump_python(handler.adapter.validate_python(payload), mode="json")
    except ValidationError as error:
        raise UnknownJob(f"The payload does not fit the job {job!r}: check {name_fields(error)}.") from error
