"""Where a database stands in a chain, seen from this code: behind it, at its head, or ahead of it."""

from dataclasses import dataclass

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app.connect.database.chains import Chain
from app.connect.database.compatibility import is_declared
from app.connect.database.revisions import Revisions
from app.connect.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database has and what this code brings; `ahead` only where the schema says that this code works."""

    revisions: Revisions
    current: tuple[str, ...]
    ahead: bool = False

    @property
    def behind(self) -> str | None:
        """Say what to run when the database lacks a revision of this code."""
        head = self.revisions.head
        if self.ahead or self.current == ((head,) if head else ()):
            return None
        at = ", ".join(self.current) or "nothing"
        return (
            f"The database schema is at {at}, the code needs {head} of {self.revisions.chain.versions}. "
            "Run: addon migrate"
        )

    @property
    def warning(self) -> str | None:
        """Say that the database is newer than this code, and that this is all right."""
        if not self.ahead:
            return None
        return (
            f"The database schema is newer than this code: it is at {', '.join(self.current)}, the newest of "
            f"{self.revisions.chain.versions} here is {self.revisions.head or 'nothing'}. It declares that this code "
            "still works, so nothing was changed. Update the code when the roll-out is over."
        )


def current_revisions(connection: Connection, chain: Chain) -> tuple[str, ...]:
    """Return the revisions that a chain's version table holds: one, or none before the first."""
    opts = {"version_table": chain.version_table}
    return tuple(sorted(MigrationContext.configure(connection, opts=opts).get_current_heads()))


def stand(connection: Connection, chain: Chain, script: ScriptDirectory) -> Standing:
    """Compare database and files; raise `ConfigurationError` when this code cannot work with what the database has."""
    revisions = Revisions(chain, script)
    current = current_revisions(connection, chain)
    unknown = [revision for revision in current if revision not in revisions]
    if not unknown:
        return Standing(revisions, current)
    if all(is_declared(connection, chain, schema=schema, code=revisions.head) for schema in unknown):
        return Standing(revisions, current, ahead=True)
    url = connection.engine.url
    anew = f" In development you can begin anew: remove {url.database}." if url.drivername.startswith("sqlite") else ""
    raise ConfigurationError(
        f"The database schema is at {', '.join(unknown)}, and {chain.versions} has no such revision; the newest "
        f"there is {revisions.head or 'nothing'}.{anew} Either this code is older than the schema, which does not "
        f"declare itself compatible: run the newer code, or restore a backup. Or the file was deleted: put it back, "
        f"and run `{chain.command} downgrade {revisions.head or 'base'}` before you delete it."
    )
