"""Covers the nine questions: their wording, their defaults and what follows from them."""

import filecmp
import json
from pathlib import Path

import pytest

from hooks import post_gen_project
from hooks.pre_gen_project import CHOICES
from tests.conftest import Bake, Converse
from tests.project_files import files_of

QUESTIONS = ["name", "slug", "description", "vendor", "base_url", "hosts", "access", "deploy", "plumbing_tests"]


class TestQuestions:
    def test_there_are_nine_and_each_has_words_for_people(self, template: Path) -> None:
        asked = json.loads((template / "cookiecutter.json").read_text())
        assert [key for key in asked if not key.startswith("_")] == QUESTIONS
        assert list(asked["__prompts__"]) == QUESTIONS

    def test_nine_times_enter_makes_the_default_project(
        self, converse: Converse, tmp_path: Path, default_project: Path
    ) -> None:
        said = converse([""] * 9, tmp_path)
        assert said.returncode == 0, said.stderr
        assert "[9/9]" in said.stdout
        assert files_of(tmp_path / "builds") == files_of(default_project)

    def test_the_last_lines_say_what_to_type_next(self, converse: Converse, tmp_path: Path) -> None:
        said = converse([""] * 9, tmp_path)
        steps = said.stdout[said.stdout.index("Made builds.") :].strip().splitlines()
        assert 3 <= len(steps) <= 5
        assert [line.split()[0] for line in steps[1:4]] == ["cd", "python3", "uvicorn"]


class TestChoices:
    def test_names_and_numbers_are_in_the_words_of_the_question(self, template: Path) -> None:
        asked = json.loads((template / "cookiecutter.json").read_text())["__prompts__"]
        for question, choices in CHOICES.items():
            for name, others in choices.items():
                assert name in asked[question]
                assert all(f"{other} - {name}" in asked[question] for other in others if other.isdigit())

    def test_first_one_is_what_enter_means(self, template: Path) -> None:
        asked = json.loads((template / "cookiecutter.json").read_text())
        assert {question: asked[question] for question in CHOICES} == {
            question: next(iter(choices)) for question, choices in CHOICES.items()
        }

    @pytest.mark.parametrize(
        ("typed", "chosen"),
        [
            (["", "", "kubernetes", "yes"], ("all", "yes", "kubernetes", "yes")),
            (["chat", "no", "2", "y"], ("chat", "no", "kubernetes", "yes")),
            (["2", "Yes", "Compose", "No"], ("chat", "yes", "compose", "no")),
            (["Atlassian", "N", "1", "n"], ("atlassian", "no", "compose", "no")),
            (["3", "y", "none", ""], ("atlassian", "yes", "none", "no")),
            (["1", "false", "3", "YES"], ("all", "no", "none", "yes")),
        ],
    )
    def test_is_typed_by_name_or_number(
        self, converse: Converse, bake: Bake, tmp_path: Path, typed: list[str], chosen: tuple[str, str, str, str]
    ) -> None:
        said = converse(["", "", "", "", "", *typed], tmp_path)
        assert said.returncode == 0, said.stdout + said.stderr
        made = tmp_path / "builds"
        answers = json.loads((made / ".cruft.json").read_text())["context"]["cookiecutter"]
        questions = ("hosts", "access", "deploy", "plumbing_tests")
        assert tuple(answers[question] for question in questions) == chosen
        same = bake(tmp_path / "same", **dict(zip(questions, chosen, strict=True)))
        names = sorted(files_of(same) - {".env"})
        assert files_of(made) == files_of(same)
        assert filecmp.cmpfiles(made, same, names, shallow=False) == (names, [], [])

    def test_is_given_by_name_on_the_command_line(self, converse: Converse, tmp_path: Path) -> None:
        said = converse([], tmp_path, "hosts=chat", "access=no", "deploy=kubernetes", "plumbing_tests=yes")
        assert said.returncode == 0, said.stdout + said.stderr
        made = files_of(tmp_path / "builds")
        assert "deploy/kubernetes.yaml" in made
        assert made.isdisjoint({"docs/atlassian.md", "docs/access.md"})
        assert "tests/browser/browser.mk" in made

    def test_is_given_as_yes_and_no_of_a_settings_file(self, bake: Bake, tmp_path: Path) -> None:
        # YAML reads them as truth values, which is what cookiecutter hands on.
        made = files_of(bake(tmp_path, plumbing_tests=True, access=False))
        assert "tests/browser/browser.mk" in made
        assert "docs/access.md" not in made

    def test_hooks_agree_on_what_can_be_typed(self) -> None:
        assert post_gen_project.CHOICES == CHOICES


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
