"""`addon new`: takes the example out of a project and leaves an empty add-on that starts.

The example says itself what belongs to it, in app/addon/example.toml; nothing else is touched.
"""

import re
import shutil
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.engine import make_url

from app.connect.database.chains import AUTHOR
from app.connect.database.leftovers import tables_left
from app.connect.errors import ConfigurationError, name_fields
from app.connect.settings import load_settings

ROOT = Path(__file__).parents[2]
LIST = "app/addon/example.toml"
MANIFEST = "addon.toml"
README = "README.md"
PLUMBING_TESTS = "tests/connect"
TABLE = re.compile(r"\s*\[+\s*([^\[\]]+?)\s*\]")
YES = {"y", "yes"}
NEXT = """Next:
  addon check           whether all fits together
  docs/guide.md         how to write handlers, one page for each task"""


class Example(BaseModel):
    """What belongs to the example, and what takes its place."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: tuple[str, ...]
    sections: tuple[str, ...] = ()
    """Tables of addon.toml, with everything inside them."""
    readme: tuple[str, ...] = ()
    """Headings of README.md, with what stands below them."""
    tables: tuple[str, ...] = ()
    """Tables of the database."""
    manifest: str = ""
    """What is added to addon.toml."""
    write: Mapping[str, str]


async def new(*, root: Path = ROOT, ask: bool = True, answer: Callable[[str], str] = input) -> int:
    """Remove the example, after a question unless `ask` is off; exit status 1 when the answer was no."""
    example = _read(root)
    # A file of the author's that happens to have the name of one of ours stays.
    fresh = {name: text for name, text in example.write.items() if name in example.files or not _is_there(root, name)}
    texts = {**fresh, **_changed(root, example)}
    going, kept = _files(root, example)
    if ask:
        say("This removes the example:", *(f"  {name}" for name in going))
        say("and writes anew:", *(f"  {name}" for name in texts))
        say("What you changed in these files goes with them; everything else stays, in addon.toml and README.md, too.")
        if not _is_yes(answer):
            say("Nothing was changed.")
            return 1
    for name in going:
        (root / name).unlink()
        _drop_empty(root, (root / name).parent)
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    say(f"Removed the example: {len(going)} files. Written anew: {', '.join(texts)}.")
    for sentence in [*kept, *await _database(example)]:
        say(sentence)
    say(NEXT)
    return 0


def say(*lines: str) -> None:
    """Print lines for the person at the command line."""
    print("\n".join(lines))


def without_sections(text: str, names: tuple[str, ...]) -> str:
    """Return addon.toml without some of its tables and the comments right above them; the rest stays as written."""
    kept: list[str] = []
    block: list[str] = []
    is_going = False
    for line in text.splitlines(keepends=True):
        found = TABLE.match(line)
        if found is None:
            block.append(line)
            continue
        above = _comments_at_end(block)
        kept += [] if is_going else block[: len(block) - above]
        comments = block[len(block) - above :]
        is_going = any(f"{found[1]}.".startswith(f"{name}.") for name in names)
        block = [*comments, line]
    kept += [] if is_going else block
    return "".join(kept).rstrip() + "\n"


def without_headings(text: str, headings: tuple[str, ...]) -> str:
    """Return Markdown without some of its second-level headings and what stands below them."""
    for heading in headings:
        text = re.sub(rf"^## {re.escape(heading)}\n.*?(?=^## |\Z)", "", text, flags=re.MULTILINE | re.DOTALL)
    return text


def _read(root: Path) -> Example:
    try:
        return Example.model_validate(tomllib.loads((root / LIST).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no {LIST}, so the example is gone already. docs/guide.md says how to write your own."
        ) from None
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        said = name_fields(error) if isinstance(error, ValidationError) else error
        raise ConfigurationError(
            f"{LIST} cannot be read ({said}). Put it back as it was, or remove the example by hand."
        ) from None


def _changed(root: Path, example: Example) -> dict[str, str]:
    """Write the files new in which the example and the author's words stand side by side."""
    manifest = root / MANIFEST
    before = manifest.read_text(encoding="utf-8")
    after = without_sections(before, example.sections)
    if _parsed(after) != _without(_parsed(before), example.sections):
        raise ConfigurationError(
            f"{MANIFEST} is written in a way that is not understood here. Remove these sections by hand, then run "
            f"`addon new` again: {', '.join(example.sections)}"
        )
    texts = {MANIFEST: f"{after}\n{example.manifest}" if example.manifest else after}
    readme = root / README
    if readme.is_file():
        text = readme.read_text(encoding="utf-8")
        shorter = without_headings(text, example.readme)
        texts |= {README: shorter} if shorter != text else {}
    return texts


def _files(root: Path, example: Example) -> tuple[list[str], list[str]]:
    """Return the files that go, and sentences about what of the author's stays and needs a word."""
    going = [name for name in (*example.files, LIST) if _is_there(root, name)]
    sentences = []
    versions = root / AUTHOR.versions
    revisions = {path.relative_to(root).as_posix() for path in versions.glob("*.py")}
    own = sorted(revisions - {*example.files})
    if own:
        going = [name for name in going if name not in revisions]
        sentences.append(
            f"The example's migration stays, since {', '.join(own)} may follow it. Its table goes with: "
            'alembic revision --autogenerate -m "no example"'
        )
    code = {path.relative_to(root).as_posix() for path in (root / "app/addon").glob("*.py")}
    mine = sorted(code - {*example.files})
    if mine:
        sentences.append(f"Yours, and untouched: {', '.join(mine)}. List their routers in app/addon/__init__.py again.")
    if (root / PLUMBING_TESTS).is_dir():
        sentences.append(
            f"{PLUMBING_TESTS} and what else tests the plumbing needs the example. Leave it to the template: "
            """cruft update --variables-to-update '{ "plumbing_tests": "no" }'"""
        )
    return going, sentences


async def _database(example: Example) -> list[str]:
    """Say what to do with a database that the example ran on."""
    try:
        url = load_settings().database_url.get_secret_value()
    except ConfigurationError:
        return []
    left = ", ".join(await tables_left(url, example.tables))
    if not left:
        return []
    place = make_url(url)
    if place.drivername.startswith("sqlite"):
        return [f"The database still holds tables of the example ({left}): remove {place.database}; it is made anew."]
    return [f"The database still holds tables of the example ({left}). Drop them, then: alembic stamp --purge base"]


def _is_there(root: Path, name: str) -> bool:
    return (root / name).is_file()


def _is_yes(answer: Callable[[str], str]) -> bool:
    try:
        return answer("Go on? [y/N] ").strip().lower() in YES
    except EOFError:
        say("", "Nobody answered. `addon new --yes` does not ask.")
        return False


def _comments_at_end(lines: list[str]) -> int:
    """Count the comment lines that stand right above the next table."""
    count = 0
    while count < len(lines) and lines[-1 - count].lstrip().startswith("#"):
        count += 1
    return count


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            f"{MANIFEST} is not TOML: {error}. Mend that line, then run `addon new` again."
        ) from None


def _without(document: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Take tables out of a document, and what that leaves empty."""
    for name in names:
        *above, last = name.split(".")
        tables = [document]
        for key in above:
            tables.append(tables[-1].get(key, {}))
        tables[-1].pop(last, None)
        for key, outer, inner in zip(reversed(above), reversed(tables[:-1]), reversed(tables[1:]), strict=True):
            if inner == {} and key in outer and outer is not document:
                del outer[key]
    return document


def _drop_empty(root: Path, folder: Path) -> None:
    """Remove folders that the last file has left, up to the project's own."""
    while folder != root and all(path.name == "__pycache__" for path in folder.iterdir()):
        shutil.rmtree(folder)
        folder = folder.parent
