"""A small add-on whose pages use everything that the host's script offers; of ours it has the bridge at most."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

BRIDGE = Path(__file__).parents[2] / "app" / "connect" / "pages" / "static" / "bridge.js"
SCRIPT = """
const list = document.getElementById("log");
function note(name, value) {
  const line = document.createElement("li");
  line.textContent = `${name} ${JSON.stringify(value)}`;
  list.append(line);
}
function whenever(id, act) {
  document.getElementById(id).addEventListener("click", act);
}
const events = {};
for (const name of ["receive-parameters", "dialog-filter-changed", "glance-update", "message-received", "mark"]) {
  events[name] = (value) => note(name, value);
}
events["dialog-button-click"] = (event, close) => { note("button", event); close(event.action === "done"); };
HipChat.register(events);
HipChat.auth.withToken((error, token) => note("token", token.split(".").length));
HipChat.room.getRoomDetails((room) => note("room", room.name));
HipChat.room.getParticipants((present) => note("guests", present.guests.length));
HipChat.user.getCurrentUser((user) => note("user", user.name));
whenever("append", () => HipChat.chat.appendMessage("from the page"));
whenever("dialog", () => HipChat.dialog.open({
  key: "dialog", options: { title: "Opened by a script" }, parameters: { number: 7 },
  urlTemplateValues: { "message.body": "a & b" } }));
whenever("update", () => HipChat.dialog.update({ title: "Changed", options: { hint: { value: "New hint" } } }));
whenever("close-view", () => HipChat.sidebar.closeView());
whenever("close-dialog", () => HipChat.dialog.close());
whenever("go", () => HipChat.room.open({ roomName: "Releases", message: "carried over" }));
"""
BUTTONS = ("append", "dialog", "update", "close-view", "close-dialog", "go")


class Stage:
    """An ASGI app; it knows the host from its installation, and calls it when a test says so."""

    def __init__(self, origin: str, *, uses_bridge: bool = False) -> None:
        self.origin = origin
        self.uses_bridge = uses_bridge
        self.host = ""
        self.document: dict[str, Any] = {}
        self.glance: Any = {"label": {"type": "html", "value": "<b>2</b> things"}}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            request = Request(scope, receive)
            answer = await self.answer(request)
            await answer(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        path = request.url.path
        if path == "/installed" and request.method == "POST":
            self.document = await request.json()
            self.host = self.document["capabilitiesUrl"].removesuffix("/v2/capabilities")
        if path == "/never":
            await asyncio.sleep(60)
        answers: dict[str, Response] = {
            "/descriptor": JSONResponse(self.descriptor()),
            "/glance": JSONResponse(self.glance, headers={"Access-Control-Allow-Origin": "*"}),
            "/refused": JSONResponse({"error": {"message": "You may not see this"}}, status_code=403),
            "/forbidden": HTMLResponse("<h1>No</h1>", headers={"X-Frame-Options": "DENY"}),
            "/bridge.js": FileResponse(BRIDGE),
            "/script.js": PlainTextResponse(SCRIPT, media_type="text/javascript"),
            "/html": HTMLResponse("<p>no descriptor here</p>"),
            "/page": HTMLResponse(self.page(request)),
            "/settings": HTMLResponse(self.settings()),
        }
        return answers.get(path, Response(status_code=204))

    @property
    def script(self) -> str:
        """The element of the script through which pages speak with the host."""
        if self.uses_bridge:
            return f'<script src="/bridge.js" data-names="HipChat AP" data-hosts="{self.host}"></script>'
        return f'<script src="{self.host}/host-connect/all.js"></script>'

    def page(self, request: Request) -> str:
        """Write the page of every module: buttons, a log, and what its address brought."""
        buttons = "".join(f'<button id="{name}">{name}</button>' for name in BUTTONS)
        return (
            f'<!doctype html><html lang="en"><head><title>Page</title><link rel="icon" href="data:,">'
            f"{self.script}</head><body><main><h1>Page</h1>"
            f'<p id="body">{request.query_params.get("body", "").replace("&", "&amp;")}</p>{buttons}'
            f'<ul id="log"></ul></main><script src="/script.js"></script></body></html>'
        )

    def settings(self) -> str:
        """Write a settings page that is higher than most screens."""
        return (
            '<!doctype html><html lang="en"><head><title>Settings</title><link rel="icon" href="data:,">'
            f"{self.script}</head><body><main><h1>Settings</h1>"
            '<p style="height: 1100px">Choices</p><button>Save</button></main></body></html>'
        )

    def descriptor(self) -> dict[str, Any]:
        """Return the descriptor."""
        page = f"{self.origin}/page"

        def panel(key: str, url: str) -> dict[str, Any]:
            return {"key": key, "name": {"value": key.title()}, "url": url, "location": "hipchat.sidebar.right"}

        return {
            "key": "com.example.stage",
            "name": "Stage",
            "description": "Uses everything",
            "links": {"self": f"{self.origin}/descriptor"},
            "capabilities": {
                "hipchatApiConsumer": {"scopes": ["send_notification", "view_room"]},
                "installable": {"callbackUrl": f"{self.origin}/installed"},
                "configurable": {"url": f"{self.origin}/settings"},
                "webhook": [
                    {
                        "event": "room_message",
                        "url": f"{self.origin}/hook",
                        "pattern": r"^/stage\b",
                        "name": "stage",
                        "authentication": "jwt",
                    }
                ],
                "glance": [
                    {
                        "key": "things",
                        "name": {"value": "Things"},
                        "queryUrl": f"{self.origin}/glance",
                        "target": "panel",
                        "icon": {"url": f"{self.origin}/i.png", "url@2x": f"{self.origin}/i.png"},
                    }
                ],
                "webPanel": [
                    panel("panel", page),
                    panel("never", f"{self.origin}/never"),
                    panel("refused", f"{self.origin}/refused"),
                    panel("forbidden", f"{self.origin}/forbidden"),
                    panel("gone", "http://127.0.0.1:9/page"),
                ],
                "dialog": [
                    {
                        "key": "dialog",
                        "title": {"value": "Mark"},
                        "url": f"{page}?body={{message.body}}",
                        "options": {
                            "style": "warning",
                            "size": {"width": "500px", "height": "60%"},
                            "hint": {"value": "A hint"},
                            "filter": {"placeholder": {"value": "Search"}},
                            "primaryAction": {"name": {"value": "Keep"}},
                            "secondaryActions": [{"name": {"value": "Done"}, "key": "done"}],
                        },
                    }
                ],
                "action": [
                    {
                        "key": "mark",
                        "name": {"value": "Mark it"},
                        "location": "hipchat.message.action",
                        "target": "dialog",
                        "conditions": [{"condition": "message_contains_link"}],
                    }
                ],
            },
        }

    def notify(self, **body: Any) -> None:
        """Send a notification as the add-on does."""
        self._call("/v2/room/1/notification", body)

    def push(self, content: dict[str, Any]) -> None:
        """Push the glance as the add-on does."""
        self._call("/v2/addon/ui/room/1", {"glance": [{"key": "things", "content": content}]})

    def _call(self, path: str, body: dict[str, Any]) -> None:
        client_id, secret = self.document["oauthId"], self.document["oauthSecret"]
        with httpx.Client(base_url=self.host, trust_env=False) as client:
            form = {"grant_type": "client_credentials"}
            token = client.post("/v2/oauth/token", data=form, auth=(client_id, secret)).json()["access_token"]
            client.post(path, json=body, headers={"Authorization": f"Bearer {token}"}).raise_for_status()
