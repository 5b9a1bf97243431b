"""Covers the six questions: their wording, their defaults and what follows from them."""

import json
from pathlib import Path

import pytest

from tests.conftest import Bake, Converse
from tests.project_files import files_of

QUESTIONS = ["name", "slug", "description", "vendor", "base_url", "deploy"]


class TestQuestions:
    def test_there_are_six_and_each_has_words_for_people(self, template: Path) -> None:
        asked = json.loads((template / "cookiecutter.json").read_text())
        assert [key for key in asked if not key.startswith("_")] == QUESTIONS
        assert list(asked["__prompts__"]) == QUESTIONS
        assert set(asked["__prompts__"]["deploy"]) == {"__prompt__", *asked["deploy"]}

    def test_six_times_enter_makes_the_default_project(
        self, converse: Converse, tmp_path: Path, default_project: Path
    ) -> None:
        said = converse([""] * 6, tmp_path)
        assert said.returncode == 0, said.stderr
        assert "[6/6]" in said.stdout
        assert files_of(tmp_path / "builds") == files_of(default_project)

    def test_the_last_lines_say_what_to_type_next(self, converse: Converse, tmp_path: Path) -> None:
        said = converse([""] * 6, tmp_path)
        steps = said.stdout[said.stdout.index("Made builds.") :].strip().splitlines()
        assert 3 <= len(steps) <= 5
        assert [line.split()[0] for line in steps[1:4]] == ["cd", "python3", "uvicorn"]


class TestSlug:
    @pytest.mark.parametrize(
        ("name", "slug"),
        [
            ("Builds", "builds"),
            ("Team Builds", "team-builds"),
            ("Équipe de Zürich", "equipe-de-zurich"),
            (
                "A name so long that a folder of that name would be a burden",
                "a-name-so-long-that-a-folder-of-that-nam",
            ),
            ("A name which is cut just where a hyphens is there", "a-name-which-is-cut-just-where-a-hyphens"),
            ("🚀🚀", "my-addon"),
        ],
    )
    def test_follows_from_the_name(self, bake: Bake, tmp_path: Path, name: str, slug: str) -> None:
        assert bake(tmp_path, name=name).name == slug
