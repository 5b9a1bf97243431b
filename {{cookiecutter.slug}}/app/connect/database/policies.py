"""The second wall between tenants, on PostgreSQL: the database itself keeps a tenant's session to that tenant's rows.

The session of a tenant says in each transaction whose it is; the plumbing's say nothing and see all. The owner of a
table and superusers are not held by its policies, so the wall stands where migrations have a role of their own; and
that role still makes whole backups.
"""

from sqlalchemy import Connection, text

SETTING = "connect.tenant"
POLICY = "connect_tenant"
# A setting that was made for one transaction is empty after it, not gone. Asked once a statement, not once a row.
MINE = f"NULLIF((SELECT current_setting('{SETTING}', true)), '')"
OPEN = text(
    "SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid "
    "WHERE attname = 'tenant_id' AND NOT attisdropped AND relkind IN ('r', 'p') "
    "AND relnamespace = current_schema()::regnamespace AND pg_has_role(relowner, 'USAGE') "
    "AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polname = :policy) ORDER BY relname"
)


def police(connection: Connection) -> None:
    """Put the policy on every table with a `tenant_id` that has none yet, an author's included."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    for name in connection.scalars(OPEN, {"policy": POLICY}).all():
        table = quote(name)
        connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        connection.exec_driver_sql(f"CREATE POLICY {POLICY} ON {table} USING (tenant_id = COALESCE({MINE}, tenant_id))")


def say_whose(connection: Connection, tenant_id: str) -> None:
    """Say whose the present transaction is."""
    if connection.dialect.name == "postgresql":
        # Plain SQL, since each of a tenant's transactions begins with it.
        connection.exec_driver_sql("SELECT set_config(%s, %s, true)", (SETTING, tenant_id))
