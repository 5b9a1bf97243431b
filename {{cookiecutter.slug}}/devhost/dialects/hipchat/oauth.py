"""The token endpoint: grants, inspection and revocation of access tokens."""

import base64
import binascii
import secrets
from typing import Any

from fastapi import APIRouter, Request, Response

from devhost.dialects.hipchat.access import find_session, limit_headers
from devhost.dialects.hipchat.grants import TokenRequest
from devhost.dialects.hipchat.installation import HipChatInstallation
from devhost.dialects.hipchat.world import HipChatWorld, WorldDep
from devhost.errors import HostError, bad_request, not_found
from devhost.wire.body import FORM, check, content_type, read_bytes, read_form, strict_json
from devhost.world.sessions import Session, scope_text

router = APIRouter(prefix="/v2/oauth/token")

USER_SCOPES = frozenset({"send_message", "view_group", "view_messages", "view_room"})


def _credentials(request: Request) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise HostError(401, "Authenticated requests only. Send the OAuth id and secret as HTTP Basic")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise HostError(401, "The Basic credentials cannot be read") from error
    name, colon, password = text.partition(":")
    if not colon:
        raise HostError(401, "The Basic credentials have no colon")
    return name, password


def _client(world: HipChatWorld, request: Request) -> HipChatInstallation:
    name, password = _credentials(request)
    found = world.installations.get(name)
    right = secrets.compare_digest((found.secret if found else "").encode(), password.encode("utf-8", "replace"))
    if found is None or not right or not found.alive:
        raise HostError(401, "Unknown OAuth client, wrong secret, or the add-on was uninstalled")
    request.scope.setdefault("state", {})["session"] = {"client_id": found.client_id}
    return found


async def _body(request: Request) -> TokenRequest:
    raw = await read_bytes(request, 65_536)
    try:
        data: Any = strict_json(raw) if content_type(request) == "application/json" else read_form(raw)
    except ValueError as error:
        raise bad_request(f"The body is neither {FORM} nor JSON") from error
    return check(TokenRequest, data)


def issue(
    world: HipChatWorld,
    scopes: frozenset[str],
    *,
    client_id: str | None = None,
    person_id: int | None = None,
    room_id: int | None = None,
    refresh_token: str | None = None,
) -> Session:
    """Make an access token; its life time is the settings', or the fault's."""
    now = world.clock.now()
    broken = world.broken.token_seconds
    seconds = world.settings.token_seconds if broken is None else broken
    session = Session(
        scopes=scopes,
        issued=now,
        expires=now + seconds,
        client_id=client_id,
        person_id=person_id,
        room_id=room_id,
        refresh_token=refresh_token,
    )
    return world.sessions.add(session)


def token_answer(world: HipChatWorld, session: Session) -> dict[str, Any]:
    """Write the answer of the token endpoint."""
    seconds = max(0, int(session.expires - world.clock.now() + 0.5))
    body: dict[str, Any] = {
        "access_token": session.token,
        "token_type": "bearer",
        "expires_in": seconds,
        "scope": scope_text(session.scopes),
        "group_id": world.settings.group_id,
        "group_name": world.settings.group_name,
    }
    if session.refresh_token:
        body["refresh_token"] = session.refresh_token
    return body


def _narrowed(asked: str | None, allowed: frozenset[str]) -> frozenset[str]:
    if asked is None or not asked.strip():
        return allowed
    scopes = frozenset(asked.split())
    if not scopes <= allowed:
        outside = ", ".join(sorted(scopes - allowed))
        raise bad_request(f"scope: {outside} was not asked for in the descriptor", field="scope")
    return scopes


@router.post("")
async def post_token(request: Request, world: WorldDep) -> dict[str, Any]:
    """Exchange client credentials, an authorization code or a refresh token for an access token."""
    limit_headers(request)
    client = _client(world, request)
    body = await _body(request)
    declared = frozenset(client.descriptor.scopes)
    match body.grant_type:
        case "client_credentials":
            session = issue(world, _narrowed(body.scope, declared), client_id=client.client_id, room_id=client.room_id)
        case "authorization_code":
            code = world.sessions.take_code(body.code or "")
            if (
                code is None
                or code.client_id != client.client_id
                or code.expires <= world.clock.now()
                or code.redirect_uri != body.redirect_uri
            ):
                raise bad_request("code: unknown, used, expired, or of another client or redirect_uri")
            session = issue(
                world,
                _narrowed(body.scope, code.scopes),
                client_id=client.client_id,
                person_id=code.person_id,
                refresh_token=secrets.token_urlsafe(30),
            )
        case _:
            old = world.sessions.refreshed(body.refresh_token or "")
            if old is None or old.client_id != client.client_id:
                raise bad_request("refresh_token: unknown, or of another client")
            world.sessions.revoke(old.token)
            session = issue(
                world,
                _narrowed(body.scope, old.scopes),
                client_id=client.client_id,
                person_id=old.person_id,
                refresh_token=old.refresh_token,
            )
    return token_answer(world, session)


def _own(world: HipChatWorld, request: Request, token: str) -> Session:
    session = find_session(world, request)
    found = world.sessions.get(token, world.clock.now())
    if found is None:
        raise not_found("OAuth session")
    same_client = session.client_id is not None and session.client_id == found.client_id
    same_person = session.person_id is not None and session.person_id == found.person_id
    if session.token != token and not same_client and not same_person:
        raise not_found("OAuth session")
    return found


@router.get("/{token}")
async def get_session(token: str, request: Request, world: WorldDep) -> dict[str, Any]:
    """Return what a token may do; only its owner may ask."""
    session = _own(world, request, token)
    base = world.base_url
    owner: dict[str, Any] = {"links": {"self": f"{base}/v2/group/{world.settings.group_id}"}}
    owner_type = "client"
    if session.person_id is not None:
        owner = {"id": session.person_id, "links": {"self": f"{base}/v2/user/{session.person_id}"}}
        owner_type = "user"
    client = world.installations.get(session.client_id or "")
    return {
        "access_token": session.token,
        "expires_in": max(0, int(session.expires - world.clock.now())),
        "scopes": sorted(session.scopes),
        "owner": owner,
        "owner_type": owner_type,
        "client": {"id": client.client_id, "name": client.name, "room": client.room_id} if client else None,
        "links": {"self": f"{base}/v2/oauth/token/{session.token}"},
    }


@router.delete("/{token}")
async def delete_session(token: str, request: Request, world: WorldDep) -> Response:
    """Revoke a token."""
    session = _own(world, request, token)
    world.sessions.revoke(session.token)
    return Response(status_code=204)
