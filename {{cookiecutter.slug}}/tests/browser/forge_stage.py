"""A small Connect app that goes on in Forge: one origin with both sides; it shares no code with ours."""

import json
from pathlib import Path
from typing import Any

import yaml
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

KEY = "com.example.forge-stage"
PAGE = """<!doctype html><html lang="en"><head><title>Builds</title><link rel="icon" href="data:,">
<style>body { font: 1rem sans-serif; background: Canvas; color: CanvasText; color-scheme: light dark; }</style></head>
<body><main><h1>Builds</h1><p id="answer">...</p><p id="context"></p><button id="direct">Ask directly</button></main>
<script src="main.js"></script></body></html>
"""
SCRIPT = """
const call = globalThis.__bridge.callBridge;
const shown = document.getElementById("answer");
call("getContext").then((one) => { document.getElementById("context").textContent = one.extension.issue.key; });
call("invoke", { path: "/forge/call/builds", method: "POST", body: { of: "all" }, invokeType: "ui-remote-fetch" })
  .then(({ payload }) => { shown.textContent = payload.body.said; });
document.getElementById("direct").addEventListener("click", async () => {
  const fetchRequestInit = { path: "/forge/call/builds", method: "GET", headers: [] };
  const answer = await call("fetchRemote", { remoteKey: "backend", fetchRequestInit });
  shown.textContent = `directly: ${JSON.parse(answer.body).said}`;
});
"""


class ForgeStage:
    """An ASGI app; it remembers what it was told."""

    def __init__(self, origin: str, page: str) -> None:
        self.origin = origin
        self.page = page
        """The address of the devhost's pages, which may call it directly."""
        self.paths: list[str] = []
        self.tenants: list[dict[str, Any]] = []
        self.events: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            await (await self.answer(Request(scope, receive)))(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        path = request.url.path
        if path == "/atlassian-connect.json":
            return JSONResponse(self.descriptor())
        allowed = {"access-control-allow-origin": self.page, "access-control-allow-headers": "authorization"}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=allowed)
        self.paths.append(path)
        body = json.loads(await request.body() or b"{}")
        if path == "/installed":
            self.tenants.append(body)
        if path == "/forge/events":
            self.events.append(body["eventType"])
        if path == "/forge/call/builds":
            return JSONResponse({"said": f"7 builds of {self.tenants[0]['clientKey'][:8]}"}, headers=allowed)
        return Response(status_code=204)

    def descriptor(self) -> dict[str, Any]:
        """Return the descriptor of the Connect app."""
        return {
            "key": KEY,
            "name": "Forge stage",
            "baseUrl": self.origin,
            "authentication": {"type": "jwt"},
            "lifecycle": {"installed": "/installed", "uninstalled": "/uninstalled"},
            "scopes": ["READ"],
            "modules": {},
        }

    def manifest(self) -> dict[str, Any]:
        """Return the members of its manifest."""
        return {
            "app": {
                "id": "ari:cloud:ecosystem::app/0a1b2c3d-0000-4000-8000-00000000cafe",
                "runtime": {"name": "nodejs22.x"},
                "connect": {"key": KEY, "remote": "connect"},
            },
            "modules": {
                "jira:issuePanel": [
                    {"key": "panel", "title": "Builds", "resource": "main", "resolver": {"endpoint": "ui"}}
                ],
                "endpoint": [
                    {"key": "ui", "remote": "backend"},
                    {"key": "events", "remote": "backend", "route": {"path": "/forge/events"}},
                    {"key": "bye", "remote": "backend", "route": {"path": "/forge/uninstall"}},
                ],
                "trigger": [
                    {
                        "key": "all",
                        "endpoint": "events",
                        "events": ["avi:forge:installed:app", "avi:jira:updated:issue"],
                    }
                ],
                "scheduledTrigger": [{"key": "refresh", "endpoint": "events", "interval": "hour"}],
                "preUninstall": [{"key": "goodbye", "endpoint": "bye"}],
            },
            "connectModules": {
                "jira:lifecycle": [{"key": "life", "installed": "/installed", "uninstalled": "/uninstalled"}]
            },
            "resources": [{"key": "main", "path": "build"}],
            "remotes": [
                {"key": "backend", "baseUrl": self.origin},
                {"key": "connect", "baseUrl": self.origin},
            ],
            "permissions": {
                "scopes": ["read:jira-work", "read:connect-jira"],
                "content": {"styles": ["unsafe-inline"]},
            },
        }

    def write(self, folder: Path) -> Path:
        """Write the manifest and what its panel is built of, and return the manifest's path."""
        (folder / "build").mkdir()
        (folder / "build" / "index.html").write_text(PAGE, encoding="utf-8")
        (folder / "build" / "main.js").write_text(SCRIPT, encoding="utf-8")
        path = folder / "manifest.yml"
        path.write_text(self.text(), encoding="utf-8")
        return path

    def text(self) -> str:
        """Return the manifest as text."""
        return yaml.safe_dump(self.manifest(), sort_keys=False)
