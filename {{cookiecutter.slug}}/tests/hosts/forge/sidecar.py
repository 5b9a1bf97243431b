"""The sidecar of a container in memory: knows invocations and installations, checks the header of every call."""

import asyncio
import json
import re
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.conformance import Sent
from tests.hosts.forge.cloud import APP, OTHER, PANEL, Site
from tests.hosts.forge.shelf import answer_of
from tests.hosts.forge.stage import ForgeStage

SIDECAR = "http://localhost:7072"
ENVIRONMENT = f"ari:cloud:ecosystem::environment/{APP.rpartition('/')[2]}/33333333-3333-4333-8333-333333333333"
EVENTS = ("core:trigger", "forge-product-events")
LIFECYCLE = ("core:trigger", "forge-lifecycle")
HOURLY = ("core:scheduledTrigger", "forge-hourly-trigger")
INVOCATION = "x-forge-invocation-id"
HEADER = re.compile(r"Forge (as=(?:app|user)(?:,(?:id|installationId|accountId)=[^,\s]+)+)")


@dataclass(frozen=True)
class Called:
    """A call that went out through the sidecar."""

    method: str
    path: str
    acts: dict[str, str]
    body: Any


class Sidecar:
    """Answers what the add-on asks, as the platform documents it."""

    def __init__(self) -> None:
        self.invocations: dict[str, dict[str, Any]] = {}
        self.sites: list[Site] = []
        self.listed = 0
        self.asked: list[str] = []
        """The ids that contexts were asked for."""
        self.answers: deque[Response | float] = deque()
        """What the next questions for a context are answered instead; a number is seconds without an answer."""
        self.calls: list[Called] = []
        self.stored: dict[str, Any] = {}
        self.app = Starlette(
            routes=[
                Route("/invocation/context", self._context),
                Route("/v1/installations", self._installations),
                Route("/forge/storage/kvs/v1/{path:path}", self._kvs, methods=["POST"]),
                Route("/{product}/{path:path}", self._product, methods=["GET", "POST", "PUT", "DELETE"]),
            ]
        )

    def invocation(self, site: Site, module: tuple[str, str], **app: Any) -> str:
        """Begin an invocation and return its id; what is documented of its context, with `app` changed."""
        if site not in self.sites:
            self.sites.append(site)
        made = f"invocation-{uuid.uuid4().hex}"
        said: dict[str, Any] = {
            "app": {
                "id": APP,
                "installationId": f"ari:cloud:ecosystem::installation/{site.installation}",
                "environment": {"type": site.environment, "id": ENVIRONMENT},
                "module": {"type": module[0], "key": module[1]},
                **app,
            },
            "context": {"cloudId": site.cloud_id, "moduleKey": module[1], "userAccess": {"enabled": False}},
        }
        if not module[0].startswith("core:"):
            said["principal"] = OTHER
            said["context"]["extension"] = {"type": module[0], "issue": {"id": "10000", "key": "TP-1"}}
        self.invocations[made] = said
        return made

    def invoked(self, sent: Sent, site: Site, module: tuple[str, str], **app: Any) -> Sent:
        return sent.with_header(INVOCATION, self.invocation(site, module, **app))

    def call(self, site: Site, name: str, body: object = None, module: tuple[str, str] = PANEL, **app: Any) -> Sent:
        return self.invoked(Sent.post(f"/forge/call/{name}", {} if body is None else body), site, module, **app)

    def event(self, site: Site, event: dict[str, Any], module: tuple[str, str] = EVENTS, **app: Any) -> Sent:
        return self.invoked(Sent.post("/forge/events", event), site, module, **app)

    def hourly(self, site: Site) -> Sent:
        return self.invoked(Sent.post("/forge/hourly", {}), site, HOURLY)

    def acts(self) -> list[dict[str, str]]:
        return [one.acts for one in self.calls]

    async def _context(self, request: Request) -> Response:
        acts = _acts(request)
        self.asked.append(acts["id"])
        if self.answers:
            answer = self.answers.popleft()
            if isinstance(answer, Response):
                return answer
            await asyncio.sleep(answer)
        said = self.invocations.get(acts["id"])
        return JSONResponse(said) if said else JSONResponse({"message": "no such invocation"}, 404)

    async def _installations(self, request: Request) -> Response:
        """Answer two to a page."""
        self.listed += 1
        first = int(request.query_params.get("cursor", "0"))
        page = [one for one in self.sites if one.is_installed][first : first + 2]
        installed = [
            {
                "id": one.installation,
                "installationContext": f"ari:cloud:{one.product}::site/{one.cloud_id}",
                "version": "2.0.0",
                "secondaryInstallationContexts": [],
            }
            for one in page
        ]
        return JSONResponse({"installations": installed, "cursor": str(first + 2) if len(page) == 2 else None})

    async def _noted(self, request: Request) -> Any:
        raw = await request.body()
        body = json.loads(raw) if raw else None
        self.calls.append(Called(request.method, request.url.path, _acts(request), body))
        return body

    async def _product(self, request: Request) -> Response:
        await self._noted(request)
        return JSONResponse({"id": "1", "key": "TP-1", "fields": {"summary": "It works"}, "results": [], "values": []})

    async def _kvs(self, request: Request) -> Response:
        body = await self._noted(request)
        status, answer = answer_of(self.stored, request.path_params["path"], body)
        return JSONResponse(answer, status)


def _acts(request: Request) -> dict[str, str]:
    """Read the header that a call acts by; a call that is not written as documented fails the test that made it."""
    assert "authorization" not in request.headers
    [header] = request.headers.getlist("forge-proxy-authorization")
    found = HEADER.fullmatch(header)
    assert found, header
    acts = dict(one.split("=", 1) for one in found[1].split(","))
    assert ("id" in acts) != ("installationId" in acts)
    return acts


@dataclass
class ContainerStage(ForgeStage):
    """The add-on in a container: no key server and no API answers, only the sidecar does."""

    sidecar: Sidecar = field(default_factory=Sidecar)

    def __post_init__(self) -> None:
        self.cloud.network.add(SIDECAR, self.sidecar.app)
        super().__post_init__()

    def start(self, hosts: Any = ("jira", "forge"), **settings: Any) -> Any:
        """Start one more process, as the platform does."""
        return super().start(hosts, **({"egress_proxy_url": SIDECAR, "env_ari": ENVIRONMENT} | settings))
