"""The way of apps to the sites' APIs: /ex/{product}/{cloudId}, an access token, then the API itself (reference 6)."""

import re
from typing import cast

from fastapi.responses import JSONResponse, Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from devhost.dialects.atlassian.access import PASSED, Caller, Passed
from devhost.dialects.atlassian.sites import Product, Site
from devhost.dialects.forge.connect import CLIENT_KEY, client_key_of
from devhost.dialects.forge.state import ACTING, ForgeState
from devhost.dialects.forge.tokens import AccessToken
from devhost.errors import HostError

PATH = "/ex/"
_API = re.compile(r"/ex/(?P<product>jira|confluence)/(?P<cloud>[^/]+)(?P<rest>/.*)")
_RESERVED = re.compile(rf"/(?:wiki/)?rest/atlassian-connect/1/addons/(?P<addon>[^/]+)/properties/{CLIENT_KEY}")
# What a scope of Forge allows, in the words of the API's routes.
_ALLOWED = {"read": {"READ"}, "write": {"READ", "WRITE", "DELETE"}, "delete": {"DELETE"}, "manage": {"ADMIN"}}


def allowed(scopes: frozenset[str], product: Product) -> frozenset[str]:
    """Return what scopes allow at a product. Classic scopes to write let an app delete, too."""
    found: set[str] = set()
    for one in scopes:
        verb, _, what = one.partition(":")
        if product in what and "connect-" not in what:
            # A granular scope, which names its product behind a second colon, allows its own verb alone.
            found |= {verb.upper()} if what.count(":") and verb in _ALLOWED else _ALLOWED.get(verb, set())
    return frozenset(found)


class Gateway:
    """ASGI middleware: whom it lets through reaches the routes of the site as if they were called there."""

    def __init__(self, app: ASGIApp, *, state: ForgeState) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PATH):
            await self._app(scope, receive, send)
            return
        try:
            token, site, rest = self._proven(scope)
        except HostError as error:
            scope.setdefault("state", {})["refusal"] = error.message
            answer = JSONResponse({"code": error.status, "message": error.message}, status_code=error.status)
            await answer(scope, receive, send)
            return
        reserved = _RESERVED.fullmatch(rest)
        if reserved:
            await self._client_key(scope["method"], token, site, reserved["addon"])(scope, receive, send)
            return
        await self._pass(scope, receive, send, (token, site, rest))

    def _proven(self, scope: Scope) -> tuple[AccessToken, Site, str]:
        found = _API.fullmatch(scope["path"])
        if found is None:
            raise HostError(
                404, "Not found: an address is /ex/jira/<cloudId>/rest/... or /ex/confluence/<cloudId>/wiki/..."
            )
        scheme, _, value = Headers(scope=scope).get("authorization", "").partition(" ")
        token = self._state.tokens.proven(value.strip() if scheme.lower() == "bearer" else "")
        for site in token.installation.sites:
            if site.product == found["product"] and site.cloud_id == found["cloud"]:
                scope.setdefault("state", {})["session"] = {"client_id": token.installation.number}
                return token, site, found["rest"]
        raise HostError(403, f"Forbidden: {token.installation.app.name} is not installed there")

    def _client_key(self, method: str, token: AccessToken, site: Site, addon: str) -> Response:
        """Answer which client key the site had in Connect: read by the app that has its key, written by nobody."""
        connect = token.installation.app.manifest.app.connect
        if method != "GET" or connect is None or connect.key != addon:
            return JSONResponse({"message": "The property is reserved", "status-code": 403}, status_code=403)
        key = client_key_of(site, addon)
        if key is None:
            return JSONResponse({"message": "Property not found", "status-code": 404}, status_code=404)
        return JSONResponse({"key": CLIENT_KEY, "value": key})

    async def _pass(self, scope: Scope, receive: Receive, send: Send, proven: tuple[AccessToken, Site, str]) -> None:
        token, site, rest = proven
        caller = Caller(
            site=site,
            installation=token.installation.actors[site.name],
            person=token.person,
            trace=Headers(scope=scope).get("x-atlassian-webhook-trace", ""),
        )
        scopes = allowed(token.installation.app.manifest.scopes, site.product)
        scope["state"][PASSED] = Passed(caller=caller, scopes=scopes)
        # Confluence's API is below /wiki there, and below its site's own path here.
        rest = rest.removeprefix("/wiki") if site.product == "confluence" else rest
        raw = cast("bytes", scope.get("raw_path") or b"").decode("latin-1")
        inner = {**scope, "path": site.path + rest, "raw_path": (site.path + _below(raw, site)).encode("latin-1")}
        acting = ACTING.set(token.installation)
        try:
            await self._app(inner, receive, send)
        finally:
            ACTING.reset(acting)


def _below(raw: str, site: Site) -> str:
    found = _API.fullmatch(raw)
    rest = found["rest"] if found else ""
    return rest.removeprefix("/wiki") if site.product == "confluence" else rest
