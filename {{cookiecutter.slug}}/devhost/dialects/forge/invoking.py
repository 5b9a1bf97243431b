"""Calls a remote: the token, the headers, the time it has, and what a frontend is told of the answer (reference 4)."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from devhost.dialects.atlassian.place import Place
from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.claims import claims_of, signed
from devhost.dialects.forge.manifest import TOKEN_SCOPES, Auth, Endpoint
from devhost.dialects.forge.state import ForgeState
from devhost.errors import bad_request, not_found
from devhost.wire.outbound import Answer, Ask
from devhost.world.people import Person

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LARGEST_REQUEST = 500 * 1024
_UNAUTHORIZED = 401
_JSON = "application/json"
# What a proxy sets itself; a frontend's own headers do not replace it.
_OWN = ("authorization", "host", "content-length", "connection", "x-b3-traceid", "x-b3-spanid")
_BY_BRIDGE = ("transfer-encoding", "connection", "content-length", "content-encoding")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontendCall:
    """What a frontend asks its remote for, from where and as whom."""

    module: str
    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    place: Place


@dataclass(frozen=True, slots=True)
class Found:
    """A module that a frontend belongs to: its type and what the manifest says of it."""

    kind: str
    module: dict[str, Any]


def find_module(installation: ForgeInstallation, key: str) -> Found:
    """Find a module with a frontend. Raises HostError 404."""
    for kind in installation.app.manifest.modules:
        for one in installation.app.manifest.of_type(kind):
            if one.get("key") == key and ("resource" in one or "resolver" in one):
                return Found(kind, one)
    raise not_found(f"Module {key} of {installation.app.name}, which must have a frontend,")


def module_type(kind: str) -> str:
    """Return the type of a module as tokens say it."""
    return "xen:macro" if kind == "macro" else kind


def headers_of(
    state: ForgeState, installation: ForgeInstallation, token: str, auth: Auth, person: Person | None
) -> dict[str, str]:
    """Write the headers of a request to a remote."""
    manifest = installation.app.manifest
    headers = {
        "authorization": f"Bearer {token}",
        "x-b3-traceid": secrets.token_hex(16),
        "x-b3-spanid": secrets.token_hex(8),
    }
    system, user = (one in manifest.scopes for one in TOKEN_SCOPES)
    if manifest.gives_tokens and auth.system.enabled and system:
        headers["x-forge-oauth-system"] = state.tokens.give(installation).value
    if manifest.gives_tokens and auth.user.enabled and user and person is not None:
        headers["x-forge-oauth-user"] = state.tokens.give(installation, person).value
    return headers


def request_of(
    state: ForgeState, installation: ForgeInstallation, endpoint: Endpoint, body: Any, *, purpose: str
) -> Ask:
    """Write what an endpoint is sent that no frontend calls."""
    claims = claims_of(state, installation, kind="core:endpoint", key=endpoint.key)
    return Ask(
        method="POST",
        url=installation.url(endpoint),
        purpose=purpose,
        timeout=state.knobs.event_timeout,
        body=json.dumps(body, ensure_ascii=False).encode("utf-8"),
        headers=headers_of(state, installation, signed(state, claims), endpoint.auth, None) | {"content-type": _JSON},
        client_id=installation.number,
        claims=claims,
    )


async def invoke(state: ForgeState, installation: ForgeInstallation, call: FrontendCall) -> Answer:
    """Send `invokeRemote` of a frontend, and return the remote's own answer. Raises HostError 400 or 404."""
    found = find_module(installation, call.module)
    resolver = found.module.get("resolver")
    key = resolver.get("endpoint") if isinstance(resolver, dict) else None
    if not key:
        raise bad_request(f"The module {call.module} has no resolver.endpoint, so its frontend cannot invokeRemote")
    endpoint = installation.endpoint(key)
    method = call.method.upper()
    if method not in METHODS:
        raise bad_request(f"method: {call.method!r} is none of {', '.join(METHODS)}", field="method")
    body = None if call.body is None or method == "GET" else json.dumps(call.body, ensure_ascii=False).encode("utf-8")
    if body is not None and len(body) > LARGEST_REQUEST:
        raise bad_request(f"body: {LARGEST_REQUEST} bytes at most", field="body")
    claims = claims_of(
        state,
        installation,
        kind=module_type(found.kind),
        key=call.module,
        place=call.place,
        person=call.place.person,
    )
    own = {name: value for name, value in call.headers.items() if _is_theirs(name)}
    typed = {"content-type": _JSON} if body is not None else {}
    headers = headers_of(state, installation, signed(state, claims), endpoint.auth, call.place.person)
    return await state.outbound.send(
        Ask(
            method=method,
            # By the rules of addresses: a path that begins with a slash replaces one of the base URL.
            url=urljoin(installation.url(endpoint, "/"), call.path),
            purpose=f"invokeRemote of {call.module}",
            timeout=state.knobs.frontend_timeout,
            body=body,
            headers=own | typed | headers,
            limit=state.knobs.answer_limit,
            client_id=installation.number,
            claims=claims,
        )
    )


def _is_theirs(name: str) -> bool:
    return name.lower() not in _OWN and not name.lower().startswith("x-forge-")


def told(state: ForgeState, answer: Answer) -> dict[str, Any]:
    """Return what the frontend's script gets: a payload, or an error with a fixed text."""
    if answer.status is None or answer.error:
        timed_out = answer.error.startswith("no answer within")
        reason = f"Remote invocation timed out after {state.knobs.frontend_timeout:g} seconds"
        return _error(reason if timed_out else "Invalid response from remote - remote network error")
    if answer.status == _UNAUTHORIZED:
        return _error("Remote could not verify the Forge Invocation Token")
    kind = answer.headers.get("content-type")
    if not answer.ok and kind is not None and kind.partition(";")[0].strip().lower() != _JSON:
        return _error(
            "Invalid response from remote - content-type header must be set to application/json and is currently: "
            f"{kind}. Status: {answer.status}."
        )
    try:
        body = json.loads(answer.body) if answer.body or not answer.ok else None
    except ValueError:
        return _error(f"Invalid response from remote - cannot parse body as JSON. Status: {answer.status}.")
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers.multi_items():
        if name.lower() not in _BY_BRIDGE:
            headers.setdefault(name, []).append(value)
    return {"success": True, "payload": {"status": answer.status, "headers": headers, "body": body}}


def _error(message: str) -> dict[str, Any]:
    return {"success": False, "error": {"message": message}}
