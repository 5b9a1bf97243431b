"""The workflows of GitHub that a project brings: valid, pinned, and running every check."""

import re
from pathlib import Path

import yaml

from tests.test_deploy_files import check_schema
from tools.paths import REPOSITORY


class TestWorkflows:
    def test_match_the_schema_of_github(self, default_project: Path) -> None:
        files = [
            *sorted((default_project / ".github/workflows").glob("*.yml")),
            *sorted((REPOSITORY / ".github/workflows").glob("*.yml")),
        ]
        done = check_schema("vendor.github-workflows", *files)
        assert len(files) == 3
        assert done.returncode == 0, done.stdout

    def test_actions_are_pinned_to_commits(self, default_project: Path) -> None:
        for folder in (default_project, REPOSITORY):
            texts = [path.read_text() for path in sorted((folder / ".github/workflows").glob("*.yml"))]
            used = [version for text in texts for version in re.findall(r"uses: \S+@(\S+)", text)]
            assert used
            assert all(re.fullmatch(r"[0-9a-f]{40}", version) for version in used)

    def test_project_ci_runs_every_check_and_explains_its_exception(self, default_project: Path) -> None:
        text = (default_project / ".github/workflows/ci.yml").read_text()
        commands = [step.get("run", "") for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]
        for command in ("ruff check .", "ruff format --check .", "mypy", "make test"):
            assert command in commands
        assert any(command.startswith("pip-audit") for command in commands)
        assert "# CVE-2024-23342 is" in text
