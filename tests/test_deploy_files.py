"""Covers what a project is deployed with: each file is checked by the tool that knows its format."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tests.conftest import Bake
from tools.paths import REPOSITORY

PUBLIC = "https://builds.example.com"
SETTINGS = {
    "SECRET_KEYS": "0123456789abcdef" * 4,
    "POSTGRES_PASSWORD": "0123456789abcdef",
    "HIPCHAT_ORIGINS": "https://chat.example.com",
}


@pytest.fixture(scope="module")
def compose_project(bake: Bake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bake(tmp_path_factory.mktemp("compose"), deploy="compose", base_url=PUBLIC)


@pytest.fixture(scope="module")
def kubernetes_project(bake: Bake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bake(tmp_path_factory.mktemp("kubernetes"), deploy="kubernetes", base_url=PUBLIC)


def check_schema(schema: str, *files: Path) -> subprocess.CompletedProcess[str]:
    """Check files against a schema that comes with check-jsonschema."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def compose_config(project: Path, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Let the real docker-compose resolve the file; it needs no engine for that."""
    compose = Path(sys.executable).with_name("docker-compose")
    (project / ".env").unlink(missing_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(project), **settings}
    return subprocess.run(
        [str(compose), "config"], cwd=project, env=environment, check=False, capture_output=True, text=True
    )


class TestCompose:
    def test_matches_the_compose_specification(self, compose_project: Path) -> None:
        done = check_schema("vendor.compose-spec", compose_project / "compose.yaml")
        assert done.returncode == 0, done.stdout

    def test_resolves_when_every_secret_is_given(self, compose_project: Path) -> None:
        done = compose_config(compose_project, SETTINGS)
        assert done.returncode == 0, done.stderr
        services = yaml.safe_load(done.stdout)["services"]
        assert set(services) == {"addon", "migrate", "postgres"}
        assert services["addon"]["environment"]["BASE_URL"] == PUBLIC
        assert services["addon"]["environment"]["ENVIRONMENT"] == "production"

    @pytest.mark.parametrize("missing", sorted(SETTINGS))
    def test_names_the_setting_that_is_missing(self, compose_project: Path, missing: str) -> None:
        done = compose_config(compose_project, {key: value for key, value in SETTINGS.items() if key != missing})
        assert done.returncode != 0
        assert f"set {missing}" in done.stderr

    def test_addon_starts_after_the_migrations_and_these_after_a_healthy_database(self, compose_project: Path) -> None:
        services = yaml.safe_load((compose_project / "compose.yaml").read_text())["services"]
        assert services["migrate"]["command"] == ["addon", "migrate"]
        assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
        assert services["addon"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert "healthcheck" in services["postgres"]


class TestKubernetes:
    def test_every_object_matches_the_schema_of_its_kind(self, kubernetes_project: Path) -> None:
        objects = list(yaml.safe_load_all((kubernetes_project / "deploy/kubernetes.yaml").read_text()))
        assert [each["kind"] for each in objects] == ["ConfigMap", "Deployment", "Service"]
        for each in objects:
            kubernetes_validate.validate(each, kubernetes_validate.latest_version(), strict=True)

    def test_serves_the_public_address(self, kubernetes_project: Path) -> None:
        settings = next(yaml.safe_load_all((kubernetes_project / "deploy/kubernetes.yaml").read_text()))
        assert settings["data"]["BASE_URL"] == PUBLIC


class TestDockerfile:
    def test_passes_hadolint(self, compose_project: Path) -> None:
        hadolint = Path(sys.executable).with_name("hadolint")
        done = subprocess.run(
            [str(hadolint), str(compose_project / "Dockerfile")], check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout

    def test_image_holds_the_addon_and_neither_devhost_nor_tests(self, compose_project: Path) -> None:
        copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (compose_project / "Dockerfile").read_text(), re.MULTILINE)
        names = {name for line in copied for name in line.split()}
        assert names == {
            "pyproject.toml",
            "constraints.txt",
            "README.md",
            "addon.toml",
            "alembic.ini",
            "migrations",
            "app",
        }
        let_in = {
            line[1:] for line in (compose_project / ".dockerignore").read_text().splitlines() if line.startswith("!")
        }
        assert let_in == names
        assert all((compose_project / name).exists() for name in names)

    def test_runs_as_nobody_in_particular_and_says_whether_it_lives(self, compose_project: Path) -> None:
        last_stage = (compose_project / "Dockerfile").read_text().rpartition("FROM ")[2]
        assert "\nUSER 10001\n" in last_stage
        assert "/health/live" in last_stage

    def test_uv_in_the_image_is_one_version(self, compose_project: Path) -> None:
        assert re.search(r"uv==\d+\.\d+\.\d+", (compose_project / "Dockerfile").read_text())


class TestWorkflows:
    def test_match_the_schema_of_github(self, default_project: Path) -> None:
        files = [
            *sorted((default_project / ".github/workflows").glob("*.yml")),
            *sorted((REPOSITORY / ".github/workflows").glob("*.yml")),
        ]
        done = check_schema("vendor.github-workflows", *files)
        assert len(files) == 2
        assert done.returncode == 0, done.stdout

    def test_actions_are_pinned_to_commits(self, default_project: Path) -> None:
        for folder in (default_project, REPOSITORY):
            text = (folder / ".github/workflows/ci.yml").read_text()
            used = re.findall(r"uses: \S+@(\S+)", text)
            assert used
            assert all(re.fullmatch(r"[0-9a-f]{40}", version) for version in used)

    def test_project_ci_runs_every_check_and_explains_its_exception(self, default_project: Path) -> None:
        text = (default_project / ".github/workflows/ci.yml").read_text()
        commands = [step.get("run", "") for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]
        for command in ("ruff check .", "ruff format --check .", "mypy", "make test"):
            assert command in commands
        assert any(command.startswith("pip-audit") for command in commands)
        assert "# CVE-2024-23342 is" in text


def run_make(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make in a project."""
    make = shutil.which("make")
    assert make, "make is missing: apt-get install make"
    return subprocess.run([make, *arguments], cwd=project, check=False, capture_output=True, text=True)


class TestMakefile:
    @pytest.mark.parametrize(("fixture", "brings"), [("default_project", set[str]()), ("full_project", {"browser"})])
    def test_every_target_in_its_help_can_be_made(
        self, request: pytest.FixtureRequest, fixture: str, brings: set[str]
    ) -> None:
        project: Path = request.getfixturevalue(fixture)
        targets = re.findall(r"^make (\w+)", run_make(project, "help").stdout, re.MULTILINE)
        assert {"devhost", "test"} <= set(targets)
        assert {"browser"} & set(targets) == brings
        for target in targets:
            done = run_make(project, "--dry-run", target)
            assert done.returncode == 0, done.stderr

    def test_formats_where_a_lint_cannot_be_mended(
        self, default_project: Path, project_python: str, tmp_path: Path
    ) -> None:
        project = tmp_path / "project"
        shutil.copytree(default_project, project)
        odd = project / "app/addon/odd.py"
        odd.write_text('"""Holds an odd line."""\n\nimport os\n\n\ndef double( number ):\n    return 2*number\n')
        done = run_make(project, "format", f"RUN={Path(project_python).parent}/")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "\n\n\ndef double(number):\n    return 2 * number\n" in odd.read_text()
        assert "import os" not in odd.read_text()
        assert "odd.py" in run_make(project, "lint", f"RUN={Path(project_python).parent}/").stdout
