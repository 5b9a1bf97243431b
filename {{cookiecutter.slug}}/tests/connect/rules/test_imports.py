"""Who may import what: the contracts of `contracts.toml` hold, and notice it when somebody breaks them."""

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from app.connect.application import ROOT
from tests.connect.rules.sources import CORE, HOSTS, name_of, sources, tree_of

CONTRACTS = ROOT / "tests/connect/rules/contracts.toml"
LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(sys.argv[1], no_cache=True))"
MAKERS = {"create_engine", "create_async_engine", "AsyncSession", "Session", "async_sessionmaker", "sessionmaker"}


def contracts() -> list[dict[str, object]]:
    found: list[dict[str, object]] = tomllib.loads(CONTRACTS.read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    return found


def lint(root: Path) -> tuple[int, str]:
    """Run import-linter in a project's folder; return its exit status and what it said."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", LINT, str(CONTRACTS)], cwd=root, capture_output=True, text=True, check=False, timeout=300
    )
    return done.returncode, done.stdout + done.stderr


def imported(path: Path) -> set[str]:
    """Return every name that a file imports, from inside functions, too: modules, and what is taken from them."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports by a relative path"
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


class TestContracts:
    def test_hold(self) -> None:
        status, said = lint(ROOT)
        assert status == 0, said

    def test_notice_every_kind_of_breach(self, tmp_path: Path) -> None:
        for folder in ("app", "devhost"):
            shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
        breaches = {
            "app/connect/work/rows.py": "import app.connect.serving.web",
            "app/connect/work/inbox.py": "import app.connect.work.worker",
            "app/connect/context.py": "import app.connect",
            "app/connect/keys/sealing.py": "import jose",
            "app/connect/work/engines.py": "import procrastinate",
            "app/connect/http/body.py": "import httpx",
            "app/connect/http/answers.py": "import requests",
            "app/connect/commands.py": "import app.addon",
            "devhost/settings.py": "import app.connect.errors",
        }
        for file, line in breaches.items():
            with (tmp_path / file).open("a", encoding="utf-8") as opened:
                opened.write(f"\n{line}\n")
        status, said = lint(tmp_path)
        assert status == 1
        words = " ".join(said.split())
        assert [one["name"] for one in contracts() if f"{one['name']} BROKEN" not in words] == []

    def test_have_no_exceptions(self) -> None:
        assert [
            one["name"] for one in contracts() if {"ignore_imports", "unmatched_ignore_imports_alerting"} & {*one}
        ] == []

    def test_give_every_room_and_every_host_a_place(self) -> None:
        [layers] = [one["layers"] for one in contracts() if one["type"] == "layers"]
        assert isinstance(layers, list)
        names = {name.strip() for layer in layers for name in layer.split("|")}
        optional = {name.strip("()") for name in names if name.startswith("(")}
        placed = {name.strip("()") for name in names}
        expected = {
            name_of(path).removesuffix(".py").replace("/", ".")
            for path in (*CORE.iterdir(), *HOSTS.iterdir())
            if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists()
        }
        assert placed - optional <= expected
        assert expected - {"app.connect.hosts"} <= placed


class TestSource:
    def test_imports_nothing_for_types_alone(self) -> None:
        """What only a type checker sees would hide a circle from it."""
        hiding = [name_of(path) for path in sources("app") if "TYPE_CHECKING" in path.read_text(encoding="utf-8")]
        assert hiding == []

    @pytest.mark.parametrize("folder", ["app", "devhost", "migrations", "tests"])
    def test_imports_by_whole_paths(self, folder: str) -> None:
        assert all(imported(path) is not None for path in sources(folder))

    def test_makes_engines_and_sessions_in_one_file(self) -> None:
        makers = {
            name_of(path)
            for path in sources("app")
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS
        }
        assert makers == {"app/connect/database/engine.py"}

    @pytest.mark.parametrize("library", ["urllib.request", "http.client", "socket"])
    def test_opens_no_connections_with_the_standard_library(self, library: str) -> None:
        importers = {name_of(path) for path in sources("app") if library in imported(path)}
        assert {file for file in importers if not file.startswith("app/connect/network/")} == set()

    def test_of_the_devhost_signs_without_a_jwt_library(self) -> None:
        assert [name_of(path) for path in sources("devhost") if imported(path) & {"jose", "jwt", "joserfc"}] == []

    def test_of_the_command_line_loads_the_addon_only_for_a_command(self) -> None:
        tree = tree_of(CORE / "cli.py")
        loaded = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
        assert loaded & {"app.connect.declare.author", "app.connect.application"} == set()
        assert "app.connect.declare.author" in imported(CORE / "cli.py")
