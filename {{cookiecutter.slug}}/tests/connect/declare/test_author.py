"""What an author hears when files of app/addon are gone: one sentence with the way out."""

from pathlib import Path

import pytest

from app.connect.declare.author import find_routers
from app.connect.errors import ConfigurationError
from tests.connect.database.projects import python
from tests.connect.projects import copy_project

WORKING = "from app.connect import AddonRouter\n\nrouter = AddonRouter()\n"
START = ("-c", "import app.main; app.main.app")
COMMAND = "import sys; from app.connect.cli import main; sys.exit(main(sys.argv[1:]))"
ENTRANCES = [START, ("-c", COMMAND, "check"), ("-c", COMMAND, "migrate"), ("-m", "alembic", "check")]


@pytest.fixture
def package(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for an add-on of this test alone; its package is named like the test."""
    folder: Path = tmp_path / str(request.node.name) / "addon"
    folder.mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def write(package: Path, **files: str) -> str:
    """Write modules and return the package's name."""
    for name, text in files.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    return f"{package.parent.name}.addon"


def sentence(name: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        find_routers(name)
    return str(raised.value)


class TestFindRouters:
    def test_returns_what_is_listed(self, package: Path) -> None:
        name = write(
            package, team=WORKING, __init__=f"from {package.parent.name}.addon import team\nrouters = [team.router]\n"
        )
        assert [type(router).__name__ for router in find_routers(name)] == ["Router"]

    def test_says_what_to_write_into_an_empty_folder(self, package: Path) -> None:
        said = sentence(write(package))
        assert said == f"{package.parent.name}/addon/__init__.py lists no routers. Write into it: routers = ()"

    def test_says_so_too_where_the_folder_is_gone(self) -> None:
        assert sentence("tests.no_addon") == "tests/no_addon/__init__.py lists no routers. Write into it: routers = ()"

    def test_names_the_line_that_imports_a_deleted_file(self, package: Path) -> None:
        name = write(package, __init__=f"from {package.parent.name}.addon import team\nrouters = [team.router]\n")
        said = sentence(name)
        assert said.startswith(f"{package.parent.name}/addon/__init__.py, line 1: cannot import name 'team' from ")
        assert "Put it back, or remove the import" in said

    def test_names_the_file_that_imports_a_deleted_one(self, package: Path) -> None:
        own = f"{package.parent.name}.addon"
        name = write(
            package, team=f"\nimport {own}.models\n", __init__=f"from {own} import team\nrouters = [team.router]\n"
        )
        assert sentence(name).startswith(f"{package.parent.name}/addon/team.py, line 2: No module named '{own}.models'")

    def test_leaves_other_mistakes_their_traceback(self, package: Path) -> None:
        with pytest.raises(ModuleNotFoundError, match="no_such_library"):
            find_routers(write(package, __init__="import no_such_library\nrouters = ()\n"))


class TestDeletedByHand:
    @pytest.mark.parametrize("entrance", ENTRANCES, ids=["start", "check", "migrate", "alembic"])
    async def test_handlers_are_missed_with_one_sentence(self, tmp_path: Path, entrance: tuple[str, ...]) -> None:
        root = copy_project(tmp_path / "project")
        for path in (root / "app/addon").glob("*.py"):
            path.unlink()
        status, said = await python(f"sqlite+aiosqlite:///{tmp_path}/by-hand.db", root, *entrance)
        assert status not in {0, None}
        assert "Traceback" not in said
        assert said.strip().removeprefix("FAILED: ") == (
            "app/addon/__init__.py lists no routers. Write into it: routers = ()"
        )

    async def test_what_addon_toml_still_shows_is_named(self, tmp_path: Path) -> None:
        root = copy_project(tmp_path / "project")
        (root / "app/addon/__init__.py").write_text("routers = ()\n", encoding="utf-8")
        status, said = await python(f"sqlite+aiosqlite:///{tmp_path}/by-hand.db", root, *START)
        assert status == 1
        assert "Traceback" not in said
        assert "addon.toml has [hipchat.panel.report], but nothing answers it" in said
