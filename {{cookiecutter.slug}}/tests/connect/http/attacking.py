"""One request as an attacker sends it, handed over as a server would, and what every answer to it must be."""

import json
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope

from devhost.world.installations import Installation
from tests.support.running import KEY, RunningAddon

Headers = tuple[tuple[bytes, bytes], ...]

JSON: Headers = ((b"content-type", b"application/json"),)
FORM: Headers = ((b"content-type", b"application/x-www-form-urlencoded"),)
MEBIBYTE = 1024 * 1024
SIGNED = b"signed_request=<signed>"
API: Headers = ((b"authorization", b"Bearer <api>"),)
PAGE: Headers = ((b"authorization", b"JWT <page>"),)


@dataclass(frozen=True)
class Attack:
    """One request. `<signed>`, `<api>` and `<page>` (of the settings) in it stand for valid tokens.

    Some attackers are tenants.
    """

    method: str
    target: bytes
    headers: Headers = ()
    body: tuple[bytes, ...] = (b"",)


@dataclass
class Answer:
    """What came back, or the exception that came out of the application instead."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


async def send(app: ASGIApp, attack: Attack) -> Answer:
    """Hand a request over as a server does: no client library mends anything on the way."""
    path, _, query = attack.target.partition(b"?")
    chunks = list(attack.body)
    answer = Answer()

    async def receive() -> Message:
        if not chunks:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def take(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]}
        answer.body += message.get("body", b"")

    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": attack.method,
        "scheme": "http",
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1:8000"), *attack.headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }
    await app(scope, receive, take)
    return answer


def complaint(attack: Attack, answer: Answer, secrets: tuple[str, ...]) -> str | None:
    """Say what is wrong with an answer; None when it is what every attack gets."""
    said = answer.body.decode("utf-8", "replace") + json.dumps(answer.headers)
    problems = {
        "not a 4xx": not 400 <= answer.status < 500,
        "a secret is in the answer": any(secret in said for secret in secrets),
        "a traceback is in the answer": any(mark in said for mark in ("Traceback", 'File "', "site-packages")),
        "not the one shape": attack.method != "HEAD" and not has_one_shape(answer.body),
    }
    found = [problem for problem, is_there in problems.items() if is_there]
    return f"{', '.join(found)}: status {answer.status}: {said[:200]}" if found else None


def has_one_shape(body: bytes) -> bool:
    """Tell whether a body is `{"error": {"code": str, "message": str, ...}}` and nothing else."""
    try:
        document = json.loads(body)
        return set(document) == {"error"} and all(
            isinstance(document["error"][name], str) for name in ("code", "message")
        )
    except (ValueError, TypeError, KeyError):
        return False


class Attacker:
    """Sends attacks, with the tokens of a tenant where they ask for them."""

    def __init__(self, addon: RunningAddon, installation: Installation, api_token: str, page_token: str) -> None:
        self.app = addon.app
        url = addon.devhost.host.signed_url(installation.client_id, "configurable", room_id=1)
        signed = url.partition("signed_request=")[2].partition("&")[0]
        self._tokens = {b"<signed>": signed, b"<api>": api_token, b"<page>": page_token}
        self.secrets = (installation.secret, KEY, *self._tokens.values())

    def _fill(self, value: bytes) -> bytes:
        for name, token in self._tokens.items():
            value = value.replace(name, token.encode())
        return value

    async def send(self, attack: Attack) -> Answer:
        """Send one attack with its tokens filled in."""
        headers = tuple((name, self._fill(value)) for name, value in attack.headers)
        return await send(self.app, replace(attack, target=self._fill(attack.target), headers=headers))

    async def complaints(self, attacks: dict[str, Attack]) -> dict[str, str]:
        """Send every attack and return what is wrong with the answers, by the names of the attacks."""
        found = {}
        for name, attack in attacks.items():
            wrong = complaint(attack, await self.send(attack), self.secrets)
            if wrong:
                found[name] = wrong
        return found


def post(path: bytes, body: object, headers: Headers = JSON) -> Attack:
    """Make a POST of JSON, of bytes as they are, or of chunks."""
    if isinstance(body, tuple):
        return Attack("POST", path, headers, body)
    return Attack("POST", path, headers, (body if isinstance(body, bytes) else json.dumps(body).encode(),))


async def all_routes(addon: RunningAddon) -> list[tuple[str, bytes]]:
    """Return method and path of every public route, the documentation and static files included."""
    paths = (await addon.http.get("/openapi.json")).json()["paths"]
    described = [
        (method.upper(), path.replace("{client_key}", "nobody").encode())
        for path, methods in paths.items()
        for method in methods
    ]
    return [*described, *[("GET", path) for path in (b"/", b"/docs", b"/openapi.json", b"/static/connect/connect.css")]]
