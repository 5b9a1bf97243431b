"""Who may import what: the rules that keep the parts apart, read from the source itself."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import app.connect

ROOT = Path(__file__).parents[2]
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
MAXIMUM_LINES = 300


@dataclass(frozen=True)
class Import:
    """One import: which file, which module, whether it happens when the file is loaded."""

    file: str
    module: str
    names: tuple[str, ...]
    when_loaded: bool

    def __str__(self) -> str:
        return f"{self.file} imports {self.module}"

    def is_of(self, package: str) -> bool:
        return self.module == package or self.module.startswith(package + ".")


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@cache
def imports(folder: str) -> tuple[Import, ...]:
    """Read every import below a folder, those inside functions and `TYPE_CHECKING` blocks too."""
    return tuple(_read(sources(folder)))


def _read(paths: Iterable[Path]) -> Iterator[Import]:
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inside = {
            node
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            for node in ast.walk(function)
        }
        file = path.relative_to(ROOT).as_posix()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(file, alias.name, (), node not in inside)
            elif isinstance(node, ast.ImportFrom):
                names = tuple(alias.name for alias in node.names)
                assert node.level == 0, f"{file} imports by a relative path"
                yield Import(file, node.module or "", names, node not in inside)
                # `from app import addon` names a module as well.
                for name in names:
                    yield Import(file, f"{node.module}.{name}", (), node not in inside)


def importers(package: str, *, below: str = "app") -> set[str]:
    return {found.file for found in imports(below) if found.is_of(package)}


class TestOneDoorForEachLibrary:
    def test_only_jwt_imports_jose(self) -> None:
        assert importers("jose") == {"app/connect/keys/jwt.py"}

    def test_nothing_imports_another_jwt_library(self) -> None:
        assert not importers("jwt") | importers("joserfc") | importers("authlib")

    def test_only_fetch_imports_httpx(self) -> None:
        assert importers("httpx") == {"app/connect/network/fetch.py"}

    def test_only_fetch_and_dialing_import_httpcore(self) -> None:
        assert importers("httpcore") == {"app/connect/network/dialing.py", "app/connect/network/fetch.py"}

    @pytest.mark.parametrize("library", ["requests", "aiohttp", "urllib.request", "http.client", "urllib3", "httpx2"])
    def test_nothing_opens_connections_with_another_library(self, library: str) -> None:
        assert not importers(library)

    def test_only_db_makes_engines_and_sessions(self) -> None:
        makers = {
            path.relative_to(ROOT).as_posix()
            for path in sources("app")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id
            in {"create_engine", "create_async_engine", "AsyncSession", "Session", "async_sessionmaker"}
        }
        assert makers == {"app/connect/database/engine.py"}


class TestThePlumbing:
    def test_never_imports_the_addon(self) -> None:
        """The command line is the one exception: it runs `app.addon`, and only once a command needs it."""
        found = [one for one in imports("app/connect") if one.is_of("app.addon") or one.is_of("app.main")]
        assert {one.file for one in found} == {"app/connect/cli.py"}
        assert [str(one) for one in found if one.when_loaded] == []

    def test_names_a_host_only_in_types_and_in_what_it_hands_to_addons(self) -> None:
        """`__init__` re-exports models; runtime and context name client classes under `TYPE_CHECKING` alone."""
        core = [one for one in imports("app/connect") if not one.file.startswith("app/connect/hosts/")]
        naming = {one.file for one in core if one.module.startswith("app.connect.hosts.hipchat")}
        assert naming == {"app/connect/__init__.py", "app/connect/context.py", "app/connect/application.py"}
        for file in ("app/connect/context.py", "app/connect/application.py"):
            tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
            loaded = [node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
            assert [module for module in loaded if module.startswith("app.connect.hosts.hipchat")] == []

    def test_hosts_never_import_each_other(self) -> None:
        hosts = [path.name for path in (ROOT / "app/connect/hosts").iterdir() if (path / "__init__.py").exists()]
        assert "hipchat" in hosts
        crossing = [
            str(one)
            for host in hosts
            for one in imports(f"app/connect/hosts/{host}")
            for other in hosts
            if other != host and one.is_of(f"app.connect.hosts.{other}")
        ]
        assert crossing == []


class TestTheAddon:
    def test_imports_nothing_of_the_plumbing_but_its_public_names(self) -> None:
        found = [one for one in imports("app/addon") if one.is_of("app.connect") and one.names]
        assert found
        assert [str(one) for one in found if one.module != "app.connect"] == []
        assert {name for one in found for name in one.names} <= set(app.connect.__all__)


class TestTheDevhost:
    def test_never_imports_the_application(self) -> None:
        """The two speak HTTP only, so that they cannot agree by sharing a mistake."""
        assert importers("app", below="devhost") == set()

    def test_is_never_imported_by_the_application(self) -> None:
        assert importers("devhost") == set()

    def test_signs_without_a_jwt_library(self) -> None:
        assert importers("jose", below="devhost") | importers("jwt", below="devhost") == set()


class TestModules:
    @pytest.mark.parametrize("folder", ["app", "devhost", "migrations"])
    def test_have_names_that_say_what_they_own(self, folder: str) -> None:
        assert [path.name for path in sources(folder) if path.stem in FORBIDDEN_NAMES] == []

    @pytest.mark.parametrize("folder", ["app/connect", "devhost"])
    def test_stay_small(self, folder: str) -> None:
        lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in sources(folder)}
        assert {name: lines for name, lines in lengths.items() if lines > MAXIMUM_LINES} == {}

    @pytest.mark.parametrize("folder", ["app", "devhost"])
    def test_open_with_what_they_own(self, folder: str) -> None:
        silent = [
            str(path.relative_to(ROOT))
            for path in sources(folder)
            if (tree := ast.parse(path.read_text(encoding="utf-8"))).body and not ast.get_docstring(tree)
        ]
        assert silent == []
