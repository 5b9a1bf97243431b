"""Tells which tables a database still holds that the code knows no more."""

from collections.abc import Collection
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from app.connect.database.engine import Database


async def tables_left(url: str, names: Collection[str]) -> list[str]:
    """Return those of `names` that are tables of the database; none where it cannot be reached or is not there."""
    if _is_absent(url):
        return []
    database = Database(url)
    try:
        async with database.engine.connect() as connection:
            found = await connection.run_sync(lambda on: inspect(on).get_table_names())
    except (SQLAlchemyError, OSError):
        return []
    finally:
        await database.dispose()
    return [name for name in names if name in found]


def _is_absent(url: str) -> bool:
    """Tell whether there is no file; connecting would make one."""
    place = make_url(url)
    return place.drivername.startswith("sqlite") and not Path(place.database or "").is_file()
