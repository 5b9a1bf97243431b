"""Health for whoever runs the add-on: alive means the process answers, ready means it can do its work."""

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from fastapi import APIRouter, FastAPI, Response
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from app.connect.database.engine import Database
from app.connect.http.answers import add_error_answers
from app.connect.http.connections import Connections
from app.connect.http.front_door import FrontDoor
from app.connect.work.slots import PlannedRow

IN_TIME = 3.0
"""Seconds in which a small write must be through."""
BELIEVED = 2.0
"""Seconds for which the database's answer is given again: anybody may ask, and each question writes."""
LATE = 15.0
"""Seconds after which following and claiming count as stopped."""
LEAST_SPACE = 64 * 1024 * 1024
"""Bytes that must be free where SQLite's file is."""
MARK = "health"


class Health(BaseModel):
    """The answer of both checks."""

    status: str
    reason: str | None = None


class Readiness:
    """Finds out whether this process can do its work. `follows` and `claims` tell whether that went on of late.

    A process that runs no handlers has no `claims`: what it accepts is kept, whether anybody takes it up or not.
    """

    def __init__(
        self, database: Database, *, follows: Callable[[float], bool], claims: Callable[[float], bool] | None
    ) -> None:
        self._db = database
        self._works = {"Changes of other processes are not seen. Look into the log.": follows}
        if claims is not None:
            self._works["What was accepted is not taken up. Look into the log."] = claims
        self._asking = asyncio.Lock()
        self._known: tuple[float, str | None] = (float("-inf"), None)

    async def reason(self) -> str | None:
        """Return why it is not ready, or None when it is."""
        async with self._asking:
            if time.monotonic() - self._known[0] > BELIEVED:
                self._known = (time.monotonic(), await self._look_at_storage())
        stopped = (sentence for sentence, goes_on in self._works.items() if not goes_on(LATE))
        return self._known[1] or next(stopped, None)

    async def _look_at_storage(self) -> str | None:
        if not self._has_space():
            return "The disk is nearly full. Free some space where the file of DATABASE_URL is."
        mark = {"slot": str(int(time.time())), "reached": ""}
        write = self._db.insert(PlannedRow).values(schedule=MARK, **mark)
        try:
            async with self._db.aside(limit=IN_TIME) as session:
                await session.execute(write.on_conflict_do_update(index_elements=["schedule"], set_=mark))
        except (SQLAlchemyError, OSError):
            return "The database does not answer. Check DATABASE_URL."
        return None

    def _has_space(self) -> bool:
        place = self._db.engine.url.database if self._db.is_sqlite else None
        folder = Path(place).resolve().parent if place and place != ":memory:" else None
        return folder is None or not folder.is_dir() or shutil.disk_usage(folder).free >= LEAST_SPACE


def health_app(
    standing: Sequence[APIRouter],
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    connections: Connections | None,
) -> FastAPI:
    """Make what a process answers that only runs handlers: how it stands, with the limits that hold for all."""
    app = FastAPI(lifespan=lifespan, openapi_url=None)
    add_error_answers(app)
    for router in standing:
        app.include_router(router)
    app.add_middleware(FrontDoor, connections=connections)
    return app


def health_router(readiness: Readiness) -> APIRouter:
    """Make `/health/live` and `/health/ready`."""
    router = APIRouter(prefix="/health", tags=["health"])

    @router.get("/live", summary="The process answers")
    async def live() -> Health:
        return Health(status="ok")

    @router.get(
        "/ready",
        summary="The database takes writes, changes are followed, entries are claimed",
        responses={503: {"model": Health, "description": "Not ready; says why"}},
    )
    async def ready(response: Response) -> Health:
        reason = await readiness.reason()
        if reason is None:
            return Health(status="ok")
        response.status_code = 503
        return Health(status="unavailable", reason=reason)

    return router
