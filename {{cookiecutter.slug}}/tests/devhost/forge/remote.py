"""A small remote of a Forge app that shares no code with ours: it verifies its tokens by itself."""

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import yaml
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from devhost.testing import Devhost

ORIGIN = "http://127.0.0.1:8000"
HOST = "http://127.0.0.1:9000"
APP = "ari:cloud:ecosystem::app/0a1b2c3d-0000-4000-8000-00000000f0f0"
CONNECT_KEY = "com.example.moving"

Handler = Callable[[Request], Awaitable[Response]]


def document(**changes: Any) -> dict[str, Any]:
    """Return a manifest's members; keyword arguments replace them, and modules are added."""
    system = {"appSystemToken": {"enabled": True}}
    modules = {
        "jira:issuePanel": [
            {
                "key": "panel",
                "title": "Builds",
                "icon": f"{ORIGIN}/icon.svg",
                "resource": "main",
                "resolver": {"endpoint": "ui"},
            }
        ],
        "endpoint": [
            {"key": "ui", "remote": "backend", "auth": system | {"appUserToken": {"enabled": True}}},
            {"key": "events", "remote": "backend", "route": {"path": "/forge/events"}, "auth": system},
            {"key": "hourly", "remote": "backend", "route": {"path": "/forge/hourly"}, "auth": system},
            {"key": "bye", "remote": "backend", "route": {"path": "/forge/uninstall"}},
        ],
        "trigger": [
            {"key": "life", "endpoint": "events", "events": ["avi:forge:installed:app", "avi:forge:upgraded:app"]},
            {
                "key": "issues",
                "endpoint": "events",
                "events": [
                    "avi:jira:created:issue",
                    "avi:jira:updated:issue",
                    "avi:jira:assigned:issue",
                    "avi:jira:deleted:issue",
                    "avi:jira:commented:issue",
                    "avi:confluence:created:page",
                    {"eventType": "avi:confluence:updated:page"},
                ],
                "filter": {"ignoreSelf": True},
            },
        ],
        "scheduledTrigger": [{"key": "refresh", "endpoint": "hourly", "interval": "hour"}],
        "preUninstall": [{"key": "goodbye", "endpoint": "bye"}],
    } | changes.pop("modules", {})
    return {
        "app": {"id": APP, "runtime": {"name": "nodejs22.x"}} | changes.pop("app", {}),
        "modules": {name: listed for name, listed in modules.items() if listed},
        "resources": [{"key": "main", "path": "static/main"}],
        "remotes": [{"key": "backend", "baseUrl": ORIGIN, "operations": ["compute"]}],
        "permissions": {
            "scopes": [
                "read:app-system-token",
                "read:app-user-token",
                "read:jira-work",
                "write:jira-work",
                "read:confluence-content.summary",
                "storage:app",
            ]
        },
    } | changes


def manifest(**changes: Any) -> str:
    """Return a manifest as text."""
    return yaml.safe_dump(document(**changes), sort_keys=False)


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(decode(token.split(".")[1]))
    return claims


class Remote:
    """An ASGI app that records what it gets; `answers` replaces what a path answers."""

    def __init__(self, devhost: Devhost) -> None:
        self.transport = devhost.transport
        # Both sides' time is the devhost's, which tests move.
        self.now = devhost.forge.state.clock.now
        self.environments = {"DEVELOPMENT", "PRODUCTION"}
        self.heard: list[tuple[str, str]] = []
        """Method and path, and whether the token held: `ok` or why not."""
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.claims: list[dict[str, Any]] = []
        self.answers: dict[str, Handler] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        raw = await request.body()
        path = request.url.path
        if request.method == "OPTIONS" and path in self.answers:
            await (await self.answers[path](request))(scope, receive, send)
            return
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        told = await self.judge(token, path)
        self.bodies.append(json.loads(raw) if raw[:1] in (b"{", b"[") else raw)
        self.headers.append(dict(request.headers))
        self.heard.append((f"{request.method} {path}", told))
        if told != "ok":
            answer: Response = JSONResponse({"error": told}, status_code=401)
        else:
            self.claims.append(claims_of(token))
            answer = await self.answers[path](request) if path in self.answers else JSONResponse({"path": path})
        await answer(scope, receive, send)

    def told(self, path: str) -> list[str]:
        """List what became of the requests to a path."""
        return [told for heard, told in self.heard if heard.endswith(f" {path}")]

    def body_of(self, path: str) -> list[Any]:
        """List the bodies that were sent to a path."""
        return [body for (heard, _), body in zip(self.heard, self.bodies, strict=True) if heard.endswith(f" {path}")]

    async def judge(self, token: str, path: str) -> str:
        """Say what is wrong with a token; `ok` when nothing is."""
        if not token or len(token) > 16_384 or token.count(".") != 2:
            return "no token"
        head, payload, signature = token.split(".")
        header = json.loads(decode(head))
        if header.get("alg") != "RS256" or {"jwk", "jku", "x5c"} & header.keys():
            return "algorithm"
        async with httpx.AsyncClient(transport=self.transport, base_url=HOST) as client:
            keys = {one["kid"]: one for one in (await client.get("/.well-known/jwks.json")).json()["keys"]}
        if header.get("kid") not in keys:
            return "kid"
        key = keys[header["kid"]]
        numbers = RSAPublicNumbers(*(int.from_bytes(decode(key[name])) for name in ("e", "n")))
        try:
            numbers.public_key().verify(decode(signature), f"{head}.{payload}".encode(), PKCS1v15(), SHA256())
        except InvalidSignature:
            return "signature"
        return self.judge_claims(json.loads(decode(payload)), path)

    def judge_claims(self, claims: dict[str, Any], path: str) -> str:
        """Say what is wrong with signed claims."""
        now, app = self.now(), claims["app"]
        held = {
            "issuer": claims.get("iss") == "forge/invocation-token",
            "audience": claims.get("aud") == APP,
            "app": app["id"] == APP,
            "expired": claims.get("exp", 0) > now - 5,
            "begins later": claims.get("nbf", 0) <= now + 5,
            "jti": bool(claims.get("jti")),
            "environment": app["environment"]["type"] in self.environments,
            "installation": app["installationId"].startswith("ari:cloud:ecosystem::installation/"),
            "api": app["apiBaseUrl"].startswith(f"{HOST}/ex/"),
            "isolated": "icLabel" not in claims,
            "module": (app["module"]["type"] == "core:endpoint") is (path in EVENTS),
        }
        return next((name for name, holds in held.items() if not holds), "ok")


EVENTS = ("/forge/events", "/forge/hourly", "/forge/uninstall")
