"""The endpoints between clients, the host and add-ons: glance pushes, signed addresses, sync and links."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from devhost.chat.openings import Look
from devhost.dialects.hipchat.access import AnySession, acting_person, own_installation, room_for
from devhost.dialects.hipchat.addresses import page_url, token_for, with_query
from devhost.dialects.hipchat.glances import GlanceState, check_glance
from devhost.dialects.hipchat.installation import HipChatInstallation
from devhost.dialects.hipchat.modules import Url
from devhost.dialects.hipchat.sidebar import covering
from devhost.dialects.hipchat.world import HipChatWorld, WorldDep
from devhost.errors import GlanceRefused, HostError, bad_request, forbidden, not_found
from devhost.wire.body import check, read_object
from devhost.world.rooms import Room
from devhost.world.sessions import Session
from devhost.world.tickets import Link

router = APIRouter(prefix="/v2/addon")


class Push(BaseModel):
    """The new content of one glance."""

    model_config = ConfigDict(strict=True)

    key: str = Field(min_length=1)
    content: dict[str, Any]


class Pushes(BaseModel):
    """Glances to update."""

    model_config = ConfigDict(strict=True)

    glance: list[Push] = Field(min_length=1)


class NewLink(BaseModel):
    """An address to which the host shall carry a browser; `ttl` in seconds."""

    model_config = ConfigDict(strict=True)

    target: Url
    ttl: int = Field(gt=0, le=86_400)


class Known(BaseModel):
    """What a client knows already."""

    model_config = ConfigDict(strict=True)

    known: dict[str, dict[str, Any]] = Field(alias="knownIntegrations")
    version: int = Field(default=1, alias="connectApiVersion")


def _need(session: Session, scope: str) -> None:
    if scope not in session.scopes:
        raise forbidden(f"This action requires one of the following scopes: [u'{scope}']")


@router.post("/ui", status_code=204)
@router.post("/ui/room/{room_ref}", status_code=204)
@router.post("/ui/user/{user_ref}", status_code=204)
@router.post("/ui/room/{room_ref}/user/{user_ref}", status_code=204)
async def push_glances(
    request: Request,
    world: WorldDep,
    session: AnySession,
    room_ref: str | None = None,
    user_ref: str | None = None,
) -> Response:
    """Show new glance data to the group, a room, a user, or a user in a room."""
    _need(session, "view_group" if room_ref is None else "view_room")
    installation = own_installation(world, session)
    room = room_for(world, session, room_ref) if room_ref is not None else None
    person = world.person(user_ref) if user_ref is not None else None
    body = check(Pushes, await read_object(request))
    declared = {glance.key for glance in installation.descriptor.capabilities.glance}
    for number, push in enumerate(body.glance):
        if push.key not in declared:
            raise bad_request(f"glance[{number}].key: the add-on declares no glance {push.key!r}", field="key")
        try:
            check_glance(push.content)
        except GlanceRefused as refused:
            raise bad_request(f"glance[{number}].content: {refused.reason}", field="content") from refused
    for push in body.glance:
        room_id = room.id if room else None
        state = GlanceState(
            client_id=installation.client_id,
            key=push.key,
            room_id=room_id,
            user_id=person.id if person else None,
            data=push.content,
            source="push",
            updated=world.clock.date(),
        )
        world.glances.put(state)
        found = {"client_id": installation.client_id, "key": push.key, "room_id": room_id}
        world.feed.publish("glance", found)
    return Response(status_code=204)


def _viewed(world: HipChatWorld, session: Session, room_id: int, addon_key: str) -> tuple[Room, HipChatInstallation]:
    room = room_for(world, session, room_id)
    for installation in covering(world, room):
        if installation.key == addon_key:
            return room, installation
    raise not_found(f"Add-on {addon_key}")


@router.get("/signed-url/{room_id}/{addon_key}/{attribute}@{kind}/{module_key}/{timestamp}")  # noqa: FAST003 - only there to defeat caches
async def get_signed_url(
    room_id: int,
    addon_key: str,
    attribute: str,
    kind: str,
    module_key: str,
    request: Request,
    world: WorldDep,
    session: AnySession,
) -> dict[str, str]:
    """Return a module's signed address and its token for the user who asks."""
    person = acting_person(world, session)
    room, installation = _viewed(world, session, room_id, addon_key)
    wanted = "query_url" if kind == "glance" else "url"
    if attribute != wanted:
        raise bad_request(f"attribute: a {kind} has {wanted}, not {attribute}", field="attribute")
    values = {name: value for name, value in request.query_params.items() if name != "auth_token"}
    look = Look(installation=installation, kind=kind, key=module_key, room_id=room.id, person=person, values=values)
    location, claims = page_url(world, look)
    token = parse_qs(urlsplit(location).query)["signed_request"][0] if claims is not None else ""
    return {"location": location, "jwt": token}


@router.get("/signed-urls/{room_id}/glances")
async def get_glance_urls(room_id: int, world: WorldDep, session: AnySession) -> dict[str, Any]:
    """Return the signed query address of every glance in a room."""
    person = acting_person(world, session)
    room = room_for(world, session, room_id)
    found: dict[str, Any] = {}
    for installation in covering(world, room):
        for glance in installation.descriptor.capabilities.glance:
            try:
                look = Look(installation=installation, kind="glance", key=glance.key, room_id=room.id, person=person)
                url, _ = page_url(world, look)
                entry: dict[str, Any] = {"success": True, "url": url}
            except HostError:
                entry = {"success": False}
            found[f"{installation.key}:{glance.key}"] = entry
    return found


@router.post("/sync")
async def sync(request: Request, world: WorldDep, session: AnySession) -> dict[str, Any]:
    """Return the installations that a client does not know in their present version."""
    acting_person(world, session)
    body = check(Known, await read_object(request))
    changed: dict[str, dict[str, Any]] = {}
    for installation in world.installations:
        place = "global" if installation.room_id is None else str(installation.room_id)
        version = installation.client_id[:8]
        if body.known.get(place, {}).get(installation.key) != version:
            changed.setdefault(place, {})[installation.key] = installation.public() | {"version": version}
    return {"changedIntegrations": changed, "pendingUpdates": {}}


@router.post("/link")
async def create_link(request: Request, world: WorldDep, session: AnySession) -> dict[str, str]:
    """Make a link that carries a browser to the add-on with a fresh token."""
    installation = own_installation(world, session)
    body = check(NewLink, await read_object(request))
    expires = world.clock.now() + body.ttl
    link = Link(client_id=installation.client_id, target=body.target, expires=expires)
    return {"token": world.tickets.add_link(link)}


@router.get("/link/{token}")
async def follow_link(token: str, world: WorldDep) -> Response:
    """Redirect a browser to the add-on; the person is the group's first admin, as nobody logs in here."""
    link = world.tickets.link(token, world.clock.now())
    installation = world.installations.get(link.client_id) if link else None
    if link is None or installation is None or not installation.alive:
        raise not_found("Link")
    signed, _ = token_for(world, installation, room_id=installation.room_id, person=world.person(1))
    return RedirectResponse(with_query(link.target, {"signed_request": signed}), status_code=302)


@router.delete("/link/{token}", status_code=204)
async def delete_link(token: str, world: WorldDep, session: AnySession) -> Response:
    """Forget a link."""
    installation = own_installation(world, session)
    link = world.tickets.link(token, world.clock.now())
    if link is None or link.client_id != installation.client_id:
        raise not_found("Link")
    world.tickets.drop_link(token)
    return Response(status_code=204)
