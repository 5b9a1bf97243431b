"""The route to compare an event with: FastAPI that keeps the body of a request in one row, commits, and nothing else.

DATABASE_URL names the database; it is opened as the add-on opens its own.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, event, insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import create_async_engine

url = os.environ["DATABASE_URL"]
for scheme, driver in (("sqlite", "sqlite+aiosqlite"), ("postgresql", "postgresql+psycopg")):
    url = url.replace(f"{scheme}://", f"{driver}://", 1)
is_sqlite = url.startswith("sqlite")
engine = create_async_engine(url, pool_pre_ping=not is_sqlite)
metadata = MetaData()
number = BigInteger().with_variant(Integer, "sqlite")
rows = Table("rows", metadata, Column("id", number, primary_key=True), Column("body", LargeBinary))


@event.listens_for(engine.sync_engine, "connect")
def prepare(connection: DBAPIConnection, _: object) -> None:
    """Write ahead, and let a commit be on the disk; PostgreSQL does so by itself."""
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000") if is_sqlite else ():
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


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
