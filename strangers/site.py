"""A Jira site and Atlassian's key server on a port of this machine: they take what comes and note it down."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

KEYS = "/keys/"
BELOW = "/acme"
"""The path of the site's address, as Confluence has one."""


@dataclass
class Site:
    """What the add-on asks of it."""

    origin: str
    keys: dict[str, str] = field(default_factory=dict)
    """Public keys by their ids."""
    asked_for: list[str] = field(default_factory=list)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, raw target and token of every call."""

    @property
    def base_url(self) -> str:
        """The site's address."""
        return self.origin + BELOW

    def answer(self, method: str, target: str, authorization: str) -> tuple[int, str, str]:
        """Return status, media type and body for a request."""
        if target.startswith(KEYS):
            key_id = target.removeprefix(KEYS)
            self.asked_for.append(key_id)
            return (200, "text/plain", self.keys[key_id]) if key_id in self.keys else (404, "text/plain", "none")
        self.calls.append((method, target, authorization.removeprefix("JWT ")))
        return 200, "application/json", "{}"


@contextmanager
def serving_site() -> Iterator[Site]:
    """Serve a site until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    site = Site(f"http://127.0.0.1:{server.server_port}")

    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, media_type, text = site.answer(self.command, self.path, self.headers.get("Authorization") or "")
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PUT = do_DELETE = do  # noqa: N815 - the names that the server asks for

        def log_message(self, *_: object) -> None:
            """Keep the tests' output to the tests."""

    server.RequestHandlerClass = Handler
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
