"""Covers the PostgreSQL server of a project's tests: one for all processes of a run, and none left behind."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# A process of a parallel run: it says where its server is and stays until its input ends.
USER = """
import sys
from pathlib import Path
from tests.support.postgres import running_postgres
with running_postgres(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""

ANSWERS = """
import sys, psycopg
try:
    psycopg.connect(sys.argv[1], connect_timeout=5).close()
except psycopg.OperationalError:
    sys.exit("nobody answers")
"""


@pytest.fixture
def own_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the server started here, whatever server this machine offers to tests."""
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)


@contextmanager
def using(python: str, project: Path, shared: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a process that uses the server, and return it with the server's address once it has one."""
    command = [python, "-c", USER, str(shared)]
    with subprocess.Popen(command, cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield running, running.stdout.readline().strip()
        finally:
            running.kill()


def answers(python: str, url: str) -> bool:
    """Tell whether a server is there."""
    return subprocess.run([python, "-c", ANSWERS, url], check=False, capture_output=True).returncode == 0


@pytest.mark.usefixtures("own_server")
class TestServer:
    def test_is_one_for_all_and_stopped_by_the_last(
        self, default_project: Path, project_python: str, tmp_path: Path
    ) -> None:
        with (
            using(project_python, default_project, tmp_path) as (first, url),
            using(project_python, default_project, tmp_path) as (second, same),
        ):
            assert url.startswith("postgresql://")
            assert same == url
            first.communicate()
            assert answers(project_python, url)
            second.communicate()
            assert (first.returncode, second.returncode) == (0, 0)
            assert not answers(project_python, url)
        assert not (tmp_path / "postgres.json").exists()

    def test_is_stopped_when_another_process_was_killed(
        self, default_project: Path, project_python: str, tmp_path: Path
    ) -> None:
        with (
            using(project_python, default_project, tmp_path) as (killed, url),
            using(project_python, default_project, tmp_path) as (last, _),
        ):
            killed.kill()
            killed.wait()
            assert answers(project_python, url)
            last.communicate()
            assert not answers(project_python, url)
