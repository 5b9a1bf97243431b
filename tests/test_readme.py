"""Covers the READMEs: every command, file and message that they name exists."""

import json
import re
import subprocess
from pathlib import Path

import pytest

import tools.demo
import tools.test
from tests.conftest import Bake
from tests.project_files import files_of
from tools.paths import REPOSITORY, TEMPLATE

ROW = re.compile(r"^\| (?!---)(.+?) \|$", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
# What the user's own machine, shell or cookiecutter says; it is in no file of ours.
NOT_OURS = {"Address already in use", "directory already exists"}


def table(text: str, heading: str) -> list[list[str]]:
    """Return the cells of each row of the table under a heading, less the table's head."""
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return [row.split(" | ") for row in ROW.findall(section)[1:]]


def sources(folder: Path) -> str:
    """Return all text that our own programs could print."""
    paths = [path for path in folder.rglob("*") if path.suffix in {".py", ".yaml"}]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(paths))
    # A message may be written as an f-string, in several pieces.
    return re.sub(r'"\s*\n\s*f?"', "", text)


def is_said(message: str, said: str) -> bool:
    """Tell whether a message, with dots where it varies, is in the text of the programs."""
    return all(piece.strip() in said for piece in re.split(r"\.\.\.|\d+|3\.x", message) if piece.strip(" ,"))


@pytest.fixture(scope="module", params=[("compose", "no"), ("kubernetes", "yes"), ("none", "no")])
def project(bake: Bake, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    deploy, plumbing_tests = request.param
    return bake(tmp_path_factory.mktemp("readme"), deploy=deploy, plumbing_tests=plumbing_tests)


def make_targets(makefile: Path) -> set[str]:
    """List the targets of a Makefile and of what folders of tests add to it."""
    texts = [path.read_text() for path in (makefile, *makefile.parent.glob("tests/*/*.mk"))]
    return {target for text in texts for target in re.findall(r"^(\w+):", text, re.MULTILINE)}


class TestTemplateReadme:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")

    def test_make_targets_exist(self) -> None:
        named = set(re.findall(r"(?:`|^ +)make (\w+)", self.text, re.MULTILINE))
        in_project = make_targets(REPOSITORY / TEMPLATE / "Makefile")
        assert {"demo", "test"} <= named
        assert named - make_targets(REPOSITORY / "Makefile") <= in_project

    def test_files_exist(self) -> None:
        for _, where, *_ in table(self.text, "I want to ..."):
            for name in CODE.findall(where):
                if "/" in name:
                    assert (REPOSITORY / name).exists(), name

    def test_questions_and_their_defaults_are_the_real_ones(self) -> None:
        asked = json.loads((REPOSITORY / "cookiecutter.json").read_text())
        defaults = {key: value for key, value in asked.items() if not key.startswith("_")}
        rows = {question: default for question, _, default in table(self.text, "Make your own")}
        assert list(rows) == list(defaults)
        assert rows.pop("slug") == "the name in that form"
        assert rows == {key: defaults[key] for key in rows}

    def test_messages_are_said(self) -> None:
        said = sources(REPOSITORY / "tools") + sources(REPOSITORY / "hooks")
        for row, *_ in table(self.text, "When something goes wrong"):
            for message in CODE.findall(row):
                assert message in NOT_OURS or is_said(message, said), message

    @pytest.mark.parametrize("steps", [tools.demo.STEPS, tools.test.STEPS])
    def test_output_that_is_shown_has_the_steps_that_the_program_has(self, steps: int) -> None:
        shown = re.findall(rf"^    \[(\d+)/{steps}\] ", self.text, re.MULTILINE)
        assert [int(number) for number in shown] == list(range(1, steps + 1))


class TestProjectReadme:
    def test_make_targets_exist(self, project: Path) -> None:
        named = set(re.findall(r"(?:`|^ +)make (\w+)", (project / "README.md").read_text(), re.MULTILINE))
        assert {"devhost", "test"} <= named
        assert named <= make_targets(project / "Makefile")

    def test_files_exist(self, project: Path) -> None:
        for _, where, *_ in table((project / "README.md").read_text(), "I want to ..."):
            for name in CODE.findall(where):
                if "/" in name.lstrip("/") or name.endswith((".toml", ".example", ".env")):
                    assert (project / name).exists(), name

    def test_files_named_for_the_deployment_are_those_of_the_choice(self, project: Path) -> None:
        section = (project / "README.md").read_text().split("## Deploy")[1].split("## ")[0]
        container = {"Dockerfile", "compose.yaml", "deploy/kubernetes.yaml"}
        named = {name for name in container if name in section}
        assert named <= files_of(project)

    def test_messages_are_said(self, project: Path) -> None:
        said = sources(project / "app")
        for row, *_ in table((project / "README.md").read_text(), "When something goes wrong"):
            for message in CODE.findall(row):
                assert message in NOT_OURS or is_said(message, said), message

    def test_addon_commands_exist(self, default_project: Path, project_python: str) -> None:
        named = set(re.findall(r"`addon (\w+)", (default_project / "README.md").read_text()))
        command = str(Path(project_python).with_name("addon"))
        said = subprocess.run([command, "--help"], cwd=default_project, check=False, capture_output=True, text=True)
        assert said.returncode == 0, said.stderr
        for each in sorted(named):
            assert re.search(rf"\b{each}\b", said.stdout), each

    def test_settings_named_are_in_the_example_of_settings(self, project: Path) -> None:
        example = (project / ".env.example").read_text()
        for name in ("ENVIRONMENT", "BASE_URL", "DATABASE_URL", "SECRET_KEYS", "HOSTS", "HIPCHAT_ORIGINS"):
            assert re.search(rf"^(# )?{name}=", example, re.MULTILINE), name
