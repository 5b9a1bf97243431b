"""Covers what a project is deployed with: each file is checked by the tool that knows its format."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.conftest import Bake
from tools.servers import Server, start_on_free_port

PUBLIC = "https://builds.example.com"
LIVE = "/health/live"
PATIENCE = 60.0
NOT_LOCALHOST = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"
"""Of this machine, and on Linux no address of what listens on 127.0.0.1 alone."""
SETTINGS = {
    "SECRET_KEYS": "q7VtN0xK2mHcW9sRZ4dYbE6uJgPf1aLo",
    "POSTGRES_PASSWORD": "0123456789abcdef",
    "POSTGRES_APP_PASSWORD": "fedcba9876543210",
    "HIPCHAT_ORIGINS": "https://chat.example.com",
}

NOT_HANDED_ON = {
    # The developer's machine has those of the devhost in the file .env, which Compose reads.
    "ATLASSIAN_KEYS_URL",
    "ATLASSIAN_OAUTH_URL",
    # Set where Atlassian runs the image, and nowhere else.
    "FORGE_APP_ARI",
    "FORGE_EGRESS_PROXY_URL",
    "FORGE_ENV_ARI",
    # The migrations' alone.
    "MIGRATION_DATABASE_URL",
}


@pytest.fixture(scope="module")
def compose_project(bake: Bake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bake(tmp_path_factory.mktemp("compose"), deploy="compose", base_url=PUBLIC)


@pytest.fixture(scope="module")
def kubernetes_project(bake: Bake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bake(tmp_path_factory.mktemp("kubernetes"), deploy="kubernetes", base_url=PUBLIC)


def command_of(project: Path) -> list[str]:
    """Return what the image runs."""
    [command] = re.findall(r"^CMD (\[.+\])$", (project / "Dockerfile").read_text(), re.MULTILINE)
    found: list[str] = json.loads(command)
    return found


def check_schema(schema: str, *files: Path) -> subprocess.CompletedProcess[str]:
    """Check files against a schema that comes with check-jsonschema."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def deployments(project: Path) -> list[Any]:
    """Return what serves, then what only runs handlers."""
    objects = yaml.safe_load_all((project / "deploy/kubernetes.yaml").read_text())
    return [each["spec"] for each in objects if each["kind"] == "Deployment"]


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
        assert set(services) == {"addon", "migrate", "postgres"}, "workers come where they are asked for"
        assert services["addon"]["environment"]["BASE_URL"] == PUBLIC
        assert services["addon"]["environment"]["ENVIRONMENT"] == "production"

    def test_has_a_worker_beside_the_addon_where_one_is_asked_for(self, compose_project: Path) -> None:
        asked = SETTINGS | {"COMPOSE_PROFILES": "workers", "RUN_HANDLERS": "no"}
        services = yaml.safe_load(compose_config(compose_project, asked).stdout)["services"]
        addon, worker = services["addon"], services["worker"]
        assert worker["command"][:2] == ["addon", "worker"]
        assert worker["environment"] == addon["environment"]
        assert worker["environment"]["RUN_HANDLERS"] == "no"
        assert {key: worker[key] for key in ("read_only", "cap_drop", "networks", "depends_on")} == {
            key: addon[key] for key in ("read_only", "cap_drop", "networks", "depends_on")
        }
        assert "ports" not in worker

    def test_hands_every_setting_on(self, compose_project: Path) -> None:
        known = set(re.findall(r"^#? ?([A-Z_]+)=", (compose_project / ".env.example").read_text(), re.MULTILINE))
        services = yaml.safe_load(compose_config(compose_project, SETTINGS).stdout)["services"]
        assert known - set(services["addon"]["environment"]) == NOT_HANDED_ON

    def test_hands_on_what_is_given(self, compose_project: Path) -> None:
        given = SETTINGS | {"GIVE_UP_HOURS": "48", "ATLASSIAN_ORIGINS": "https://one.example.com", "HOSTS": "jira"}
        services = yaml.safe_load(compose_config(compose_project, given).stdout)["services"]
        assert {name: services["addon"]["environment"][name] for name in given if not name.startswith("POSTGRES")} == {
            name: value for name, value in given.items() if not name.startswith("POSTGRES")
        }

    @pytest.mark.parametrize("missing", sorted(SETTINGS))
    def test_names_the_setting_that_is_missing(self, bake: Bake, tmp_path: Path, missing: str) -> None:
        # With Jira and Confluence beside it an add-on can be installed though no chat host may.
        project = bake(tmp_path, deploy="compose", base_url=PUBLIC, hosts="chat")
        done = compose_config(project, {key: value for key, value in SETTINGS.items() if key != missing})
        assert done.returncode != 0
        assert f"set {missing}" in done.stderr

    def test_asks_for_the_address_where_none_was_answered(self, bake: Bake, tmp_path: Path) -> None:
        project = bake(tmp_path, deploy="compose")
        done = compose_config(project, SETTINGS)
        assert "set BASE_URL" in done.stderr
        done = compose_config(project, SETTINGS | {"BASE_URL": PUBLIC})
        assert done.returncode == 0, done.stderr
        services = yaml.safe_load(done.stdout)["services"]
        assert services["addon"]["environment"]["BASE_URL"] == PUBLIC

    def test_addon_starts_after_the_migrations_and_these_after_a_healthy_database(self, compose_project: Path) -> None:
        services = yaml.safe_load((compose_project / "compose.yaml").read_text())["services"]
        assert services["migrate"]["command"] == ["addon", "migrate"]
        assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
        assert services["addon"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert "healthcheck" in services["postgres"]

    def test_tells_the_role_that_changes_tables_to_the_migrations_alone(self, compose_project: Path) -> None:
        services = yaml.safe_load(compose_config(compose_project, SETTINGS).stdout)["services"]
        serving, migrating = (services[name]["environment"] for name in ("addon", "migrate"))
        assert "MIGRATION_DATABASE_URL" not in serving
        assert "//addon_app:" in serving["DATABASE_URL"]
        assert SETTINGS["POSTGRES_PASSWORD"] not in str(serving)
        assert f"//addon:{SETTINGS['POSTGRES_PASSWORD']}@" in migrating["MIGRATION_DATABASE_URL"]
        assert migrating["DATABASE_URL"] == serving["DATABASE_URL"]

    def test_keeps_the_database_off_the_world(self, compose_project: Path) -> None:
        resolved = yaml.safe_load(compose_config(compose_project, SETTINGS).stdout)
        assert resolved["networks"]["database"]["internal"] is True
        assert set(resolved["services"]["postgres"]["networks"]) == {"database"}
        assert "ports" not in resolved["services"]["postgres"]


class TestKubernetes:
    def test_every_object_matches_the_schema_of_its_kind(self, kubernetes_project: Path) -> None:
        objects = list(yaml.safe_load_all((kubernetes_project / "deploy/kubernetes.yaml").read_text()))
        assert [each["kind"] for each in objects] == [
            "ConfigMap",
            "NetworkPolicy",
            "Deployment",
            "Service",
            "Deployment",
        ]
        for each in objects:
            kubernetes_validate.validate(each, kubernetes_validate.latest_version(), strict=True)

    def test_tells_the_role_that_changes_tables_to_the_migrations_alone(self, kubernetes_project: Path) -> None:
        pod, worker = (each["template"]["spec"] for each in deployments(kubernetes_project))
        [migrate], [addon] = pod["initContainers"], pod["containers"]
        assert "-migration" in str(migrate["envFrom"])
        assert "-migration" not in str(addon)
        assert "-migration" not in str(worker)

    def test_has_workers_that_no_request_reaches(self, kubernetes_project: Path) -> None:
        objects = list(yaml.safe_load_all((kubernetes_project / "deploy/kubernetes.yaml").read_text()))
        web, worker = deployments(kubernetes_project)
        [service] = [each["spec"] for each in objects if each["kind"] == "Service"]
        assert service["selector"] == web["template"]["metadata"]["labels"] == web["selector"]["matchLabels"]
        assert service["selector"] != worker["template"]["metadata"]["labels"] == worker["selector"]["matchLabels"]
        [served], [runs] = (each["template"]["spec"]["containers"] for each in (web, worker))
        assert runs["command"][:2] == ["addon", "worker"]
        assert (worker["replicas"], runs["envFrom"], runs["image"]) == (0, served["envFrom"], served["image"])
        assert runs["securityContext"] == served["securityContext"]

    def test_lets_the_pods_talk_to_whom_they_must(self, kubernetes_project: Path) -> None:
        objects = list(yaml.safe_load_all((kubernetes_project / "deploy/kubernetes.yaml").read_text()))
        kinds = {each["kind"]: each for each in objects}
        pod, worker = (each["template"] for each in deployments(kubernetes_project))
        policy = kinds["NetworkPolicy"]["spec"]
        [chosen] = policy["podSelector"]["matchExpressions"]
        named = [{chosen["key"]: name} for name in chosen["values"]]
        assert named == [each["metadata"]["labels"] for each in (pod, worker)]
        assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
        [entry] = policy["ingress"]
        assert entry["from"], "an empty list would let everybody in"
        assert [port["port"] for port in entry["ports"]] == [pod["spec"]["containers"][0]["ports"][0]["containerPort"]]
        [outside] = [rule for rule in policy["egress"] if "ipBlock" in str(rule)]
        assert {"169.254.0.0/16", "10.0.0.0/8", "192.168.0.0/16"} <= set(outside["to"][0]["ipBlock"]["except"])

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
            "requirements.txt",
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
        assert "\nUSER 1000:1000\n" in last_stage
        assert "/health/live" in last_stage

    def test_listens_on_8000_unless_it_is_told_otherwise(self, compose_project: Path) -> None:
        shell, flag, script = command_of(compose_project)
        said = subprocess.run(
            [shell, flag, script.replace("exec uvicorn", "echo")], env={}, check=True, capture_output=True, text=True
        )
        assert "--port 8000 " in said.stdout

    def test_lives_where_the_platform_connects_and_ends_when_it_says(
        self, compose_project: Path, project_python: str, tmp_path: Path
    ) -> None:
        """What a container of Atlassian's promises: the port of SERVER_PORT at any address, health, and an end."""
        started: list[Server] = []

        def start(port: int) -> Server:
            settings = {
                "PATH": f"{Path(project_python).parent}{os.pathsep}{os.environ['PATH']}",
                "DATABASE_URL": f"sqlite:///{tmp_path / 'addon.db'}",
                "SECRET_KEYS": "Kd83hf7sWq0Zx5nVb2mTy6uLp9aRc4eGj1iOkHsD",
                "SERVER_PORT": str(port),
            }
            server = Server(
                "image", command_of(compose_project), folder=compose_project, log=tmp_path / "log", settings=settings
            )
            started.append(server)
            return server

        try:
            port = start_on_free_port(start, preferred=0, path=LIVE)
            with socket.create_connection((NOT_LOCALHOST, port), timeout=PATIENCE):
                pass
            os.kill(started[-1].pid, signal.SIGTERM)
            deadline = time.monotonic() + PATIENCE
            while started[-1].running:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            # The shell is gone by then: whoever stops the first process stops the server.
            assert "Finished server process" in started[-1].last_lines(50)
        finally:
            for server in started:
                server.stop()
