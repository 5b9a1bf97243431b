"""Budgets: how much code there may be, and how long one file."""

import ast
import statistics

import pytest

from app.connect.hosts.loading import SHIPPED
from tests.connect.rules.sources import CORE, HOSTS, core_sources, hosts, length_of, name_of, sources, tree_of

FOLDERS = ["app", "devhost", "migrations", "tests"]
LONGEST_FILE = 300
"""Lines of every kind, because that is what a reader scrolls through."""
MEDIAN = 100
HOST = 2_500
"""For each product that a room speaks with: two that share a protocol share a room."""
MANIFEST = 1_000
"""For what writes a manifest, with its tables of addon.toml: what another host's descriptor is in its 2,500."""
ROOMS = {
    "application.py context.py errors.py logging.py hosts serving api_tokens pages network work http keys": 7_000,
    "access": 1_360,
    "tenancy": 1_280,
    "settings.py machine.py": 300,
    "declare": 1_240,
    "database": 1_590,
    "cli.py commands.py example.py operating": 845,
}
"""What serves and runs; who manages tokens; the states of tenants; what is settled before that; what an author
declares, forms included; tables and two chains of migrations; the commands and what they do."""


class TestBudget:
    @pytest.mark.parametrize("rooms", ROOMS)
    def test_of_the_core(self, rooms: str) -> None:
        found = [path for path in core_sources() if path.relative_to(CORE).parts[0] in rooms.split()]
        assert sum(length_of(path) for path in found) < ROOMS[rooms]

    def test_leaves_no_room_out(self) -> None:
        counted = {room for rooms in ROOMS for room in rooms.split()} | {"__init__.py"}
        assert {path.relative_to(CORE).parts[0] for path in core_sources()} == counted

    @pytest.mark.parametrize("host", hosts())
    def test_of_a_host(self, host: str) -> None:
        products = sum(1 for place in SHIPPED.values() if f".hosts.{host}." in place)
        assert products
        allowed = HOST * products + (MANIFEST if (HOSTS / host / "manifest").is_dir() else 0)
        assert sum(length_of(path) for path in sources(HOSTS / host)) < allowed

    @pytest.mark.parametrize("folder", ["app", "devhost", "migrations"])
    def test_of_the_file_in_the_middle(self, folder: str) -> None:
        assert statistics.median(length_of(path) for path in sources(folder)) < MEDIAN

    @pytest.mark.parametrize("folder", FOLDERS)
    def test_of_every_file(self, folder: str) -> None:
        lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources(folder)}
        assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


class TestName:
    @pytest.mark.parametrize("folder", ["app/connect", "devhost"])
    def test_says_what_a_module_owns(self, folder: str) -> None:
        """Your own add-on may call a file `utils.py`; the plumbing may not."""
        forbidden = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
        named = [name_of(path) for path in sources(folder) if {path.stem, path.parent.name} & forbidden]
        assert named == []


class TestOpening:
    @pytest.mark.parametrize("folder", ["app/connect", "devhost"])
    def test_says_what_a_module_owns(self, folder: str) -> None:
        silent = [name_of(path) for path in sources(folder) if not ast.get_docstring(tree_of(path))]
        assert silent == []
