"""A small add-on for Jira and Confluence that shares no code with ours: it verifies and signs by itself."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, unquote_plus

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

ORIGIN = "http://127.0.0.1:8000"
DESCRIPTOR_URL = f"{ORIGIN}/connect/atlassian-connect.json"
KEY = "com.example.foreign"
KEYS = "http://127.0.0.1:9000/install-keys"

Handler = Callable[[Request], Awaitable[Response]]


def descriptor(**changes: Any) -> dict[str, Any]:
    """Return a descriptor; keyword arguments replace members, and modules are added."""
    modules = {
        "webPanels": [
            {
                "key": "panel",
                "name": {"value": "Builds"},
                "url": "/panel?issue={issue.key}&project={project.id}&nothing={board.id}",
                "location": "atl.jira.view.issue.right.context",
            }
        ],
        "generalPages": [{"key": "hello", "name": {"value": "Hello"}, "url": "/hello"}],
        "adminPages": [{"key": "admin", "name": {"value": "Admin"}, "url": "/admin"}],
        "dialogs": [{"key": "ask", "url": "/ask", "options": {"header": {"value": "Ask"}}}],
        "webhooks": [
            {"event": "jira:issue_updated", "url": "/hook?issue=${issue.key}", "filter": "project = TP"},
            {"event": "comment_created", "url": "/hook"},
            {"event": "page_updated", "url": "/hook"},
        ],
    } | changes.pop("modules", {})
    return {
        "key": KEY,
        "name": "Foreign",
        "baseUrl": f"{ORIGIN}/connect",
        "authentication": {"type": "jwt"},
        "apiVersion": 1,
        "apiMigrations": {"signed-install": True, "gdpr": True, "context-qsh": True},
        "scopes": ["READ", "WRITE", "DELETE", "ACT_AS_USER"],
        "lifecycle": {name: f"/{name}" for name in ("installed", "uninstalled", "enabled", "disabled")},
        "modules": {name: listed for name, listed in modules.items() if listed},
    } | changes


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(decode(token.split(".")[1]))
    return claims


def hash_of(method: str, target: str, below: str) -> str:
    """Hash a request, for targets without repeated parameters and escapes in the path."""
    path, _, query = target.partition("?")
    path = path.removeprefix(below) or "/"
    pairs = sorted(
        (quote(unquote_plus(name), safe="~"), quote(unquote_plus(value), safe="~"))
        for name, _, value in (piece.partition("=") for piece in query.split("&") if piece)
        if name != "jwt"
    )
    return hashlib.sha256(f"{method}&{path}&{'&'.join(f'{n}={v}' for n, v in pairs)}".encode()).hexdigest()


def hs256(claims: dict[str, Any], secret: str) -> str:
    text = f"{encode(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{encode(json.dumps(claims).encode())}"
    return f"{text}.{encode(hmac.digest(secret.encode(), text.encode(), 'sha256'))}"


class ForeignAddon:
    """An ASGI app that records what it gets; `answers` replaces what a path answers."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self.transport = transport
        self.descriptor = descriptor()
        self.tenant: dict[str, Any] = {}
        self.heard: list[tuple[str, str]] = []
        """Method and target, and whether its token held: `ok` or why not."""
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.answers: dict[str, Handler] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        raw = await request.body()
        path = request.url.path.removeprefix("/connect")
        if path == "/atlassian-connect.json":
            await JSONResponse(self.descriptor)(scope, receive, send)
            return
        self.bodies.append(json.loads(raw) if raw else None)
        self.headers.append(dict(request.headers))
        told = await self._judge(request, path)
        self.heard.append((f"{request.method} {path}", told))
        if told != "ok":
            answer = Response(told, status_code=401)
        elif path in self.answers:
            answer = await self.answers[path](request)
        else:
            answer = (
                Response("<h1>A page</h1>", media_type="text/html")
                if request.method == "GET"
                else Response(status_code=204)
            )
        await answer(scope, receive, send)

    def told(self, path: str) -> list[str]:
        """List what became of the requests to a path."""
        return [told for heard, told in self.heard if heard.endswith(f" {path}")]

    async def _judge(self, request: Request, path: str) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token if scheme == "JWT" else request.query_params.get("jwt", "")
        if not token:
            return "no token"
        target = request.scope["raw_path"].decode() + (f"?{request.url.query}" if request.url.query else "")
        claims = claims_of(token)
        if claims["qsh"] != hash_of(request.method, target, "/connect"):
            return "qsh"
        if not claims["iat"] <= time.time() + 30 or claims["exp"] < time.time():
            return "times"
        if path in ("/installed", "/uninstalled"):
            return await self._judge_signed(token, claims, path)
        signed, _, signature = token.rpartition(".")
        made = encode(hmac.digest(self.tenant.get("sharedSecret", "").encode(), signed.encode(), "sha256"))
        return "ok" if made == signature and claims["iss"] == self.tenant["clientKey"] else "signature"

    async def _judge_signed(self, token: str, claims: dict[str, Any], path: str) -> str:
        head, payload, signature = token.split(".")
        header = json.loads(decode(head))
        if header["alg"] != "RS256":
            return "algorithm"
        async with httpx.AsyncClient(transport=self.transport) as client:
            found = await client.get(f"{KEYS}/{header['kid']}")
        if found.status_code != 200:
            return "kid"
        key = load_pem_public_key(found.content)
        assert isinstance(key, RSAPublicKey)
        try:
            key.verify(decode(signature), f"{head}.{payload}".encode(), PKCS1v15(), SHA256())
        except InvalidSignature:
            return "signature"
        body = self.bodies[-1]
        if claims["aud"] != f"{ORIGIN}/connect" or claims["iss"] != body["clientKey"]:
            return "claims"
        if path == "/installed":
            self.tenant = body
        return "ok"

    def sign(self, method: str, target: str, below: str = "/jira", **changes: Any) -> dict[str, str]:
        """Return the header that signs a call of this add-on; None takes a claim away."""
        now = int(time.time())
        claims = {"iss": KEY, "iat": now, "exp": now + 180, "qsh": hash_of(method, target, below)} | changes
        claims = {name: one for name, one in claims.items() if one is not None}
        return {"authorization": f"JWT {hs256(claims, self.tenant['sharedSecret'])}"}

    async def call(
        self, method: str, target: str, *, json: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Call a site; without `headers` the call is signed."""
        below = f"/{target.split('/')[1]}"
        async with httpx.AsyncClient(transport=self.transport, base_url="http://127.0.0.1:9000") as client:
            signed = self.sign(method, target, below) if headers is None else headers
            return await client.request(method, target, json=json, headers=signed)
