"""The route to compare an event with: FastAPI that keeps the body of a request in one row, commits, and nothing else.

DATABASE is the file; it is opened as the add-on opens its own.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from sqlite3 import Connection

from fastapi import FastAPI, Request, Response
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, event, insert
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['DATABASE']}")
metadata = MetaData()
rows = Table("rows", metadata, Column("id", Integer, primary_key=True), Column("body", LargeBinary))


@event.listens_for(engine.sync_engine, "connect")
def prepare(connection: Connection, _: object) -> None:
    """Write ahead, and let a commit be on the disk."""
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000"):
        connection.execute(f"PRAGMA {pragma}")


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Make the table."""
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def ready() -> dict[str, bool]:
    """Say that it serves."""
    return {"ready": True}


@app.post("/")
async def keep(request: Request) -> Response:
    """Keep the body."""
    body = await request.body()
    async with engine.begin() as connection:
        await connection.execute(insert(rows).values(body=body))
    return Response(status_code=204)
