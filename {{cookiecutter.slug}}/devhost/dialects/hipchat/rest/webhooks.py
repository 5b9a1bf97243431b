"""Webhooks and other modules that are added through the API."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from devhost.acts.matching import check_pattern
from devhost.dialects.hipchat.access import AdminRoom, AnySession, own_installation, room_for
from devhost.dialects.hipchat.installation import HipChatInstallation
from devhost.dialects.hipchat.modules import Action, Dialog, ExternalPage, Glance, Webhook, WebPanel
from devhost.dialects.hipchat.rest.paging import PageDep
from devhost.dialects.hipchat.webhooks import Registration
from devhost.dialects.hipchat.world import HipChatWorld, WorldDep
from devhost.errors import bad_request, forbidden, not_found
from devhost.wire.body import check, read_object
from devhost.world.clock import iso
from devhost.world.rooms import Room
from devhost.world.sessions import Session

router = APIRouter(prefix="/v2")

MODULES: dict[str, type[BaseModel]] = {
    "action": Action,
    "dialog": Dialog,
    "externalPage": ExternalPage,
    "glance": Glance,
    "webPanel": WebPanel,
    "webhook": Webhook,
}


def _hook(data: dict[str, Any]) -> Webhook:
    hook = check(Webhook, data)
    reason = check_pattern(hook.pattern) if hook.pattern is not None else ""
    if reason:
        raise bad_request(f"pattern: {reason}", field="pattern")
    return hook


def _mine(one: Registration, session: Session, room: Room | None) -> bool:
    same = one.client_id == session.client_id if session.client_id else one.person_id == session.person_id
    return same and (room is None or one.room_id in (None, room.id))


def _address(world: HipChatWorld, one: Registration, room_id: int) -> str:
    return f"{world.base_url}/v2/room/{room_id}/webhook/{one.id}"


def _row(world: HipChatWorld, one: Registration, room_id: int) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.hook.name,
        "key": one.hook.key,
        "event": one.hook.event,
        "pattern": one.hook.pattern,
        "url": one.hook.url,
        "links": {"self": _address(world, one, room_id)},
    }


def _find(world: HipChatWorld, session: Session, room: Room, number: int) -> Registration:
    one = world.webhooks.get(number)
    if one is None or not _mine(one, session, room):
        raise not_found(f"Webhook {number}")
    return one


@router.post("/room/{room_ref}/webhook", status_code=201)
async def create_webhook(room_ref: str, request: Request, world: WorldDep, session: AdminRoom) -> JSONResponse:
    """Register a webhook in a room."""
    room = room_for(world, session, room_ref)
    one = world.webhooks.add(
        _hook(await read_object(request)),
        created=world.clock.date(),
        client_id=session.client_id,
        person_id=session.person_id,
        room_id=room.id,
    )
    address = _address(world, one, room.id)
    return JSONResponse({"id": one.id, "links": {"self": address}}, status_code=201, headers={"Location": address})


@router.get("/room/{room_ref}/webhook")
async def list_webhooks(room_ref: str, world: WorldDep, session: AdminRoom, page: PageDep) -> dict[str, Any]:
    """List the caller's webhooks of a room."""
    room = room_for(world, session, room_ref)
    found = [one for one in world.webhooks if _mine(one, session, room)]
    return page.of(found, lambda one: _row(world, one, room.id))


@router.get("/room/{room_ref}/webhook/{number}")
async def get_webhook(room_ref: str, number: int, world: WorldDep, session: AdminRoom) -> dict[str, Any]:
    """Return one webhook."""
    room = room_for(world, session, room_ref)
    one = _find(world, session, room, number)
    return _row(world, one, room.id) | {
        "created": iso(one.created),
        "creator": {"id": one.client_id or one.person_id},
        "room": {"id": room.id, "links": {"self": f"{world.base_url}/v2/room/{room.id}"}},
    }


@router.delete("/room/{room_ref}/webhook/{number}", status_code=204)
async def delete_webhook(room_ref: str, number: int, world: WorldDep, session: AdminRoom) -> Response:
    """Remove a webhook."""
    room = room_for(world, session, room_ref)
    world.webhooks.remove(_find(world, session, room, number))
    return Response(status_code=204)


def _extension_place(
    world: HipChatWorld, session: Session, kind: str, room_ref: str | None
) -> tuple[HipChatInstallation, int | None]:
    if kind not in MODULES:
        raise not_found(f"Extension type {kind}")
    if room_ref is not None:
        room_id = room_for(world, session, room_ref).id
        needed = {"admin_room"}
    else:
        room_id, needed = None, {"admin_group", "admin_room"}
    if not needed & session.scopes:
        raise forbidden(f"This action requires one of the following scopes: {sorted(needed)}")
    return own_installation(world, session), room_id


def _registration(
    world: HipChatWorld, installation: HipChatInstallation, key: str, room_id: int | None
) -> Registration | None:
    for one in world.webhooks:
        if one.client_id == installation.client_id and one.hook.key == key and one.room_id == room_id:
            return one
    return None


@router.put("/extension/{kind}/{key}", status_code=201)
@router.put("/room/{room_ref}/extension/{kind}/{key}", status_code=201)
async def put_extension(
    kind: str, key: str, request: Request, world: WorldDep, session: AnySession, room_ref: str | None = None
) -> JSONResponse:
    """Add or replace a module under its key."""
    installation, room_id = _extension_place(world, session, kind, room_ref)
    data = {"key": key} | await read_object(request)
    if data["key"] != key:
        raise bad_request("key: the body and the path name different keys", field="key")
    number = 0
    if kind == "webhook":
        hook = _hook(data)
        old = _registration(world, installation, key, room_id)
        if old is not None:
            world.webhooks.remove(old)
        number = world.webhooks.add(
            hook, created=world.clock.date(), client_id=installation.client_id, room_id=room_id
        ).id
    else:
        check(MODULES[kind], data)
    installation.extensions[(kind, room_id, key)] = data
    address = world.base_url + request.url.path
    return JSONResponse(
        {"id": number or key, "links": {"self": address}}, status_code=201, headers={"Location": address}
    )


@router.get("/extension/{kind}/{key}")
@router.get("/room/{room_ref}/extension/{kind}/{key}")
async def get_extension(
    kind: str, key: str, world: WorldDep, session: AnySession, room_ref: str | None = None
) -> dict[str, Any]:
    """Return a module that was added through the API."""
    installation, room_id = _extension_place(world, session, kind, room_ref)
    found = installation.extensions.get((kind, room_id, key))
    if found is None:
        raise not_found(f"The {kind} {key}")
    return found


@router.delete("/extension/{kind}/{key}", status_code=204)
@router.delete("/room/{room_ref}/extension/{kind}/{key}", status_code=204)
async def delete_extension(
    kind: str, key: str, world: WorldDep, session: AnySession, room_ref: str | None = None
) -> Response:
    """Remove a module that was added through the API."""
    installation, room_id = _extension_place(world, session, kind, room_ref)
    if installation.extensions.pop((kind, room_id, key), None) is None:
        raise not_found(f"The {kind} {key}")
    old = _registration(world, installation, key, room_id) if kind == "webhook" else None
    if old is not None:
        world.webhooks.remove(old)
    return Response(status_code=204)
