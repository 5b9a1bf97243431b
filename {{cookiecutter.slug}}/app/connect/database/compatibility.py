"""Which older code still works on the schema: written beside it, since an old image lacks the newer revision's file."""

from sqlalchemy import Column, Connection, MetaData, String, Table, delete, insert, inspect, select

from app.connect.database.chains import Chain
from app.connect.database.revisions import BASE, Revisions

COMPATIBLE = Table(
    "connect_compatible",
    MetaData(),  # made like Alembic's own tables, outside of every revision
    Column("chain", String(20), primary_key=True),
    Column("schema_revision", String(32), primary_key=True),
    Column("code_revision", String(32), primary_key=True),
)
"""Rows are for the revision the schema was at when they were written; they say nothing about any other."""


def declare(connection: Connection, revisions: Revisions, schema: str) -> None:
    """Write down which older code works with the schema at revision `schema`."""
    chain = revisions.chain.name
    COMPATIBLE.create(connection, checkfirst=True)
    connection.execute(delete(COMPATIBLE).where(COMPATIBLE.c.chain == chain))
    rows = [
        {"chain": chain, "schema_revision": schema, "code_revision": code} for code in revisions.compatible_with(schema)
    ]
    if rows:
        connection.execute(insert(COMPATIBLE), rows)


def is_declared(connection: Connection, chain: Chain, *, schema: str, code: str | None) -> bool:
    """Tell whether the schema at revision `schema` says that code at revision `code` works with it."""
    if not inspect(connection).has_table(COMPATIBLE.name):
        return False
    query = select(COMPATIBLE).where(
        COMPATIBLE.c.chain == chain.name,
        COMPATIBLE.c.schema_revision == schema,
        COMPATIBLE.c.code_revision == (code or BASE),
    )
    return connection.execute(query).first() is not None
