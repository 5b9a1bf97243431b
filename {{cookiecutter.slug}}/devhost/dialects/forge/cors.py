"""Sends `requestRemote` as the browser of a product's page does: asks first, and hides what it may not show."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from devhost.dialects.atlassian.place import Place
from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.claims import claims_of, signed
from devhost.dialects.forge.invoking import find_module, module_type
from devhost.dialects.forge.state import ForgeState
from devhost.errors import not_found
from devhost.wire.outbound import Answer, Ask

_SIMPLE = ("GET", "HEAD", "POST")
_SHOWN = {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
_SIMPLE_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectCall:
    """What a frontend's own browser asks a remote for."""

    module: str
    remote: str
    path: str
    method: str = "GET"
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str | None = None
    # The body is a form as the bridge writes it: JSON whose members `file...` are base64.
    is_form: bool = False
    place: Place


async def request_remote(state: ForgeState, installation: ForgeInstallation, call: DirectCall) -> httpx.Response:
    """Return what a script gets. Raises httpx.RequestError where a browser says `Failed to fetch`, and HostError."""
    remote = installation.app.manifest.remote(call.remote)
    if remote is None:
        raise not_found(f"Remote {call.remote} of {installation.app.name}")
    kind = module_type(find_module(installation, call.module).kind)
    place = call.place
    claims = claims_of(state, installation, kind=kind, key=call.module, place=place, person=place.person)
    page = urlsplit(state.shell.base_url)
    origin = f"{page.scheme}://{page.netloc}"
    headers = {name.lower(): value for name, value in call.headers}
    body = call.body.encode("utf-8") if call.body is not None and call.method.upper() not in ("GET", "HEAD") else None
    if call.is_form:
        body, headers["content-type"] = _form(call.body or "{}")
    headers["authorization"] = f"Bearer {signed(state, claims)}"
    ask = Ask(
        method=call.method.upper(),
        url=remote.url + call.path,
        purpose=f"requestRemote of {call.module}",
        timeout=state.knobs.frontend_timeout,
        body=body,
        headers=headers | {"origin": origin},
        limit=state.knobs.answer_limit,
        client_id=installation.number,
        claims=claims,
    )
    await _preflight(state, ask, origin)
    answer = await state.outbound.send(ask)
    return _shown(answer, origin)


async def _preflight(state: ForgeState, ask: Ask, origin: str) -> None:
    """Ask whether the request may be sent: it has a token, so a browser always asks. Raises httpx.RequestError."""
    asked = sorted(name for name in ask.headers if name != "origin" and not _is_simple(name, ask.headers[name]))
    headers = {
        "origin": origin,
        "access-control-request-method": ask.method,
        "access-control-request-headers": ",".join(asked),
    }
    answer = await state.outbound.send(
        Ask(
            method="OPTIONS",
            url=ask.url,
            purpose=f"preflight of {ask.purpose}",
            timeout=ask.timeout,
            headers=headers,
            client_id=ask.client_id,
        )
    )
    if not answer.ok:
        raise _failed(answer, f"the preflight was answered with {answer.told()}")
    _require_origin(answer, origin)
    methods = _list(answer, "access-control-allow-methods")
    if ask.method not in (*_SIMPLE, *(one.upper() for one in methods)) and "*" not in methods:
        raise _failed(answer, f"access-control-allow-methods does not name {ask.method}")
    known = {one.lower() for one in _list(answer, "access-control-allow-headers")}
    # A star does not stand for the token.
    missing = [one for one in asked if one not in known and ("*" not in known or one == "authorization")]
    if missing:
        raise _failed(answer, f"access-control-allow-headers does not name {', '.join(missing)}")


def _is_simple(name: str, value: str) -> bool:
    if name == "content-type":
        return value.partition(";")[0].strip().lower() in _SIMPLE_TYPES
    return name in ("accept", "accept-language", "content-language")


def _shown(answer: Answer, origin: str) -> httpx.Response:
    response = answer.response()
    _require_origin(answer, origin)
    exposed = {one.lower() for one in _list(answer, "access-control-expose-headers")}
    headers = {name: value for name, value in response.headers.items() if name in _SHOWN | exposed or "*" in exposed}
    return httpx.Response(response.status_code, headers=headers, content=response.content, request=response.request)


def _require_origin(answer: Answer, origin: str) -> None:
    named = answer.headers.get("access-control-allow-origin", "")
    if named not in ("*", origin):
        raise _failed(answer, f"access-control-allow-origin is {named!r}, and the page's origin is {origin}")


def _list(answer: Answer, name: str) -> list[str]:
    return [one.strip() for one in answer.headers.get(name, "").split(",") if one.strip()]


def _failed(answer: Answer, reason: str) -> httpx.RequestError:
    return httpx.RequestError(f"Failed to fetch: {reason}", request=httpx.Request(answer.method, answer.url))


def _form(raw: str) -> tuple[bytes, str]:
    """Write the form that the bridge handed over, with its files, and return it with its media type."""
    members: dict[str, Any] = json.loads(raw)
    files = {}
    for name, value in members.items():
        if name.startswith("file"):
            content = base64.b64decode(str(value).rpartition(",")[2])
            files[name] = (str(members.get(f"__{name}Name")), content, str(members.get(f"__{name}Type")))
    data = {name: str(value) for name, value in members.items() if not name.startswith(("file", "__file"))}
    made = httpx.Request("POST", "http://127.0.0.1", data=data, files=files or None)
    return made.read(), made.headers["content-type"]
