"""An add-on on a port of this machine that only listens: it takes what a site tells it, and keeps its secret."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

DESCRIPTOR = "/atlassian-connect.json"


@dataclass
class Listener:
    """What it is and what it was told, oldest first."""

    key: str
    scopes: list[str]
    origin: str = ""
    told: list[dict[str, Any]] = field(default_factory=list)

    def install(self, base_url: str) -> dict[str, Any]:
        """Return what the newest install of a site told it."""
        return next(one for one in reversed(self.told) if one["baseUrl"] == base_url)

    def descriptor(self) -> dict[str, Any]:
        """Write its descriptor."""
        return {
            "key": self.key,
            "name": "Listener",
            "baseUrl": self.origin,
            "authentication": {"type": "jwt"},
            "lifecycle": {"installed": "/installed"},
            "scopes": self.scopes,
            "modules": {},
        }


@contextmanager
def listening(key: str, scopes: list[str]) -> Iterator[Listener]:
    """Serve the add-on until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    addon = Listener(key, scopes, f"http://127.0.0.1:{server.server_port}")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(200, json.dumps(addon.descriptor()))

        def do_POST(self) -> None:
            addon.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.answer(200, "{}")

        def answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Keep the tests' output to the tests."""

    server.RequestHandlerClass = Handler
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield addon
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
