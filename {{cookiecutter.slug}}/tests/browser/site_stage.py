"""A small add-on for sites whose pages use what a site's script offers; it shares no code with ours."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

KEY = "com.example.site-stage"
SCRIPT = """
const list = document.getElementById("log");
function note(name, value) {
  const line = document.createElement("li");
  line.textContent = `${name} ${JSON.stringify(value ?? null)}`;
  list.append(line);
}
function whenever(id, act) {
  document.getElementById(id).addEventListener("click", act);
}
AP.context.getToken((token) => note("token", JSON.parse(atob(token.split(".")[1])).qsh));
AP.context.getContext().then((context) => note("issue", context.jira?.issue?.key));
AP.user.getCurrentUser((user) => note("user", user.atlassianAccountId));
AP.dialog.getCustomData((data) => note("data", data));
AP.events.on("dialog.close", (data) => note("closed", data));
AP.events.on("told", (value) => note("told", value));
whenever("dialog", () => AP.dialog.create({ key: "ask", header: "Opened by a script", customData: { build: 7 } }));
whenever("close", () => AP.dialog.close({ answer: "yes" }));
whenever("tell", () => AP.events.emit("told", "all"));
whenever("flag", () => AP.flag.create({ title: "Done", body: "The build passed" }));
const named = (body) => note("me", JSON.parse(body).displayName);
whenever("ask", () => AP.request("/rest/api/3/myself", { success: named }));
whenever("refused", () => AP.request({ url: "/rest/api/3/issue/TP-1/comment", type: "POST", data: "{}" })
  .catch((error) => note("refused", error.xhr.status === 403)));
whenever("go", () => AP.navigator.go("issue", { issueKey: "TP-2" }));
"""
BUTTONS = ("dialog", "close", "tell", "flag", "ask", "refused", "go")


class SiteStage:
    """An ASGI app; it remembers how it was installed and what it was told."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.site = ""
        self.paths: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            request = Request(scope, receive)
            answer = await self.answer(request)
            await answer(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        path = request.url.path
        self.paths.append(path)
        if path == "/installed":
            self.site = (await request.json())["baseUrl"]
        answers: dict[str, Response] = {
            "/atlassian-connect.json": JSONResponse(self.descriptor()),
            "/script.js": PlainTextResponse(SCRIPT, media_type="text/javascript"),
            "/page": HTMLResponse(self.page(request)),
        }
        return answers.get(path, Response(status_code=204))

    def page(self, request: Request) -> str:
        """Write the page of every module: buttons, a log, and which issue its address named."""
        buttons = "".join(f'<button id="{name}">{name}</button>' for name in BUTTONS)
        return (
            f'<!doctype html><html lang="en"><head><title>Page</title><link rel="icon" href="data:,">'
            f'<script src="{self.site}/atlassian-connect/all.js"></script></head><body><main><h1>Page</h1>'
            f'<p id="issue">{request.query_params.get("issue", "")}</p>{buttons}'
            f'<ul id="log"></ul></main><script src="/script.js"></script></body></html>'
        )

    def descriptor(self) -> dict[str, Any]:
        """Return the descriptor."""
        url = "/page?issue={issue.key}"
        glance = {
            "key": "glance",
            "name": {"value": "Glance"},
            "icon": {"url": "/i.svg"},
            "content": {"type": "label", "label": {"value": "Look"}},
            "target": {"type": "web_panel", "url": url},
        }
        panel = {
            "key": "panel",
            "name": {"value": "Panel"},
            "url": url,
            "location": "atl.jira.view.issue.right.context",
        }
        return {
            "key": KEY,
            "name": "Site stage",
            "baseUrl": self.origin,
            "authentication": {"type": "jwt"},
            "lifecycle": {name: f"/{name}" for name in ("installed", "uninstalled", "enabled", "disabled")},
            "scopes": ["READ"],
            "modules": {
                "webPanels": [panel],
                "jiraIssueContexts": [glance],
                "generalPages": [{"key": "hello", "name": {"value": "Hello"}, "url": "/page"}],
                "dialogs": [{"key": "ask", "url": "/page", "options": {"size": "small"}}],
                "dynamicContentMacros": [{"key": "chart", "name": {"value": "Chart"}, "url": "/page"}],
                "webhooks": [{"event": "jira:issue_updated", "url": "/hook"}],
            },
        }
