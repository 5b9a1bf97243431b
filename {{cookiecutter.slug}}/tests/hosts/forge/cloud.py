"""Forge in memory: signs as Atlassian does, pushes access tokens, keeps what apps store; with no code of the add-on."""

import json
import time
import uuid
from base64 import urlsafe_b64encode
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.conformance import Sent
from devhost.testing import Routes
from tests.hosts.atlassian.product import encode, rs256, rsa_key
from tests.hosts.forge.shelf import answer_of

KEYS = "https://forge.cdn.prod.atlassian-dev.net"
JWKS = f"{KEYS}/.well-known/jwks.json"
API = "https://api.atlassian.com"
APP = "ari:cloud:ecosystem::app/11111111-1111-4111-8111-111111111111"
OTHER_APP = "ari:cloud:ecosystem::app/22222222-2222-4222-8222-222222222222"
ENVIRONMENT = "33333333-3333-4333-8333-333333333333"
ADMIN, OTHER = "account-of-an-admin", "account-of-somebody"
ENDPOINT = "core:endpoint"
PANEL = ("jira:issuePanel", "report")
PROPERTY = "connect_client_key_019cdff3-8bfb-71fe-9628-875b700aebb8"


@dataclass
class Site:
    """One installation of the app on one site."""

    cloud_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    installation: str = field(default_factory=lambda: str(uuid.uuid4()))
    product: str = "jira"
    environment: str = "PRODUCTION"
    is_installed: bool = True
    gone: int = 401
    """What its API answers to an app that is not installed."""
    client_key: str | None = None
    """Of the Connect installation, which the site's property tells."""

    @property
    def api(self) -> str:
        return f"{API}/ex/{self.product}/{self.cloud_id}"

    def again(self) -> "Site":
        """Return the same site after the app was installed anew."""
        return Site(self.cloud_id, product=self.product, environment=self.environment)


def jwk(name: str, kid: str) -> dict[str, Any]:
    """Write a public key as key sets have it."""
    numbers = rsa_key(name).public_key().public_numbers()

    def text(number: int) -> str:
        return encode(number.to_bytes((number.bit_length() + 7) // 8))

    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": text(numbers.n), "e": text(numbers.e)}


def access_token(name: str, *, life: float = 3 * 3600, key: str = "") -> str:
    """Make an opaque token of which only its end may be read."""
    payload = urlsafe_b64encode(json.dumps({"exp": int(time.time() + life), "for": name, "k": key}).encode()).decode()
    return f"eyJhbGciOiJub25lIn0.{payload.rstrip('=')}.{name}"


class Cloud:
    """The key server and the API."""

    def __init__(self) -> None:
        self.keys = {"key-1": "forge"}
        self.asked_for_keys = 0
        self.answers: deque[Response] = deque()
        """What the key server answers instead."""
        self.calls: list[tuple[str, str, str, Any]] = []
        """Method, path with query, bearer token and body of every call."""
        self.refusals: deque[Response] = deque()
        """What the next calls of the API are answered instead."""
        self.missing: str | None = None
        """What paths begin with that lead to nothing."""
        self.sites: dict[str, Site] = {}
        self.people: dict[str, Any] = {ADMIN: {"success": True, "authToken": {"token": "offline-token", "ttl": 900}}}
        self.stored: dict[str, Any] = {}
        self.network = Routes()
        self.network.add(KEYS, Starlette(routes=[Route("/.well-known/jwks.json", self._jwks)]))
        self.network.add(
            API,
            Starlette(
                routes=[
                    Route("/graphql", self._graphql, methods=["POST"]),
                    Route("/forge/storage/kvs/v1/{path:path}", self._kvs, methods=["POST"]),
                    Route("/ex/{product}/{cloud}/{path:path}", self._rest, methods=["GET", "POST", "PUT", "DELETE"]),
                ]
            ),
        )

    def new_site(self, **given: Any) -> Site:
        return self.know(Site(**given))

    def know(self, site: Site) -> Site:
        self.sites[site.cloud_id] = site
        return site

    def claims(self, site: Site, module: tuple[str, str], **changes: Any) -> dict[str, Any]:
        """Return the claims of a token; None takes one away, `app` is merged."""
        now = int(time.time())
        place = {"name": site.product, "apiBaseUrl": site.api, "cloudId": site.cloud_id}
        ari = f"ari:cloud:ecosystem::installation/{site.installation}"
        app = {
            "id": APP,
            "installationId": ari,
            "installation": {"id": ari, "contexts": [place]},
            "apiBaseUrl": site.api,
            "appVersion": "2.0.0",
            "environment": {"type": site.environment, "id": ENVIRONMENT},
            "module": {"type": module[0], "key": module[1]},
        }
        said: dict[str, Any] = {
            "iss": "forge/invocation-token",
            "aud": APP,
            "iat": now,
            "nbf": now,
            "exp": now + 25,
            "jti": uuid.uuid4().hex,
        }
        if module[0] != ENDPOINT:
            said["principal"] = OTHER
            said["context"] = {
                "cloudId": site.cloud_id,
                "siteUrl": f"https://site-{site.cloud_id[:8]}.atlassian.net",
                "moduleKey": module[1],
                "extension": {"type": module[0], "issue": {"id": "10000", "key": "TP-1"}, "project": {"key": "TP"}},
            }
        said["app"] = {name: one for name, one in (app | changes.pop("app", {})).items() if one is not None}
        return {name: one for name, one in (said | changes).items() if one is not None}

    def token(
        self, site: Site, module: tuple[str, str], *, key: str = "forge", kid: str = "key-1", **changes: Any
    ) -> str:
        return rs256(self.claims(site, module, **changes), rsa_key(key), kid=kid)

    def signed(self, sent: Sent, token: str, *, system: str | None = None, user: str | None = None) -> Sent:
        sent = sent.with_header("authorization", f"Bearer {token}").with_header("x-b3-traceid", "463ac35c9f6413ad")
        if system is not None:
            sent = sent.with_header("x-forge-oauth-system", system)
        return sent if user is None else sent.with_header("x-forge-oauth-user", user)

    def event(self, site: Site, event: dict[str, Any], *, system: str | None = None, **changes: Any) -> Sent:
        token = self.token(site, (ENDPOINT, "forge-events"), **changes)
        return self.signed(Sent.post("/forge/events", event), token, system=system)

    def hourly(self, site: Site, *, system: str | None = None, **changes: Any) -> Sent:
        token = self.token(site, (ENDPOINT, "forge-hourly"), **changes)
        return self.signed(Sent.post("/forge/hourly", {}), token, system=system)

    def goodbye(self, site: Site, **changes: Any) -> Sent:
        body = {"context": {"cloudId": site.cloud_id, "moduleKey": "goodbye"}, "contextToken": "x"}
        return self.signed(
            Sent.post("/forge/uninstall", body), self.token(site, (ENDPOINT, "forge-uninstall"), **changes)
        )

    def call(self, site: Site, name: str, body: object = None, **given: Any) -> Sent:
        headers = {one: given.pop(one) for one in ("system", "user") if one in given}
        sent = Sent.post(f"/forge/call/{name}", {} if body is None else body)
        return self.signed(sent, self.token(site, PANEL, **given), **headers)

    def lifecycle(self, site: Site, event: str = "installed", *, system: str | None = None) -> Sent:
        body = {
            "eventType": f"avi:forge:{event}:app",
            "id": site.installation,
            "installerAccountId": ADMIN,
            "app": {"id": APP.rpartition("/")[2], "version": "2.0.0", "name": "Example"},
            "environment": {"id": ENVIRONMENT},
        }
        return self.event(site, body, system=system)

    async def _jwks(self, _: Request) -> Response:
        self.asked_for_keys += 1
        if self.answers:
            return self.answers.popleft()
        return JSONResponse({"keys": [jwk(name, kid) for kid, name in self.keys.items()]})

    async def _noted(self, request: Request) -> Any:
        raw = await request.body()
        body = json.loads(raw) if raw else None
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.calls.append((request.method, target, request.headers.get("authorization", ""), body))
        return body

    async def _rest(self, request: Request) -> Response:
        body = await self._noted(request)
        if self.refusals:
            return self.refusals.popleft()
        site = self.sites.get(request.path_params["cloud"])
        if site is None or not site.is_installed:
            return JSONResponse({"message": "gone"}, site.gone if site else 401)
        path: str = request.path_params["path"]
        if self.missing is not None and path.startswith(self.missing):
            return JSONResponse({"errorMessages": ["none"]}, 404)
        if path.endswith(PROPERTY):
            return JSONResponse({"key": PROPERTY, "value": site.client_key}, 200 if site.client_key else 404)
        if path == "rest/api/3/permissions/check":
            granted = body["globalPermissions"] if body["accountId"] == ADMIN else []
            return JSONResponse({"globalPermissions": granted})
        return JSONResponse({"id": "1", "key": "TP-1", "path": path, "fields": {"summary": "It works"}})

    async def _graphql(self, request: Request) -> Response:
        body = await self._noted(request)
        if self.refusals:
            return self.refusals.popleft()
        user = body["variables"]["input"]["userId"]
        denied = {"success": False, "errors": [{"message": "no such person"}], "authToken": None}
        return JSONResponse({"data": {"offlineUserAuthToken": self.people.get(user, denied)}})

    async def _kvs(self, request: Request) -> Response:
        body = await self._noted(request)
        if self.refusals:
            return self.refusals.popleft()
        status, answer = answer_of(self.stored, request.path_params["path"], body)
        return JSONResponse(answer, status)
