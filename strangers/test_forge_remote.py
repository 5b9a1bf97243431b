"""Forge as Atlassian's own clients see the devhost: its storage, its bridge, and tokens that PyJWT verifies."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from strangers.environments import STRANGERS, find_node, node_modules, python_with
from strangers.host import Host
from strangers.processes import Client
from tools.web import call

APP = "ari:cloud:ecosystem::app/0a1b2c3d-0000-4000-8000-0000000057a6"
OTHER = "ari:cloud:ecosystem::app/0a1b2c3d-0000-4000-8000-0000000057a7"
KEYS = "/.well-known/jwks.json"


@contextmanager
def remote() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Serve a remote that takes everything, and give its address with the headers that it gets."""
    heard: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            heard.append({name.lower(): value for name, value in self.headers.items()})
            text = json.dumps({"path": self.path, "got": json.loads(raw or b"null")}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            for value in ("one", "two"):
                self.send_header("X-Several", value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Keep the tests' output to the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def manifest(address: str, app: str = APP) -> dict[str, Any]:
    """Return the members of a manifest."""
    system = {"appSystemToken": {"enabled": True}}
    indexes = ["number", {"name": "by-branch", "range": ["number"], "partition": ["branch"]}]
    attributes = {"number": {"type": "integer"}, "branch": {"type": "string"}}
    return {
        "app": {
            "id": app,
            "runtime": {"name": "nodejs22.x"},
            "storage": {"entities": [{"name": "build", "attributes": attributes, "indexes": indexes}]},
        },
        "modules": {
            "jira:issuePanel": [
                {"key": "panel", "title": "Builds", "resource": "main", "resolver": {"endpoint": "ui"}}
            ],
            "endpoint": [
                {"key": "ui", "remote": "backend", "auth": system},
                {"key": "events", "remote": "backend", "route": {"path": "/forge/events"}, "auth": system},
            ],
            "trigger": [{"key": "issues", "endpoint": "events", "events": ["avi:jira:updated:issue"]}],
        },
        "resources": [{"key": "main", "path": "build"}],
        "remotes": [{"key": "backend", "baseUrl": address}],
        "permissions": {"scopes": ["read:app-system-token", "read:jira-work", "storage:app"]},
    }


class Forge:
    """The devhost's Forge as control sees it."""

    def __init__(self, host: Host, number: str, heard: list[dict[str, str]]) -> None:
        self.host = host
        self.number = number
        self.heard = heard

    def ask(self, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Do something by control, and return what it answers."""
        answer = call("POST", f"{self.host.control}/_devhost/forge{path}", body=body or {})
        assert answer.status in (200, 201), answer.text
        return answer.json()

    def tokens(self) -> dict[str, str]:
        """Make an invocation token and a system token."""
        return dict(self.ask(f"/{self.number}/tokens", {"key": "events"}))


@pytest.fixture(scope="module")
def forge(host: Host) -> Iterator[Forge]:
    """Install an app whose remote takes everything."""
    with remote() as (address, heard):
        made = call("POST", f"{host.control}/_devhost/forge/install", body={"manifest": manifest(address)})
        assert made.status == 201, made.text
        yield Forge(host, made.json()["id"].rpartition("/")[2], heard)


@pytest.fixture
def client(forge: Forge) -> Client:
    """Return Atlassian's clients, at work in a panel of an issue."""
    frame = {"forge": forge.number, "module": "panel", "site": "jira", "user": "1", "issue": "TP-2"}
    settings = {
        "DEVHOST_URL": forge.host.base_url,
        "TOKEN": forge.tokens()["system"],
        "FRAME": json.dumps(frame),
        "NODE_PATH": str(node_modules("forge-remote")),
    }
    return Client([find_node("node"), str(STRANGERS / "forge-remote" / "drive.js")], settings)


@pytest.fixture
def verifier() -> Client:
    """Return PyJWT."""
    return Client([python_with("forge-remote-python"), str(STRANGERS / "forge-remote-python" / "drive.py")], {})


class TestStorage:
    def test_keeps_values_and_secrets(self, client: Client) -> None:
        assert client.do("values") == [{"b": [1, 2]}, "hidden", None, None]

    def test_has_its_options(self, client: Client) -> None:
        assert client.do("options") == {"twice": [409, "KEY_CONFLICT"], "before": 1, "lives": 3_600_000}

    def test_refuses_beyond_its_limits(self, client: Client) -> None:
        codes = ["INVALID_KEY", "KEY_TOO_LONG", "MAX_SIZE", "MAX_DEPTH", "LIST_QUERY_LIMIT_EXCEEDED"]
        assert client.do("limits") == [[400, code] for code in codes]

    def test_is_read_page_by_page(self, client: Client) -> None:
        assert client.do("pages") == [0, 1, 2, 3, 4]

    def test_tells_of_each_key_of_a_batch(self, client: Client) -> None:
        assert client.do("batch") == {
            "made": ["x1"],
            "failed": [["x/2", "INVALID_KEY"]],
            "read": [1],
            "missing": ["KEY_NOT_FOUND"],
        }

    def test_finds_entities(self, client: Client) -> None:
        assert client.do("entities") == {"main": ["2", "1"], "newest": "1", "other": ["3"]}

    def test_does_all_of_a_transaction_or_nothing(self, client: Client) -> None:
        assert client.do("transaction") == {"found": [2, None, None], "broken": [400, "INVALID_KEY"]}


class TestBridge:
    def test_invokes_a_remote_and_joins_headers(self, client: Client, forge: Forge) -> None:
        found = client.do("frontend", path="/forge/call/list", body={"of": "all"})
        assert found["issue"] == "TP-2"
        answer = found["answer"]
        assert (answer["status"], answer["body"]) == (200, {"path": "/forge/call/list", "got": {"of": "all"}})
        assert answer["headers"]["x-several"] == "one,two"
        assert forge.heard[-1]["x-mine"] == "yes"


class TestToken:
    def test_of_a_request_is_verified_with_the_keys_of_the_devhost(self, forge: Forge, verifier: Client) -> None:
        forge.ask("/events", {"event": "avi:jira:updated:issue"})
        token = forge.heard[-1]["authorization"].removeprefix("Bearer ")
        claims = verifier.do("verify", token=token, keys=forge.host.base_url + KEYS, audience=APP)
        assert claims["app"]["installationId"].rpartition("/")[2] == forge.number
        assert claims["app"]["module"] == {"type": "core:endpoint", "key": "events"}

    def test_of_a_new_key_is_verified_too(self, forge: Forge, verifier: Client) -> None:
        old = forge.tokens()["invocation"]
        forge.ask("/jwks/rotate")
        for token in (old, forge.tokens()["invocation"]):
            claims = verifier.do("verify", token=token, keys=forge.host.base_url + KEYS, audience=APP)
            assert claims["aud"] == APP

    def test_is_refused_for_another_app_and_without_its_key(self, forge: Forge, verifier: Client) -> None:
        token, keys = forge.tokens()["invocation"], forge.host.base_url + KEYS
        assert verifier.do("verify", token=token, keys=keys, audience=OTHER) == {"error": "InvalidAudienceError"}
        forge.ask("/jwks/break", {"name": "missing"})
        try:
            assert verifier.do("verify", token=token, keys=keys, audience=APP) == {"error": "PyJWKClientError"}
        finally:
            forge.ask("/jwks/mend")
