"""A small add-on that shares no code with ours: it verifies installs and signatures by itself."""

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from devhost.world.jsonvalue import Json

ORIGIN = "http://127.0.0.1:8000"
DESCRIPTOR_URL = f"{ORIGIN}/descriptor"

Handler = Callable[[Request], Awaitable[Response]]


def descriptor(**capabilities: Json) -> dict[str, Any]:
    """Return a descriptor; keyword arguments replace or (None) remove capabilities."""
    declared: dict[str, Any] = {
        "hipchatApiConsumer": {
            "fromName": "Greeter",
            "scopes": ["send_notification", "view_room", "view_group", "admin_room", "view_messages"],
        },
        "installable": {"callbackUrl": f"{ORIGIN}/installed"},
        "configurable": {"url": f"{ORIGIN}/settings"},
        "webhook": [
            {
                "event": "room_message",
                "url": f"{ORIGIN}/hook",
                "pattern": r"^/hello\b",
                "name": "hello",
                "authentication": "jwt",
            }
        ],
        "glance": [
            {
                "key": "greetings",
                "name": {"value": "Greetings"},
                "queryUrl": f"{ORIGIN}/glance",
                "target": "panel",
                "icon": {"url": f"{ORIGIN}/i.png", "url@2x": f"{ORIGIN}/i2.png"},
            }
        ],
        "webPanel": [
            {
                "key": "panel",
                "name": {"value": "Greetings"},
                "url": f"{ORIGIN}/panel",
                "location": "hipchat.sidebar.right",
            }
        ],
        "dialog": [
            {
                "key": "dialog",
                "title": {"value": "Greet"},
                "url": f"{ORIGIN}/dialog?to={{message.sender.name}}",
            }
        ],
        "externalPage": [{"key": "page", "url": f"{ORIGIN}/page"}],
    }
    merged = declared | capabilities
    return {
        "key": "com.example.greeter",
        "name": "Greeter",
        "description": "Says hello",
        "vendor": {"name": "Example", "url": "https://example.com"},
        "links": {"self": DESCRIPTOR_URL, "homepage": ORIGIN},
        "capabilities": {name: value for name, value in merged.items() if value is not None},
    }


def verify(token: str, secret: str) -> dict[str, Any]:
    """Check a token's signature and return its claims."""
    head, body, signature = token.split(".")

    def decode(part: str) -> bytes:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    assert json.loads(decode(head))["alg"] == "HS256"
    expected = hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    assert hmac.compare_digest(expected, decode(signature))
    claims: dict[str, Any] = json.loads(decode(body))
    return claims


class ForeignAddon:
    """An ASGI app that records what it gets; `answers` replaces what a path answers."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self.transport = transport
        self.descriptor = descriptor()
        self.tenants: dict[str, dict[str, Any]] = {}
        self.tokens: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str, dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: dict[str, Handler] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        raw = await request.body()
        is_json = request.headers.get("content-type", "").startswith("application/json")
        data = json.loads(raw) if raw and is_json else dict(request.query_params)
        path = request.url.path
        self.requests.append((request.method, path, data))
        self.headers.append(dict(request.headers))
        answer = await self.answers.get(path, self.answer)(request)
        await answer(scope, receive, send)

    def paths(self, method: str) -> list[str]:
        """List the paths that were asked with a method."""
        return [path for verb, path, _ in self.requests if verb == method]

    async def answer(self, request: Request) -> Response:
        """Answer as a good add-on does."""
        path = request.url.path
        if path == "/descriptor":
            return JSONResponse(self.descriptor)
        if path == "/installed":
            return await self._install(json.loads(await request.body()))
        if path.startswith("/installed/"):
            self.tenants.pop(path.rpartition("/")[2], None)
            return Response(status_code=204)
        if path == "/glance":
            return JSONResponse(
                {"label": {"type": "html", "value": "<b>4</b> greetings"}, "metadata": {"count": 4}},
                headers={"Access-Control-Allow-Origin": "*"},
            )
        if path == "/started":
            return await self._install_by_browser(request)
        return Response("<h1>A page</h1>", media_type="text/html", status_code=204 if "hook" in path else 200)

    async def _install(self, document: dict[str, Any]) -> Response:
        async with httpx.AsyncClient(transport=self.transport) as client:
            capabilities = (await client.get(document["capabilitiesUrl"])).json()
            if capabilities["links"]["self"] != document["capabilitiesUrl"]:
                return Response(status_code=400)
            token = await client.post(
                capabilities["capabilities"]["oauth2Provider"]["tokenUrl"],
                data={"grant_type": "client_credentials"},
                auth=(document["oauthId"], document["oauthSecret"]),
            )
        if token.status_code != 200:
            return Response("no token", status_code=403)
        self.tokens.append(token.json())
        self.tenants[document["oauthId"]] = document
        return Response(status_code=204)

    async def _install_by_browser(self, request: Request) -> Response:
        async with httpx.AsyncClient(transport=self.transport) as client:
            document = (await client.get(request.query_params["installable_url"])).json()
        await self._install(document)
        return Response(status_code=302, headers={"location": request.query_params["redirect_url"]})
