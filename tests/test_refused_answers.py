"""Covers hooks/pre_gen_project.py: bad answers are refused at once, each with a valid example."""

import re
from pathlib import Path

import pytest
from cookiecutter.exceptions import FailedHookException

from hooks.pre_gen_project import INSTALLED, find_problems
from tests.conftest import Bake, Converse
from tools.paths import TEMPLATE

GOOD = {
    "name": "Builds",
    "slug": "builds",
    "description": "Shows builds",
    "vendor": "Example Company",
    "base_url": "https://builds.example.com",
    "hosts": "all",
    "access": "yes",
    "deploy": "compose",
    "plumbing_tests": "no",
}

BAD = [
    ("name", "", "is empty"),
    ("name", "   ", "is empty"),
    ("name", " Builds", "starts or ends with a space"),
    ("name", "x" * 101, "at most 100"),
    ("name", "two\nlines", "line break"),
    ("name", "bell\x07", "control character"),
    ("name", "line\u2028separator", "line break"),
    ("name", "{{ cookiecutter }}", "run as code"),
    ("name", "{% raw %}", "run as code"),
    ("name", "{# comment #}", "run as code"),
    ("name", "#% raw", "run as code"),
    ("slug", "", "lower-case letters"),
    ("slug", "Builds", "lower-case letters"),
    ("slug", "my_builds", "lower-case letters"),
    ("slug", "my--builds", "single hyphens"),
    ("slug", "-builds", "lower-case letters"),
    ("slug", "builds-", "lower-case letters"),
    ("slug", "1builds", "start with a letter"),
    ("slug", "bücher", "lower-case letters"),
    ("slug", "builds\n", "lower-case letters"),
    ("slug", "../builds", "lower-case letters"),
    ("slug", "x" * 41, "at most 40"),
    ("slug", "app", "inside the project"),
    ("slug", "devhost", "inside the project"),
    ("slug", "migrations", "inside the project"),
    ("slug", "test", "inside the project"),
    ("slug", "tests", "inside the project"),
    ("slug", "fastapi", "package that the project installs"),
    ("description", "", "is empty"),
    ("description", "x" * 251, "at most 250"),
    ("description", "tab\there", "control character"),
    ("vendor", "", "is empty"),
    ("vendor", "x" * 101, "at most 100"),
    ("vendor", "nul\x00", "control character"),
    ("base_url", "", "must start with https://"),
    ("base_url", "builds.example.com", "must start with https://"),
    ("base_url", "ftp://builds.example.com", "must start with https://"),
    ("base_url", "https://", "must start with https://"),
    ("base_url", "https://builds.example.com/", "a slash at the end"),
    ("base_url", "https://builds.example.com/addon/", "a slash at the end"),
    ("base_url", "https://builds.example.com?x=1", "a query"),
    ("base_url", "https://builds.example.com#top", "a fragment"),
    ("base_url", "https://user:secret@builds.example.com", "a user name"),
    ("base_url", "https://builds.example.com:99999", "is not an address"),
    ("base_url", "https://builds.example.com:port", "is not an address"),
    ("base_url", "https://builds .example.com", "characters"),
    ("base_url", "https://builds.example.com//addon", "characters"),
    ("base_url", "https://builds.example.com/$(id)", "characters"),
    ("base_url", 'https://builds.example.com/"', "characters"),
    ("base_url", "https://builds.example.com\nSECRET_KEYS=x", "characters"),
    ("base_url", "http://builds.example.com", "must be https"),
    ("base_url", "http://192.0.2.7:8000", "must be https"),
    ("hosts", "slack", "is none of all, chat, atlassian"),
    ("hosts", "", "is none of all, chat, atlassian"),
    ("hosts", "0", "is none of all, chat, atlassian"),
    ("hosts", "chat, atlassian", "is none of all, chat, atlassian"),
    ("access", "some", "is none of yes, no"),
    ("access", "", "is none of yes, no"),
    ("deploy", "heroku", "is none of compose, kubernetes, none"),
    ("deploy", "", "is none of compose, kubernetes, none"),
    ("deploy", "4", "is none of compose, kubernetes, none"),
    ("deploy", "compose\nnone", "is none of compose, kubernetes, none"),
    ("deploy", "{{ 1 }}", "is none of compose, kubernetes, none"),
    ("plumbing_tests", "perhaps", "is none of no, yes"),
    ("plumbing_tests", "1", "is none of no, yes"),
    ("plumbing_tests", '"; import os; #', "is none of no, yes"),
]


class TestEachAnswer:
    @pytest.mark.parametrize(("key", "value", "reason"), BAD)
    def test_bad_one_gets_one_line_with_reason_and_example(self, key: str, value: str, reason: str) -> None:
        problems = find_problems({**GOOD, key: value})
        assert len(problems) == 1
        assert problems[0].strip().startswith(f"{key}: ")
        assert reason in problems[0]
        assert len(problems[0].splitlines()) == 1

    @pytest.mark.parametrize(("key", "value", "_"), BAD)
    def test_example_in_the_message_is_itself_accepted(self, key: str, value: str, _: str) -> None:
        example = find_problems({**GOOD, key: value})[0].rpartition("Example: ")[2]
        assert find_problems({**GOOD, key: example}) == []

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("name", "B"),
            ("name", "x" * 100),
            ("name", """He said "it's {fine}" \\ '''ok''' \"\"\"too\"\"\" 🚀 <b>&amp;</b> $HOME %s"""),
            ("slug", "b"),
            ("slug", "x" * 40),
            ("slug", "builds-2"),
            ("description", "x" * 250),
            ("base_url", "http://127.0.0.1:8000"),
            ("base_url", "http://localhost"),
            ("base_url", "http://builds.localhost:8000"),
            ("base_url", "http://[::1]:8000"),
            ("base_url", "https://builds.example.com:8443/addons/builds"),
            ("base_url", "https://xn--bcher-kva.example"),
            ("access", "N"),
            ("access", "true"),
            ("deploy", "kubernetes"),
            ("deploy", " None "),
            ("deploy", "2"),
            ("plumbing_tests", "Yes"),
            ("plumbing_tests", "n"),
        ],
    )
    def test_good_one_is_accepted(self, key: str, value: str) -> None:
        assert find_problems({**GOOD, key: value}) == []

    def test_no_package_that_the_project_installs_can_be_its_name(self, template: Path) -> None:
        pins = (template / TEMPLATE / "constraints.txt").read_text()
        assert set(re.findall(r"^([a-z0-9-]+)==", pins, re.MULTILINE)) == INSTALLED


class TestAllTogether:
    def test_every_bad_answer_is_named_in_one_go_and_nothing_is_left(
        self, bake: Bake, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        answers = {
            "name": "x" * 101,
            "slug": "Bad_Slug",
            "description": " ",
            "vendor": "a\tb",
            "base_url": "nowhere",
            "access": "perhaps",
            "deploy": "heroku",
            "plumbing_tests": "maybe",
        }
        with pytest.raises(FailedHookException):
            bake(tmp_path, **answers)
        lines = [line.strip() for line in capfd.readouterr().err.splitlines() if "Example:" in line]
        assert [line.partition(":")[0] for line in lines] == list(answers)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("answer", ["{{ 7 * 7 }}", "{% raw %}", "{{ cookiecutter.__class__ }}", "#% raw"])
    def test_template_code_typed_as_an_answer_is_neither_run_nor_kept(
        self, converse: Converse, tmp_path: Path, answer: str
    ) -> None:
        said = converse([answer, "builds", *[""] * 7], tmp_path)
        assert said.returncode == 1
        assert f"name: '{answer}' holds " in said.stderr
        assert list(tmp_path.iterdir()) == []
