"""Adds tenants that nobody asks for to a SQLite file: how many there are to be, DATABASE_URL says where."""

import os
import sqlite3
import sys

wanted = int(sys.argv[1])
connection = sqlite3.connect(os.environ["DATABASE_URL"].removeprefix("sqlite:///"))
connection.execute("PRAGMA cache_size = -400000")
[(stored,)] = connection.execute("SELECT count(*) FROM tenants")
with connection:
    connection.execute(
        f"CREATE TEMP TABLE new AS WITH RECURSIVE m(i) AS (SELECT {stored} UNION ALL SELECT i + 1 FROM m "
        f"WHERE i + 1 < {wanted}) SELECT printf('%032x', i) AS id, i FROM m"
    )
    connection.execute(
        "INSERT INTO tenants (id, state, memo_json, installed_at, changed_at) "
        "SELECT new.id, t.state, t.memo_json, t.installed_at, t.changed_at "
        "FROM new, (SELECT * FROM tenants LIMIT 1) AS t"
    )
    connection.execute(
        "INSERT INTO installations (id, tenant_id, host, client_key, state, generation, origin, api_url, web_url, "
        "sealed_secret, previous_until, details_json, changed_at) "
        "SELECT new.id, new.id, k.host, 't' || new.i, k.state, 1, k.origin, k.api_url, k.web_url, k.sealed_secret, 0, "
        "k.details_json, k.changed_at - 9 FROM new, (SELECT * FROM installations LIMIT 1) AS k"
    )
connection.close()
