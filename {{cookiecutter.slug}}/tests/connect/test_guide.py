"""docs/guide.md and docs/chat.md: their code, copied as it stands into an emptied project, passes its own tests."""

import importlib
import re
from pathlib import Path

import pytest

from app.connect.application import ROOT
from tests.connect.projects import copy_project, run_in

GUIDE, CHAT = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("guide.md", "chat.md"))
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"(?:#|//|<!--|\{#) ([\w/]+\.\w+)")
IMPORT = re.compile(r"^from (app\.connect\S*) import (.+)$", re.MULTILINE)
COMMAND = "import sys; from app.connect.cli import main; sys.exit(main(sys.argv[1:]))"
PROGRAMS = {"addon": ["-c", COMMAND], "alembic": ["-m", "alembic"]}
YOURS = ["app/addon", "tests/addon"]
CHECKS = {
    "start": ["-c", "import app.main; app.main.app"],
    "addon check": ["-c", COMMAND, "check"],
    "ruff": ["-m", "ruff", "check", "--no-cache", *YOURS],
    "format": ["-m", "ruff", "format", "--no-cache", "--check", *YOURS],
    "mypy": ["-m", "mypy", *YOURS],
    "tests": ["-m", "pytest", "-q", "--no-postgres", "-p", "no:cacheprovider"],
}


def write(root: Path, language: str, text: str) -> None:
    """Do what a block says: run its commands, or write the file it names."""
    if language == "sh":
        for line in text.splitlines():
            program, _, rest = line.partition(" ")
            run_in(root, *PROGRAMS[program], *re.findall(r'[^\s"]+|(?<=")[^"]+(?=")', rest))
        return
    named = FILE.match(text)
    assert named, f"A block names no file: {text[:60]}"
    path = root / named[1]
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") + "\n" if path.name == "addon.toml" else ""
    path.write_text(before + text, encoding="utf-8")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the add-on of both pages: the empty one with every block in it, chat's second, commands last."""
    root = copy_project(tmp_path_factory.mktemp("guide") / "project")
    run_in(root, *PROGRAMS["addon"], "new", "--yes")
    blocks = FENCE.findall(GUIDE + CHAT)
    for language, text in sorted(blocks, key=lambda block: block[0] == "sh"):
        write(root, language, text)
    return root


class TestTheCode:
    @pytest.mark.parametrize("check", list(CHECKS))
    def test_passes(self, written: Path, check: str) -> None:
        assert run_in(written, *CHECKS[check]) is not None

    def test_imports_public_names_alone(self) -> None:
        names = ("app.connect", "app.connect.hosts.hipchat")
        public = {name: set(importlib.import_module(name).__all__) for name in names}
        found = IMPORT.findall("\n".join(text for _, text in FENCE.findall(GUIDE + CHAT)))
        assert len(found) >= 10
        for module, names in found:
            assert set(names.strip("()").split(", ")) <= public[module], names


def anchors(markdown: str) -> set[str]:
    """Return the addresses of a text's sections, as readers of Markdown make them."""
    titles = re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


class TestTheWords:
    def test_readme_links_to_sections_that_are_there(self) -> None:
        linked = set(re.findall(r"docs/guide\.md#([\w-]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
        assert linked
        assert linked - anchors(GUIDE) == set()

    def test_every_file_that_is_named_is_there(self, written: Path) -> None:
        named = set(re.findall(r"`((?:app|docs|tests|migrations)/[\w./-]+)`", GUIDE + CHAT))
        assert named
        assert {name for name in named if not (written / name).exists()} == set()
