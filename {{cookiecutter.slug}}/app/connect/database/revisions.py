"""What the files of a chain say: its revisions and its head, or one sentence about the file that must be mended."""

import ast
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.script import Script, ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy.exc import DBAPIError

from app.connect.database.chains import Chain
from app.connect.errors import ConfigurationError

BASE = "base"
"""Alembic's name for the schema before the first revision."""
INCOMPLETE = r"Revision .* is (not present|present more than once)"
"""Alembic warns of this, and goes on to a KeyError or to the wrong file."""


class Revisions:
    """The revisions of one chain, read and checked: one line with one head, or none at all."""

    def __init__(self, chain: Chain, script: ScriptDirectory) -> None:
        self.chain = chain
        self._files = _read(chain, script)
        heads = sorted(script.get_heads())
        if len(heads) > 1:
            raise ConfigurationError(
                f"{chain.versions} has {len(heads)} heads: {', '.join(self._name(head) for head in heads)}. "
                f'Two branches of work met. Run: {chain.command} merge heads -m "merge", then: addon migrate'
            )
        self.head = heads[0] if heads else None
        for revision in self._files:
            self._require_older(revision)

    def __contains__(self, revision: str) -> bool:
        return revision in self._files

    def compatible_with(self, schema: str) -> list[str]:
        """Return every older revision whose code still works when the database is at `schema`.

        Each revision speaks for its own change alone: every one that the older code does not know must let it through.
        """
        reached = self._lineage(schema)
        return [
            older
            for older in [*sorted(reached - {schema}), BASE]
            if all(self._lets_through(unknown, older) for unknown in reached - self._lineage(older))
        ]

    def words(self) -> set[str]:
        """Return every text that the files quote, the names of tables among them."""
        return {
            node.value
            for file in self._files.values()
            for node in ast.walk(ast.parse(Path(file.path).read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }

    def _lets_through(self, revision: str, older: str) -> bool:
        declared = _declared(self._files[revision])
        return declared is not None and (declared == BASE or declared in self._lineage(older))

    def _lineage(self, revision: str) -> set[str]:
        """Return a revision with everything below it."""
        found: set[str] = set()
        waiting = [] if revision == BASE else [revision]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                below = self._files[current].down_revision
                waiting += [below] if isinstance(below, str) else below or []
        return found

    def _require_older(self, revision: str) -> None:
        declared = _declared(self._files[revision])
        if declared not in {None, BASE} and declared not in self._lineage(revision) - {revision}:
            raise ConfigurationError(
                f"{self.chain.versions}/{self._name(revision)} declares compatible_with = {declared!r}, which is no "
                f"revision before {revision}. Name the oldest revision whose code still works, {BASE!r} or None."
            )

    def _name(self, revision: str) -> str:
        return Path(self._files[revision].path).name


@contextmanager
def explained(chain: Chain, script: ScriptDirectory) -> Iterator[None]:
    """Turn what goes wrong in a chain's files into one sentence with file and line."""
    try:
        yield
    except ConfigurationError:
        raise
    except CommandError as error:
        hint = " Run: addon migrate" if "not up to date" in str(error) else ""
        raise ConfigurationError(f"{chain.versions}: {error}{hint}") from error
    except Exception as error:
        place = _place(error, Path(script.versions))
        if place is None:
            raise
        raise ConfigurationError(
            f"{chain.versions}/{place}, failed: {type(error).__name__}: {first_line(error)}. Nothing was changed. "
            f"Mend the file, then run: addon migrate"
        ) from error


def first_line(error: Exception) -> str:
    """Return what an error says itself, without the statement and the links around it."""
    said = error.orig if isinstance(error, DBAPIError) else error.msg if isinstance(error, SyntaxError) else error
    return str(said).strip().partition("\n")[0]


def _read(chain: Chain, script: ScriptDirectory) -> dict[str, Script]:
    with explained(chain, script), warnings.catch_warnings():
        warnings.filterwarnings("error", message=INCOMPLETE, category=UserWarning)
        try:
            return {one.revision: one for one in script.walk_revisions()}
        except UserWarning as incomplete:
            raise ConfigurationError(
                f"{chain.versions}: {incomplete}. Put the missing file back from version control, or mend `revision` "
                f"and `down_revision` in the files that are there."
            ) from None


def _declared(file: Script) -> str | None:
    declared: str | None = getattr(file.module, "compatible_with", None)
    return declared


def _place(error: Exception, versions: Path) -> str | None:
    """Name file and line of a revision that an error came from."""
    versions = versions.resolve()
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).resolve().parent == versions:
        return f"{Path(error.filename).name}, line {error.lineno}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).resolve().parent == versions:
            return f"{Path(frame.filename).name}, line {frame.lineno}"
    return None
