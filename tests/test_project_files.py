"""Covers which files a project has, and that what is copied is copied to the byte."""

import ast
import filecmp
import stat
import tomllib
from pathlib import Path

import pytest

from tests.conftest import Bake
from tests.project_files import RENDERED, WRITTEN, files_of, template_files
from tools.paths import TEMPLATE

# Beside the folders app, devhost, docs, forge, migrations and tests, which are copied as they are.
ALWAYS = {
    ".env.example",
    ".github/workflows/ci.yml",
    ".gitignore",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "addon.toml",
    "alembic.ini",
    "constraints.txt",
    "pyproject.toml",
    "requirements.txt",
}
CONTAINER = {".dockerignore", ".github/workflows/images.yml", "Dockerfile"}
BY_CHOICE = {
    "compose": CONTAINER | {"compose.yaml", "deploy/app-role.sh"},
    "kubernetes": CONTAINER | {"deploy/kubernetes.yaml"},
    "none": set[str](),
}
PLUMBING_TESTS = ("app/conformance/", "tests/browser/", "tests/connect/", "tests/devhost/", "tests/hosts/")
EVERY_CHOICE = [(deploy, plumbing_tests) for deploy in BY_CHOICE for plumbing_tests in ("no", "yes")]
COPIED_FOLDERS = ("app", "devhost", "docs", "forge", "migrations", "tests", ".github")

HOSTILE = {
    "name": """He said "it's {fine}" \\n \\ '''a''' \"\"\"b\"\"\" 🚀 <b>&amp;</b> $HOME %s `id` #""",
    "slug": "hostile",
    "description": """"]\\u0041 = {'x': "y"} \\" [tool] # ' ''' \\""",
    "vendor": """Robert"); DROP TABLE tenants; -- \\""",
}


@pytest.fixture(scope="module")
def hostile(bake: Bake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project whose answers try to break out of every string they enter."""
    return bake(tmp_path_factory.mktemp("hostile"), **HOSTILE)


class TestFileSet:
    @pytest.mark.parametrize(("deploy", "plumbing_tests"), EVERY_CHOICE)
    def test_is_exactly_what_the_choices_need(
        self, bake: Bake, template: Path, tmp_path: Path, deploy: str, plumbing_tests: str
    ) -> None:
        made = files_of(bake(tmp_path, deploy=deploy, plumbing_tests=plumbing_tests))
        in_folders = {name for name in template_files(template) if name.startswith(COPIED_FOLDERS)} - CONTAINER
        proof = {name for name in in_folders if name.startswith(PLUMBING_TESTS)}
        assert len({name.split("/")[1] for name in proof}) >= 3
        chosen = in_folders if plumbing_tests == "yes" else in_folders - proof
        assert made == chosen | ALWAYS | BY_CHOICE[deploy] | WRITTEN

    def test_is_small_where_the_plumbing_keeps_its_tests(self, default_project: Path) -> None:
        tests = {name.split("/")[1] for name in files_of(default_project) if name.startswith("tests/")}
        assert tests == {"addon", "conftest.py", "support", "test_public_routes.py"}

    def test_of_the_template_is_what_the_choices_have_together(self, template: Path) -> None:
        outside = {name for name in template_files(template) if not name.startswith(COPIED_FOLDERS[:6])}
        assert outside == ALWAYS | set.union(*BY_CHOICE.values())

    def test_no_choice_leaves_an_empty_folder(self, bake: Bake, tmp_path: Path) -> None:
        project = bake(tmp_path, deploy="none")
        assert [path for path in project.rglob("*") if path.is_dir() and not any(path.iterdir())] == []

    def test_caches_left_in_the_template_do_not_reach_a_project(
        self, bake: Bake, template: Path, tmp_path: Path, default_project: Path
    ) -> None:
        stray = [template / TEMPLATE / name for name in ("app/__pycache__", ".mypy_cache", "forge/node_modules")]
        for folder in stray:
            folder.mkdir()
            (folder / "x.json").write_text("{{ broken")
        try:
            made = files_of(bake(tmp_path))
        finally:
            for folder in stray:
                (folder / "x.json").unlink()
                folder.rmdir()
        assert made == files_of(default_project)


class TestContent:
    def test_what_holds_no_answer_is_identical_to_the_byte(self, full_project: Path, template: Path) -> None:
        copied = sorted(template_files(template) & files_of(full_project) - RENDERED)
        same, different, missing = filecmp.cmpfiles(template / TEMPLATE, full_project, copied, shallow=False)
        assert (different, missing) == ([], [])
        assert same == copied

    def test_file_modes_are_kept(self, default_project: Path, template: Path) -> None:
        for name in template_files(template) & files_of(default_project):
            ours, theirs = (template / TEMPLATE / name).stat(), (default_project / name).stat()
            assert stat.S_IMODE(ours.st_mode) == stat.S_IMODE(theirs.st_mode), name

    def test_no_python_file_holds_jinja(self, template: Path) -> None:
        sources = [template / TEMPLATE / name for name in template_files(template) if name.endswith(".py")]
        assert sources
        for path in sources:
            text = path.read_text(encoding="utf-8")
            ast.parse(text)
            assert "cookiecutter" not in text, path

    def test_no_answer_is_left_to_fill_in(self, default_project: Path, full_project: Path) -> None:
        for project in (default_project, full_project):
            for name in RENDERED & files_of(project):
                assert "cookiecutter." not in (project / name).read_text(encoding="utf-8"), name

    @pytest.mark.parametrize(("deploy", "plumbing_tests"), EVERY_CHOICE)
    def test_same_answers_make_the_same_project(
        self, bake: Bake, tmp_path: Path, deploy: str, plumbing_tests: str
    ) -> None:
        first, second = (bake(tmp_path / name, deploy=deploy, plumbing_tests=plumbing_tests) for name in ("a", "b"))
        names = sorted(files_of(first) - {".env"})
        assert files_of(first) == files_of(second)
        assert filecmp.cmpfiles(first, second, names, shallow=False) == (names, [], [])
        secret = [path.joinpath(".env").read_text().splitlines() for path in (first, second)]
        differ = [line for line, other in zip(*secret, strict=True) if line != other]
        assert [line.partition("=")[0] for line in differ] == ["SECRET_KEYS"]

    def test_way_to_deploy_changes_no_code(self, bake: Bake, tmp_path: Path) -> None:
        # So that what is checked and run for one way holds for the others.
        made = [bake(tmp_path / deploy, deploy=deploy) for deploy in BY_CHOICE]
        code = [name for name in files_of(made[0]) if name.endswith((".py", ".toml", ".txt", "Makefile"))]
        assert len(code) > 20
        for other in made[1:]:
            assert filecmp.cmpfiles(made[0], other, code, shallow=False)[1:] == ([], [])

    def test_ships_no_address_of_a_package_index(self, default_project: Path) -> None:
        pins = (default_project / "constraints.txt").read_text()
        assert "://" not in pins
        assert "--" not in "".join(line for line in pins.splitlines() if not line.startswith("#"))


class TestHostileAnswers:
    def test_arrive_in_pyproject_as_they_were_given(self, hostile: Path) -> None:
        project = tomllib.loads((hostile / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert project["name"] == "hostile"
        assert project["description"] == HOSTILE["description"]
        assert project["authors"] == [{"name": HOSTILE["vendor"]}]

    def test_arrive_in_addon_toml_as_they_were_given(self, hostile: Path) -> None:
        addon = tomllib.loads((hostile / "addon.toml").read_text(encoding="utf-8"))["addon"]
        assert addon["name"] == HOSTILE["name"]
        assert addon["key"] == "com.example.hostile"

    def test_change_nothing_else(self, hostile: Path, default_project: Path) -> None:
        assert files_of(hostile) == files_of(default_project)


class TestInPlace:
    @pytest.mark.parametrize("name", ["pyproject.toml", "addon.toml"])
    def test_ungenerated_toml_is_valid(self, template: Path, name: str) -> None:
        assert tomllib.loads((template / TEMPLATE / name).read_text(encoding="utf-8"))
