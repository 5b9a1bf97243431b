"""Fixtures for the strangers' tests: a devhost process for each module."""

import os
from collections.abc import Iterator

import pytest

from strangers.environments import python_of_the_project
from strangers.host import Host, devhost, devhost_over_tls


@pytest.fixture(scope="session")
def project_python() -> str:
    """Return a Python with everything that a project installs; `make test` has one ready."""
    return os.environ.get("PROJECT_PYTHON") or python_of_the_project()


@pytest.fixture(scope="module")
def host(project_python: str, request: pytest.FixtureRequest) -> Iterator[Host]:
    """Return a devhost of the module's own."""
    with devhost(project_python, f"devhost-{request.path.stem}") as running:
        yield running


@pytest.fixture(scope="module")
def tls_host(
    project_python: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Host]:
    """Return a devhost of the module's own which clients reach over TLS."""
    folder = tmp_path_factory.mktemp("tls")
    with devhost_over_tls(project_python, f"devhost-{request.path.stem}", folder) as running:
        yield running


@pytest.fixture(autouse=True)
def mended(request: pytest.FixtureRequest) -> Iterator[None]:
    """Remove the faults that a test added."""
    yield
    for name in ("host", "tls_host"):
        if name in request.fixturenames:
            request.getfixturevalue(name).mend()
