"""Context: everything a handler may ask for, the same object in a route and in the worker.

It is lazy: what is not touched costs nothing.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.database.engine import is_writing
from app.connect.database.store import TenantStore
from app.connect.declare.configure import ConfigForm
from app.connect.errors import ConnectError
from app.connect.tenancy.memo import Memo
from app.connect.tenancy.tables import Tenant
from app.connect.tenancy.tenant import User, Verified
from app.connect.work.inbox import Envelope, Kind, new_row

if TYPE_CHECKING:
    from app.connect.application import Connect
    from app.connect.hosts.hipchat.client.group import GroupClient
    from app.connect.hosts.hipchat.client.room import RoomClient

F = TypeVar("F", bound=ConfigForm)


class NoRoom(ConnectError):
    """`ctx.room` was asked for where neither installation nor event names a room."""

    status = 400
    code = "no_room"
    sentence = "This was not sent from a room. Use ctx.group.room(id) with the room you mean."


class UnknownJob(ConnectError):
    """`ctx.enqueue` named a job that no router declares, or gave it a payload it does not take."""

    code = "unknown_job"


class CommitFirst(ConnectError):
    """On SQLite the store and the memo cannot be written while `ctx.db` holds changes: it would wait for itself."""

    code = "commit_first"
    sentence = "ctx.db holds changes that are not committed. Call `await ctx.commit()` before this write."


@dataclass(frozen=True, slots=True)
class Page:
    """HTML for a frame of the host."""

    html: str


class Context:
    """One tenant's request, event or job."""

    def __init__(self, connect: "Connect", verified: Verified) -> None:
        self._connect = connect
        self._verified = verified
        self._session: AsyncSession | None = None
        self._memo: Memo | None = None
        self._enqueued = False

    @property
    def tenant(self) -> Tenant:
        """The installation this is about."""
        return self._verified.tenant

    @property
    def user(self) -> User | None:
        """Who caused it; None for schedules and integrations."""
        return self._verified.identity.user

    @property
    def host(self) -> str:
        """The name of the host, such as `hipchat`."""
        return self._verified.tenant.host

    @property
    def room_id(self) -> str | None:
        """The room it happened in, or the one of a room installation."""
        return self._verified.identity.room_id or self._verified.tenant.room_id

    @cached_property
    def room(self) -> "RoomClient":
        """The host's API for the room this is about; `NoRoom` where there is none."""
        if self.room_id is None:
            raise NoRoom
        return self._connect.room(self.tenant, self.room_id)

    @cached_property
    def group(self) -> "GroupClient":
        """The host's API for the tenant's group."""
        return self._connect.group(self.tenant)

    @cached_property
    def store(self) -> TenantStore:
        """The tenant's key-value store."""
        return TenantStore(self._connect.db, self.tenant.id, before_write=self._require_no_changes)

    @property
    def memo(self) -> Memo:
        """A few small facts about the tenant that every process keeps in memory: for what a glance shows."""
        if self._memo is None:
            self._memo = Memo(
                self._connect.db, self._connect.directory, self.tenant, before_write=self._require_no_changes
            )
        return self._memo

    @property
    def db(self) -> AsyncSession:
        """A database session narrowed to this tenant; committed before the response goes out, rolled back on error.

        Call `await ctx.commit()` before a slow call to the host: on SQLite a write holds up every other writer.
        """
        if self._session is None:
            self._session = self._connect.db.tenant_session(self.tenant.id)
        return self._session

    @cached_property
    def log(self) -> logging.LoggerAdapter[logging.Logger]:
        """A logger whose lines name the tenant."""
        return logging.LoggerAdapter(logging.getLogger("app.addon"), {"tenant": self.tenant.id})

    async def settings(self, form: type[F]) -> F:
        """Return the tenant's settings as the model declared with `@router.settings`."""
        return await form.load(self.store)

    async def enqueue(self, job: str, payload: Any = None, *, delay: float = 0.0) -> None:
        """Run a job from the inbox once this transaction is committed; `delay` is seconds.

        It is written in `ctx.db`, so job and data are kept together or not at all. `UnknownJob` for a name that no
        `@router.job` declares.
        """
        handler = self._connect.addon.jobs.get(job)
        if handler is None:
            known = ", ".join(sorted(self._connect.addon.jobs)) or "none"
            raise UnknownJob(f'There is no job {job!r} (declared: {known}). Add @router.job("{job}").')
        if handler.adapter is None:
            if payload is not None:
                raise UnknownJob(f"The job {job!r} takes no payload. Give {handler.call.__name__} a second parameter.")
            value = None
        else:
            try:
                value = handler.adapter.dump_python(handler.adapter.validate_python(payload), mode="json")
            except ValidationError as error:
                raise UnknownJob(
                    f"The payload does not fit the job {job!r}: {error.error_count()} mistakes."
                ) from error
        user = self.user
        envelope = Envelope(value, user.id if user else None, user.timezone if user else None, self.room_id)
        self.db.add(new_row(Kind.JOB, job, envelope, generation=self.tenant.generation, delay=delay))
        self._enqueued = True

    def render(self, template: str, **values: Any) -> Page:
        """Render a template of app/addon/templates; it sees `ctx`, `page` (what a frame needs) and `values`."""
        return self._connect.pages.render(template, self, values)

    def page_token(self) -> str:
        """Make the token with which the page of this request calls back."""
        return self._connect.page_tokens.issue(self._verified)

    @property
    def claims(self) -> Mapping[str, Any]:
        """The verified claims as the host signed them."""
        return self._verified.claims

    async def commit(self) -> None:
        """Keep what was written to `ctx.db` so far."""
        if self._session is not None:
            await self._session.commit()
        if self._enqueued:
            self._enqueued = False
            self._connect.worker.wake()

    def _require_no_changes(self) -> None:
        if self._connect.db.is_sqlite and self._session is not None and is_writing(self._session):
            raise CommitFirst

    async def close(self) -> None:
        """Give the session back; what was not committed is undone."""
        if self._session is not None:
            await self._session.close()
            self._session = None
