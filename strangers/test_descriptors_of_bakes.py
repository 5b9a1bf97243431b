"""Descriptors of projects made from the template, of every family of hosts, judged by Atlassian's own definitions."""

import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from cookiecutter.main import cookiecutter

from hooks.post_gen_project import CHOICES
from strangers.environments import STRANGERS, clean_settings, find_node, node_modules
from strangers.processes import Client
from tools.export import export

FAMILIES = sorted(CHOICES["hosts"])
PRODUCTS = {"all": ["jira"], "atlassian": ["jira"], "chat": []}
"""The products of Atlassian for which a project of a family describes itself, as the example is."""
ANSWERS: dict[str, dict[str, str]] = {
    "as they are": {},
    "odd": {
        "name": 'Bob\'s "Builds" & <Ünïcode>',
        "slug": "odd",
        "description": "Ends with a backslash \\",
        "plumbing_tests": "yes",
    },
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an export of the template, as git sees it."""
    return export(tmp_path_factory.mktemp("template") / "connect-template")


@pytest.fixture(
    scope="module", params=[*((family, "as they are") for family in FAMILIES), ("all", "odd")], ids=" ".join
)
def project(request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project of each family, and one with odd answers; how it is deployed changes no descriptor."""
    family, how = request.param
    folder = tmp_path_factory.mktemp("bake")
    settings = folder / "settings.yaml"
    # Nothing is left in the home folder.
    settings.write_text(f"cookiecutters_dir: {folder / 'clones'}\nreplay_dir: {folder / 'replay'}\n", encoding="utf-8")
    made = cookiecutter(
        str(template),
        no_input=True,
        extra_context={"hosts": family, **ANSWERS[how]},
        output_dir=str(folder),
        config_file=str(settings),
    )
    return Path(made)


def described(python: str, project: Path, host: str) -> dict[str, Any]:
    """Return what `addon descriptor` prints for a host."""
    command = "import sys; from app.connect.cli import main; sys.exit(main(['descriptor', '--host', sys.argv[1]]))"
    done = subprocess.run(
        [python, "-c", command, host],
        cwd=project,
        env=clean_settings(PYTHONPATH=str(project), PYTHONDONTWRITEBYTECODE="1"),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


class TestDescriptorOfAProject:
    def test_holds_to_the_definitions(self, request: pytest.FixtureRequest, project: Path, project_python: str) -> None:
        family, how = request.node.callspec.params["project"]
        sections = tomllib.loads((project / "addon.toml").read_text(encoding="utf-8"))
        products = [host for host in ("jira", "confluence") if host in sections]
        assert products == PRODUCTS[family]
        descriptors = {host: described(project_python, project, host) for host in products}
        for one in descriptors.values():
            assert one["name"] == ANSWERS[how].get("name", "Builds")
            assert one["key"] == f"com.example.{ANSWERS[how].get('slug', 'builds')}"
            assert one["modules"]
        judge = Client(
            [find_node("node"), str(STRANGERS / "forge-manifest" / "validate.js")],
            {"NODE_PATH": str(node_modules("forge-manifest"))},
        )
        asked = {host: {"product": host, "descriptor": one} for host, one in descriptors.items()}
        assert judge.do("validateAll", descriptors=asked) == {host: [] for host in products}
