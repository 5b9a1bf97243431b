"""The application with the host under test on it, and handlers that note what reaches them."""

import asyncio
import io
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, MetaData, event, select, update

from app.conformance.case import Guest, HostCase
from app.conformance.sending import Received, Sent, send
from app.connect import AddonRouter, ConfigForm, Context, Ctx, Page
from app.connect.application import Application
from app.connect.declare.router import Router
from app.connect.hosts.protocol import ProofKind
from app.connect.logging import JsonLines
from app.connect.settings import Settings, load_settings
from app.connect.tenancy.tenant import Tenant
from app.connect.work.rows import InboxRow, Status

BASE_URL = "http://127.0.0.1:8000"
KEYS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL"
ABOUT = {"key": "com.example.conformance", "name": "Conformance", "description": "Plays a host"}
ADMIN_PATH = "/conformance/admin"


class Stage:
    """One test's application, on a database of its own; nothing of it is replaced."""

    def __init__(self, case: HostCase, database_url: str) -> None:
        self.case = case
        self.heard: list[tuple[str, str]] = []
        """Client key and text of every event that a handler got."""
        self.ran: list[tuple[str, str]] = []
        """Name and client key of every other handler that ran."""
        self.application = make_application(case, database_url, case.routers(self._hear), ran=self.ran)
        self._lines = io.StringIO()
        self._log = logging.StreamHandler(self._lines)
        self._log.setFormatter(JsonLines())

    @property
    def logged(self) -> str:
        """Everything that was logged, as the application writes it."""
        return self._lines.getvalue()

    @property
    def module(self) -> Sent:
        """The request by which somebody comes in, without a token."""
        return self.case.entry()

    async def send(self, sent: Sent) -> Received:
        """Send a request to the add-on."""
        return await send(self.application.app, sent, BASE_URL)

    async def enter(self, guest: Guest, *, user: str | None = None, sent: Sent | None = None) -> Received:
        """Show a module to somebody, as the host does."""
        sent = sent or self.module
        return await self.send(self.case.carry(sent, self.case.sign(guest, sent, ProofKind.ENTRY, user=user)))

    async def deliver(self, guest: Guest, number: int) -> Received:
        """Deliver an event, as the host does."""
        return await self.send(self.signed_event(guest, number))

    def signed_event(self, guest: Guest, number: int) -> Sent:
        """Return an event with its token."""
        sent = self.case.event(guest, number)
        return self.case.carry(sent, self.case.sign(guest, sent, ProofKind.EVENT))

    async def install(self) -> Guest:
        """Install the add-on for a new guest and let it finish."""
        guest = await self.case.guest()
        answer = await self.send(self.case.install(guest))
        assert answer.status == 204, f"a good install was refused: {answer.status} {answer.body!r}"
        await self.settle()
        return guest

    async def page_token(self, guest: Guest, *, user: str | None = None) -> str:
        """Open the module and return its page token."""
        answer = await self.enter(guest, user=user)
        assert answer.status == 200, f"a good entry was refused: {answer.status} {answer.body!r}"
        return answer.body.decode()

    async def tenant(self, guest: Guest) -> Tenant | None:
        """Return what the add-on knows of a guest."""
        known = await self.application.lifecycle.known(self.case.name, guest.client_key)
        return None if known is None else known.tenant

    async def settle(self, *, rounds: int = 3) -> None:
        """Let everything run that was accepted, as if its time had come, and so often what that leads to."""
        for _ in range(rounds):
            await self.application.hints.look_up()
            waiting = update(InboxRow).where(InboxRow.status == Status.NEW).values(due_at=0.0)
            async with self.application.database.session() as session:
                await session.execute(waiting)
            await self.application.worker.drain()

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """Note the statements that reach the database meanwhile."""
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            statements.append(statement)

        engine = self.application.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(engine, "before_cursor_execute", note)

    async def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return what every table holds, whatever tables there are."""

        def read(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
            metadata = MetaData()
            metadata.reflect(connection)
            return {
                table.name: [tuple(row) for row in connection.execute(select(table))]
                for table in metadata.sorted_tables
            }

        async with self.application.database.engine.connect() as connection:
            return await connection.run_sync(read)

    async def installations(self) -> list[tuple[Any, ...]]:
        """Return the rows of tenants and installations."""
        rows = await self.rows()
        return [*rows["tenants"], *rows["installations"]]

    async def together(self, sent: Sequence[Sent]) -> list[Received]:
        """Send requests at once."""
        return list(await asyncio.gather(*map(self.send, sent)))

    async def __aenter__(self) -> Self:
        """Begin to log and to play."""
        logger = logging.getLogger("app")
        logger.addHandler(self._log)
        self._level = logger.level
        logger.setLevel(logging.DEBUG)
        await self.case.begin(self.application.app, BASE_URL)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything."""
        logger = logging.getLogger("app")
        logger.removeHandler(self._log)
        logger.setLevel(self._level)
        await self.application.close()
        await self.case.end()

    async def _hear(self, ctx: Context, text: str) -> None:
        self.heard.append((ctx.tenant.client_key, text))


def make_application(
    case: HostCase,
    database_url: str,
    routers: Sequence[Router[Any]],
    *,
    section: Mapping[str, Any] | None = None,
    ran: list[tuple[str, str]] | None = None,
) -> Application:
    """Make an application that serves the case's host alone."""
    settings: Settings = load_settings(
        _env_file=None, secret_keys=KEYS, database_url=database_url, base_url=BASE_URL, hosts=case.name
    )
    return Application(
        settings,
        (*routers, portable_router(case.portable, [] if ran is None else ran)),
        transport=case.transport,
        document={"addon": ABOUT, case.name: case.section if section is None else section},
        host_settings={case.name: case.settings()},
    )


def sqlite_at(path: Path) -> str:
    """Return the URL of a database file."""
    return f"sqlite+aiosqlite:///{path}"


def portable_router(kind: str | None, ran: list[tuple[str, str]]) -> AddonRouter:
    """Declare what every host has; `ran` notes what ran for whom."""
    router = AddonRouter()
    if kind is not None:
        shown = router.page if kind == "page" else router.panel

        @shown("report")
        async def report(ctx: Ctx) -> Page:
            return Page(ctx.page_token())

    @router.settings
    class Choices(ConfigForm):
        word: str = ""

    @router.route(ADMIN_PATH, methods=["GET"], require_admin=True)
    async def admin(ctx: Ctx) -> dict[str, str]:
        return {"tenant": ctx.tenant.client_key}

    @router.on_installed
    async def installed(ctx: Ctx) -> None:
        ran.append(("installed", ctx.tenant.client_key))

    @router.on_uninstalled
    async def uninstalled(ctx: Ctx) -> None:
        ran.append(("uninstalled", ctx.tenant.client_key))

    return router
