"""What the role that serves may do with tables which another role has made: rows, and nothing else."""

from sqlalchemy import Connection, text

from app.connect.database.chains import CHAINS
from app.connect.database.compatibility import COMPATIBLE

READ_ONLY = {*(chain.version_table for chain in CHAINS), COMPATIBLE.name}
OURS = {
    kind: text(
        f"SELECT {kind}name FROM pg_{kind}s WHERE schemaname = current_schema() AND pg_has_role({kind}owner, 'USAGE')"  # noqa: S608
    )
    for kind in ("table", "sequence")
}


def grant_rows(connection: Connection, role: str) -> None:
    """Let a role of PostgreSQL read and write the rows of every table that the connection's role owns.

    Who may only do that can neither drop a table nor add a trigger, and cannot say which revision the schema is at.
    """
    quote = connection.dialect.identifier_preparer.quote_identifier
    schema = connection.scalar(text("SELECT current_schema()"))
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {quote(str(schema))} TO {quote(role)}")
    for name in connection.scalars(OURS["table"]).all():
        rights = "SELECT" if name in READ_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        connection.exec_driver_sql(f"GRANT {rights} ON TABLE {quote(name)} TO {quote(role)}")
    for name in connection.scalars(OURS["sequence"]).all():
        connection.exec_driver_sql(f"GRANT USAGE, SELECT ON SEQUENCE {quote(name)} TO {quote(role)}")
