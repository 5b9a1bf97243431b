"""Covers the question `hosts`: a project with one family of hosts has no word of the other, and works."""

import re
from pathlib import Path

import pytest

from hooks.post_gen_project import JOINTS, MANIFEST
from tests.conftest import Bake
from tests.programs import CHECKS, MYPY, QUIETLY, Python
from tests.project_files import RENDERED, WRITTEN, files_of, template_files
from tools.paths import TEMPLATE

# Names of products and protocols, in file names and in text. `glance` and `room` are not among them: Jira has glances,
# and a room is also a part of the code. `Forge` is a product where it is written as a name or a path; `forge` and
# `forged` are what an attacker does. "hipchat" is in any spelling, and "chat" is a word, so that "hipchat_token" counts
# and no part of another word does. `read:chat:rovo` is a scope of Atlassian's.
WORDS = {
    "chat": re.compile(r"(?i:hipchat|(?<![a-z])chat(?![a-z]|:rovo))"),
    "atlassian": re.compile(
        r"(?i:jira|confluence|atlassian|atl-paas)|(?<![A-Za-z])Forge(?![a-z])|FORGE(?![A-Z])|(?<=[./\"'\[])forge(?=[./\"'\]])"
    ),
}
FAMILIES = {"chat": "atlassian", "atlassian": "chat"}


def traces(project: Path, words: re.Pattern[str]) -> list[str]:
    """List where a project names a host: names of files, and lines."""
    found = []
    for name in sorted(files_of(project)):
        if words.search(name):
            found.append(name)
        text = (project / name).read_bytes().decode("utf-8", "replace")
        # The address of the template's clone on this machine is whatever it is.
        lines = () if name == ".cruft.json" else enumerate(text.splitlines(), 1)
        found += [f"{name}:{number}: {line.strip()[:100]}" for number, line in lines if words.search(line)]
    return found


@pytest.fixture(scope="module")
def made(bake: Bake, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """Return a project of each family, without and with the plumbing's tests."""
    folder = tmp_path_factory.mktemp("hosts")
    return {
        (hosts, tests): bake(folder / hosts / tests, hosts=hosts, plumbing_tests=tests)
        for hosts in FAMILIES
        for tests in ("no", "yes")
    }


class TestOneFamily:
    @pytest.mark.parametrize("tests", ["no", "yes"])
    @pytest.mark.parametrize(("hosts", "other"), FAMILIES.items())
    def test_has_no_word_of_the_other(
        self, made: dict[tuple[str, str], Path], hosts: str, other: str, tests: str
    ) -> None:
        assert traces(made[hosts, tests], WORDS[other]) == []
        assert len(traces(made[hosts, tests], WORDS[hosts])) > 100

    @pytest.mark.parametrize("deploy", ["kubernetes", "none"])
    @pytest.mark.parametrize(("hosts", "other"), FAMILIES.items())
    def test_has_none_in_its_deployment(self, bake: Bake, tmp_path: Path, hosts: str, other: str, deploy: str) -> None:
        assert traces(bake(tmp_path, hosts=hosts, deploy=deploy), WORDS[other]) == []

    @pytest.mark.parametrize("tests", ["no", "yes"])
    @pytest.mark.parametrize("hosts", FAMILIES)
    def test_changes_nothing_but_what_is_rendered_and_the_joints(
        self, made: dict[tuple[str, str], Path], template: Path, hosts: str, tests: str
    ) -> None:
        project, hosts_gone = made[hosts, tests], FAMILIES[hosts]
        for name in template_files(template) & files_of(project) - RENDERED:
            ours, theirs = ((root / name).read_bytes() for root in (template / TEMPLATE, project))
            assert (ours == theirs) == (hosts_gone not in JOINTS.get(name, {})), name

    @pytest.mark.parametrize("check", CHECKS)
    @pytest.mark.parametrize("hosts", FAMILIES)
    def test_works(self, made: dict[tuple[str, str], Path], python: Python, hosts: str, check: str) -> None:
        python.run(made[hosts, "no"], *CHECKS[check])

    @pytest.mark.parametrize("hosts", FAMILIES)
    def test_brings_the_plumbings_tests_that_are_about_it(
        self, made: dict[tuple[str, str], Path], python: Python, hosts: str
    ) -> None:
        project = made[hosts, "yes"]
        python.run(project, *MYPY)
        said = python.run(project, *QUIETLY, "--collect-only")
        assert int(re.findall(r"(\d+) tests collected", said)[-1]) > 200
        python.run(project, *QUIETLY, "tests/connect/rules")


class TestAllFamilies:
    def test_have_every_file_and_line_that_the_template_has(self, full_project: Path, template: Path) -> None:
        for name in JOINTS:
            assert (full_project / name).read_bytes() == (template / TEMPLATE / name).read_bytes()
        named = [name for question, _, names in MANIFEST if question == "hosts" for name in names]
        there = {path for name in named for path in (template / TEMPLATE).glob(name)}
        assert len(there) > 20
        missing = [path for path in there if not (full_project / path.relative_to(template / TEMPLATE)).exists()]
        assert missing == []

    def test_leave_no_line_of_a_condition(self, full_project: Path) -> None:
        rendered = RENDERED & files_of(full_project)
        assert [name for name in rendered if "#%" in (full_project / name).read_text(encoding="utf-8")] == []


class TestJoints:
    @pytest.mark.parametrize("name", JOINTS)
    def test_are_lines_that_are_there_once(self, template: Path, name: str) -> None:
        lines = (template / TEMPLATE / name).read_text(encoding="utf-8").splitlines()
        assert set(JOINTS[name]) <= {*FAMILIES, "access"}
        for line in (line for gone in JOINTS[name].values() for line in gone):
            assert lines.count(line) == 1, line

    def test_are_in_no_file_that_holds_answers(self) -> None:
        assert not JOINTS.keys() & RENDERED
        assert not JOINTS.keys() & WRITTEN
