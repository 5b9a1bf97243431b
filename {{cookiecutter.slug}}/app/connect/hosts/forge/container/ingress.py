"""Calls into a container: who calls is asked of the sidecar by the invocation's id, and stamped for the one check.

A stamp replaces nothing that came: it is a header of its own, which nobody else's request keeps.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from app.connect.declare.addon import Addon
from app.connect.hosts.forge.claims import ISSUER, read_installation
from app.connect.hosts.forge.container.sidecar import INVOCATION, Sidecar, SidecarUnavailable, places_of
from app.connect.hosts.forge.container.stamp import INVOCATION_CLAIM, Stamp
from app.connect.hosts.forge.inbound import ENDPOINT, SYSTEM, USER, ForgeInbound, Trust, key_id_of
from app.connect.hosts.forge.jwks import KeySets
from app.connect.hosts.forge.manifest.modules import all_modules
from app.connect.hosts.forge.settings import CLOUD_ORIGINS
from app.connect.hosts.protocol import Asked, Found, Unproven
from app.connect.keys.jwt import TokenRefused, VerifyKey

log = logging.getLogger(__name__)

ID = b"x-forge-invocation-id"
STAMPED = b"x-connect-container-stamp"
PLATFORM = "core:"
"""What the types of modules begin with that nobody sees: triggers, schedules, endpoints."""
Headers = Sequence[tuple[bytes, bytes]]


class Ingress:
    """Asks the sidecar who calls before any route sees a request with an invocation's id."""

    def __init__(self, app: ASGIApp, sidecar: Sidecar, stamp: Stamp, environment: str = "") -> None:
        self._app = app
        self._sidecar = sidecar
        self._stamp = stamp
        self._environment = environment
        self._endpoints: Mapping[str, str] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stamp a request; one that cannot be goes on unproven, which routes refuse."""
        if scope["type"] == "http":
            scope["headers"] = await self._stamped(scope)
        await self._app(scope, receive, send)

    async def _stamped(self, scope: Scope) -> Headers:
        # Nobody but this writes stamps, and the platform pushes no access tokens here.
        headers = [one for one in scope["headers"] if one[0] not in {STAMPED, SYSTEM, USER}]
        given = [value.decode("latin-1") for name, value in headers if name == ID]
        if not given:
            return headers
        try:
            addon: Addon = scope["app"].state.serving.addon
            token = self._stamp.sign(await self._claims(_one(given), addon))
        except TokenRefused as refused:
            log.warning("a call into the container is not believed: %s", refused)
            return headers
        return [*headers, (STAMPED, token.encode())]

    async def _claims(self, invocation: str, addon: Addon) -> Mapping[str, Any]:
        said = await self._sidecar.context(invocation)
        app = _table(said, "app")
        environment = _table(app, "environment")
        if self._environment and _tail(environment.get("id")) != _tail(self._environment):
            raise TokenRefused("the invocation is of another environment than FORGE_ENV_ARI")
        return {
            "iss": ISSUER,
            "aud": app.get("id"),
            "app": {
                **app,
                **await self._whereabouts(app),
                "environment": {**environment, "type": str(environment.get("type", "")).upper()},
                "module": self._module(_table(app, "module"), addon),
            },
            "context": said.get("context"),
            "principal": _principal(said.get("principal")),
            INVOCATION_CLAIM: invocation,
        }

    async def _whereabouts(self, app: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what tokens say of the site, where the context does not: by the list of installations."""
        contexts = _table(app, "installation").get("contexts")
        if "apiBaseUrl" in app:
            return {}
        if isinstance(contexts, list) and contexts and isinstance(contexts[0], Mapping):
            return {"apiBaseUrl": contexts[0].get("apiBaseUrl")}
        found = await self._sidecar.installation(read_installation(app.get("installationId")))
        if found is None:
            # It is there, since it called: lists are behind.
            raise SidecarUnavailable
        places = places_of(found)
        if not places:
            raise TokenRefused("the sidecar names no site of this installation")
        named = [
            {"name": product, "apiBaseUrl": f"{CLOUD_ORIGINS[0]}/ex/{product}/{cloud}", "cloudId": cloud}
            for product, cloud in places
        ]
        return {
            "apiBaseUrl": named[0]["apiBaseUrl"],
            "installation": {"contexts": named},
            "appVersion": app.get("appVersion") or str(found.get("version", "")),
        }

    def _module(self, module: Mapping[str, Any], addon: Addon) -> Mapping[str, Any]:
        """Name the endpoint of a trigger or schedule: contexts may name the module where tokens name the endpoint."""
        kind, key = module.get("type"), module.get("key")
        if not isinstance(kind, str) or not kind.startswith(PLATFORM) or kind == ENDPOINT:
            return module
        if self._endpoints is None:
            modules = (one for listed in all_modules(addon).values() for one in listed)
            self._endpoints = {one["key"]: one["endpoint"] for one in modules if isinstance(one.get("endpoint"), str)}
        # One that is none of ours stays nameless, and opens nothing.
        return {"type": ENDPOINT, "key": self._endpoints.get(str(key), f"of:{key}")}


class ContainerInbound(ForgeInbound):
    """Believes the stamp of this process besides what Forge signed."""

    def __init__(self, keys: KeySets, trust: Trust, stamp: Stamp) -> None:
        super().__init__(keys, trust)
        self._stamp = stamp

    def find(self, asked: Asked) -> Found | None:
        """Return the stamp, else the one token; both are refused."""
        stamps = [value for name, value in asked.headers if name == STAMPED]
        found = super().find(asked)
        if not stamps:
            return found
        if found is not None:
            raise TokenRefused("a token beside an invocation")
        return Found(stamps[0].decode("ascii"), f"{asked.kind} {asked.key}".encode())

    async def keys(self, unproven: Unproven, stored: Sequence[VerifyKey]) -> Sequence[VerifyKey]:
        """Return the key of this process for its stamps, and Forge's for everything else."""
        if key_id_of(unproven) == self._stamp.key_id:
            return (self._stamp.public,)
        return await super().keys(unproven, stored)


def _one(given: Sequence[str]) -> str:
    if len(given) > 1 or not INVOCATION.fullmatch(given[0]):
        raise TokenRefused("the invocation's id is there twice, or has a form that is not asked for")
    return given[0]


def _table(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = given.get(name)
    return found if isinstance(found, Mapping) else {}


def _tail(name: object) -> str:
    """Return what an id ends with: it comes with its whole name or without."""
    return str(name).rpartition("/")[2].lower()


def _principal(given: object) -> object:
    """Return the account: a context may write it as tokens do, or as functions get it."""
    return given.get("accountId") if isinstance(given, Mapping) else given
