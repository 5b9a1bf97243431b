"""A client that PyPI's openapi-python-client generates from an add-on's document calls everything about API tokens."""

import json
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from strangers.environments import STRANGERS, clean_settings, python_with
from strangers.host import LOBBY, Host
from strangers.processes import Conversation, conversing, serving
from tools.paths import REPOSITORY, TEMPLATE
from tools.walk import create_api_token, page_token
from tools.web import OPENER, TIMEOUT, expect

FOLDER = "openapi-client"
OPTIONS = (
    *("--path", "openapi.json", "--output-path", "generated", "--config", "config.yaml"),
    *("--meta", "none", "--fail-on-warning"),
)
PATHS = ("/api/tokens", "/api/backends")
"""Below these is what the interface of access has."""
ACCESSES = ["builds.web.report", "builds.*.read", "!builds.secret.read"]


@dataclass
class Caller:
    """The generated client, with what it was generated from; it keeps what was called."""

    client: Conversation
    document: dict[str, Any]
    everything: str
    """A token that may do everything."""
    page: str
    """The token of the settings page."""
    called: set[str] = field(default_factory=set)

    def call(self, act: str, token: str | None = None, **more: object) -> tuple[int, Any]:
        """Call a method and a path, and return the status and what the client made of the answer."""
        self.called.add(act)
        found = self.client.do(act, token=self.everything if token is None else token, **more)
        assert "error" not in found, f"{act}: {found}"
        return found["status"], found["answer"]

    def make(self, **wish: object) -> Any:  # noqa: ANN401 - JSON
        """Make a token and return the answer."""
        status, made = self.call("POST /api/tokens", body={"name": "CI of web", **wish})
        assert status == 201, made
        return made


def generate(document: dict[str, Any], folder: Path) -> Path:
    """Generate the client; a part of the document that it does not understand is a failure."""
    (folder / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "config.yaml").write_text("post_hooks: []\n", encoding="utf-8")
    generator = Path(python_with(FOLDER)).with_name("openapi-python-client")
    ran = subprocess.run(
        [generator, "generate", *OPTIONS],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        env=clean_settings(),
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder / "generated"


@pytest.fixture(scope="module")
def addon(project_python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the template's add-on as it stands, and return its address."""
    folder = tmp_path_factory.mktemp("addon")
    settings = {"DATABASE_URL": f"sqlite:///{folder / 'addon.db'}", "SECRET_KEYS": secrets.token_urlsafe(48)}

    def command(port: int) -> list[str]:
        named = ["env", f"BASE_URL=http://127.0.0.1:{port}"]
        return [*named, project_python, "-m", "uvicorn", "app.main:app", "--port", str(port)]

    with serving(
        "addon-of-openapi-client",
        command,
        path="/health/ready",
        folder=REPOSITORY / TEMPLATE,
        settings=settings,
    ) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def caller(host: Host, addon: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """Install the add-on, make its first token on the settings page, and generate a client."""
    client_id = str(host.install(f"{addon}/hipchat/capabilities.json", room=LOBBY)["client_id"])
    with OPENER.open(host.signed_url(client_id, "configurable", "", room_id=LOBBY), timeout=TIMEOUT) as response:
        page = response.read().decode()
    token = create_api_token(f"{addon}/hipchat/api-token", page)
    document = expect(200, "GET", f"{addon}/openapi.json").json()
    folder = generate(document, tmp_path_factory.mktemp("client"))
    command = [python_with(FOLDER), str(STRANGERS / FOLDER / "drive.py"), "--client", str(folder), "--address", addon]
    with conversing(FOLDER, command, {}) as client:
        yield Caller(client, document, token, page_token(page))


class TestGeneratedClient:
    def test_makes_a_token_and_is_told_of_it(self, caller: Caller) -> None:
        made = caller.make(accesses=ACCESSES, expires_in=3600)
        assert made["accesses"] == ACCESSES
        status, told = caller.call("GET /api/tokens/{id}", arguments={"id": made["id"]})
        assert status == 200
        assert told["expires_at"] == made["expires_at"]
        assert (told["name"], told["policy"], told["last_used_at"], told["place"]) == ("CI of web", None, None, "1")

    def test_makes_a_token_as_the_settings_page_does(self, caller: Caller) -> None:
        status, made = caller.call("POST /api/tokens", caller.page, prefix="JWT", body={"name": "CI", "policy": "ci"})
        assert (status, made["accesses"]) == (201, ["builds.*.report"])

    def test_is_told_why_a_token_is_not_made(self, caller: Caller) -> None:
        holds_little = caller.make(accesses=["tokens.create", "builds.web.report"])["token"]
        status, refused = caller.call(
            "POST /api/tokens", holds_little, body={"name": "more", "accesses": ["builds.api.report"]}
        )
        assert (status, refused["error"]["code"]) == (422, "access_refused")
        status, refused = caller.call("POST /api/tokens", "addon_none", body={"name": "CI", "accesses": ["a"]})
        assert (status, refused["error"]["code"]) == (401, "not_authenticated")

    def test_lists_page_by_page(self, caller: Caller) -> None:
        ids = {caller.make(accesses=["a"])["id"] for _ in range(3)}
        listed: set[str] = set()
        after: dict[str, str] = {}
        while True:
            status, page = caller.call("GET /api/tokens", arguments={"limit": 2, **after})
            assert status == 200
            listed |= {one["id"] for one in page["items"]}
            if page["next"] is None:
                break
            after = {"after": page["next"]}
        assert ids <= listed

    def test_asks_what_a_token_may_do(self, caller: Caller) -> None:
        token = caller.make(accesses=ACCESSES)["token"]
        for access, status in (("builds.web.report", 204), ("builds.secret.read", 403)):
            assert caller.call("HEAD /api/tokens/current", token, arguments={"access": access}) == (status, None)
        assert caller.call("HEAD /api/tokens/current", "addon_none") == (401, None)
        asked = ["builds.web.report", "builds.secret.read", "builds.web%2Eapp.read"]
        status, answer = caller.call("POST /api/tokens/check", token, body={"accesses": asked})
        assert (status, answer) == (200, dict(zip(asked, (True, False, True), strict=True)))

    def test_is_told_who_is_asked_for_a_token(self, caller: Caller) -> None:
        assert caller.call("GET /api/backends") == (200, {"items": ["page", "tokens"]})

    def test_revokes_one(self, caller: Caller) -> None:
        made = caller.make(accesses=["a"])
        for _ in range(2):
            assert caller.call("DELETE /api/tokens/{id}", arguments={"id": made["id"]}) == (204, None)
        status, gone = caller.call("GET /api/tokens/{id}", arguments={"id": made["id"]})
        assert (status, gone["error"]["code"]) == (404, "not_found")

    def test_revokes_those_of_a_person(self, caller: Caller) -> None:
        by_page = caller.call("POST /api/tokens", caller.page, prefix="JWT", body={"name": "mine", "accesses": ["a"]})
        status, told = caller.call("GET /api/tokens/{id}", arguments={"id": by_page[1]["id"]})
        assert status == 200
        stays = caller.call("DELETE /api/tokens", caller.page, prefix="JWT", arguments={"created_by": "somebody else"})
        assert stays == (204, None)
        assert caller.call("HEAD /api/tokens/current", by_page[1]["token"]) == (204, None)
        ended = caller.call(
            "DELETE /api/tokens", caller.page, prefix="JWT", arguments={"created_by": told["created_by"]}
        )
        assert ended == (204, None)
        assert caller.call("HEAD /api/tokens/current", by_page[1]["token"]) == (401, None)

    def test_called_everything_there_is(self, caller: Caller) -> None:
        """Runs last: what was added to the interface needs a call above."""
        there = {
            f"{method.upper()} {path}"
            for path, operations in caller.document["paths"].items()
            for method in operations
            if path.startswith(PATHS)
        }
        assert len(there) >= 8
        assert there - caller.called == set()
