"""`addon new`: the example leaves without a trace, and nothing else is touched."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from app.connect.application import ROOT
from app.connect.database.engine import Database
from app.connect.database.schema import migrate
from app.connect.errors import ConfigurationError
from app.connect.example import new, without_sections
from tests.connect.projects import copy_project, files_of
from tests.support.running import KEY

LEFT = {"app/addon/__init__.py", "tests/addon/test_starting.py"}
YOURS = ("app/addon/", "migrations/versions/", "tests/addon/")
MINE = """
# What my team sees.
[hipchat.panel.team]
name = "Team"

[hipchat.page.overview.more]
name = "Not mine"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path / "project")


def unwilling(_: str) -> str:
    return "n"


def silent(_: str) -> str:
    raise EOFError


def yours(root: Path) -> set[str]:
    return {name for name in files_of(root) if name.startswith(YOURS)}


def empty_folders(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_dir() and not any(path.iterdir())]


class TestNew:
    async def test_leaves_an_empty_add_on(self, project: Path) -> None:
        before = files_of(project)
        assert await new(root=project, ask=False) == 0
        assert yours(project) == LEFT
        assert {name for name in before - files_of(project) if not name.startswith(YOURS)} == set()
        assert empty_folders(project) == []

    async def test_keeps_who_the_add_on_is(self, project: Path) -> None:
        before = tomllib.loads((project / "addon.toml").read_text(encoding="utf-8"))
        await new(root=project, ask=False)
        after = tomllib.loads((project / "addon.toml").read_text(encoding="utf-8"))
        assert after["addon"] == before["addon"]
        assert set(after["hipchat"]) == {"scopes", "install"}

    async def test_takes_the_example_out_of_the_readme(self, project: Path) -> None:
        assert "\n## The example\n" in (project / "README.md").read_text(encoding="utf-8")
        await new(root=project, ask=False)
        text = (project / "README.md").read_text(encoding="utf-8")
        assert "app/addon/chat.py" not in text
        assert "say(1" not in text
        assert "\n## Every day\n" in text

    @pytest.mark.parametrize("answer", [unwilling, silent])
    async def test_changes_nothing_unless_somebody_says_yes(
        self, project: Path, answer: Callable[[str], str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = {name: (project / name).read_bytes() for name in files_of(project)}
        assert await new(root=project, answer=answer) == 1
        said = capsys.readouterr().out
        assert "  app/addon/chat.py\n" in said
        assert said.endswith("Nothing was changed.\n")
        assert {name: (project / name).read_bytes() for name in files_of(project)} == before

    async def test_goes_on_after_a_yes(self, project: Path) -> None:
        assert await new(root=project, answer=lambda _: "Y") == 0
        assert yours(project) == LEFT

    async def test_says_when_the_example_is_gone_already(self, project: Path) -> None:
        await new(root=project, ask=False)
        with pytest.raises(ConfigurationError, match="the example is gone already"):
            await new(root=project, ask=False)

    async def test_says_that_tests_of_the_plumbing_need_it(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (project / "tests/connect").mkdir()
        await new(root=project, ask=False)
        assert """cruft update --variables-to-update '{ "plumbing_tests": "no" }'""" in capsys.readouterr().out


class TestTheAuthorsOwn:
    async def test_files_stay(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        own = (
            "app/addon/team.py",
            "app/addon/static/team.svg",
            "tests/addon/test_team.py",
            "tests/addon/test_starting.py",
        )
        for name in own:
            (project / name).write_text("# mine\n", encoding="utf-8")
        await new(root=project, ask=False)
        assert yours(project) == {*own, *LEFT}
        assert {(project / name).read_text(encoding="utf-8") for name in own} == {"# mine\n"}
        assert "Yours, and untouched: app/addon/team.py. List their routers" in capsys.readouterr().out

    async def test_migrations_stay_with_the_one_they_follow(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (project / "migrations/versions/0002_team.py").write_text('down_revision = "0001"\n', encoding="utf-8")
        await new(root=project, ask=False)
        assert {"migrations/versions/0001_builds.py", "migrations/versions/0002_team.py"} <= yours(project)
        assert 'Its table goes with: alembic revision --autogenerate -m "no example"' in capsys.readouterr().out

    def test_sections_of_addon_toml_stay_as_they_are_written(self) -> None:
        text = '[hipchat.panel.report]   # going\nname = "x"\n' + MINE
        assert without_sections(text, ("hipchat.panel.report",)) == MINE.lstrip()
        both = ("hipchat.panel.report", "hipchat.page.overview")
        assert without_sections(text, both) == '# What my team sees.\n[hipchat.panel.team]\nname = "Team"\n'

    async def test_an_addon_toml_of_another_form_is_not_guessed_at(self, project: Path) -> None:
        path = project / "addon.toml"
        path.write_text('[hipchat]\npanel = { report = { name = "Builds" } }\n', encoding="utf-8")
        before = files_of(project)
        with pytest.raises(ConfigurationError, match="Remove these sections by hand"):
            await new(root=project, ask=False)
        assert files_of(project) == before


class TestADatabaseTheExampleRanOn:
    async def test_is_named_with_what_to_do(
        self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        url = f"sqlite+aiosqlite:///{tmp_path}/addon.db"
        monkeypatch.setenv("SECRET_KEYS", KEY)
        monkeypatch.setenv("DATABASE_URL", url)
        database = Database(url)
        await migrate(database, ROOT)
        await database.dispose()
        await new(root=project, ask=False)
        assert (
            f"holds tables of the example (builds, issue_builds): remove {tmp_path}/addon.db" in capsys.readouterr().out
        )

    async def test_that_does_not_exist_is_not_made(
        self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("SECRET_KEYS", KEY)
        monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/addon.db")
        await new(root=project, ask=False)
        assert "holds tables of the example" not in capsys.readouterr().out
        assert not (tmp_path / "addon.db").exists()
