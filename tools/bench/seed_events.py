"""Writes messages into the inbox as if they had been accepted; runs in the project's environment and folder.

Arguments: how many, and the number of the first one. None deletes what waits. Every installation gets as many.
"""

import os
import sqlite3
import sys
import time

import psycopg

COLUMNS = (
    "tenant_id, installation_id, generation, origin, kind, name, digest, body, status, lane, attempts, crashes, since, "
    "due_at, created_at"
)
VALUES = """
    SELECT k.tenant_id, k.id, k.generation, k.api_url, 'event', 'hipchat.list', {digest},
        '[{{"id": "message-' || (n.i + {first}) || '", "text": "/builds", "room": {{"id": "' || {room} || '"}}, '
        || '"sender": {{"id": "7", "name": "Ann"}}}}, ["7", "UTC", "' || {room} || '"]]',
        'new', 0, 0, 0, {now}, {now}, {now}
    FROM {numbers} JOIN (
        SELECT *, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS total FROM installations
    ) AS k ON k.place = n.i % k.total
"""
CLEAR = "DELETE FROM inbox WHERE status = 'new'"
ROOM = "replace(k.client_key, 'chaos-', '')"


def on_sqlite(path: str, count: int, first: int = 0) -> None:
    """Write them into a file."""
    numbers = f"(WITH RECURSIVE m(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM m WHERE i + 1 < {count}) SELECT i FROM m)"
    values = VALUES.format(digest="randomblob(12)", first=first, room=ROOM, now=time.time(), numbers=f"{numbers} AS n")
    connection = sqlite3.connect(path, timeout=30)
    connection.execute("PRAGMA foreign_keys = ON")
    with connection:
        connection.execute(f"INSERT INTO inbox ({COLUMNS}) {values}" if count else CLEAR)
    connection.close()


def on_postgresql(url: str, count: int, first: int = 0) -> None:
    """Write them into a database of a server."""
    values = VALUES.format(
        digest="decode(substr(md5(random()::text || n.i), 1, 24), 'hex')",
        first=first,
        room=ROOM,
        now=time.time(),
        numbers=f"generate_series(0, {count - 1}) AS n(i)",
    )
    with psycopg.connect(url) as connection:
        text = f"INSERT INTO inbox ({COLUMNS}) {values}" if count else CLEAR
        connection.execute(text.encode())
        connection.commit()
        connection.autocommit = True
        connection.execute(b"ANALYZE inbox")


database = os.environ["DATABASE_URL"]
write = on_sqlite if database.startswith("sqlite") else on_postgresql
write(database.removeprefix("sqlite:///"), *map(int, sys.argv[1:3]))
