"""The host's acts over HTTP for scripts: JSON in and out under /_devhost."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from devhost.chat.host import Host
from devhost.errors import bad_request, not_found
from devhost.wire.body import check, read_object
from devhost.wire.guard import Guarded
from devhost.world import messages

router = APIRouter(prefix="/_devhost", dependencies=[Guarded])


async def get_host(request: Request) -> Host:
    """Return the host of the app that serves a request."""
    host = request.app.state.host
    if not isinstance(host, Host):
        raise TypeError("app.state.host is not a Host: build the app with create_devhost")
    return host


HostDep = Annotated[Host, Depends(get_host)]


class InstallBody(BaseModel):
    """What to install and where; without `room_id` in the group."""

    model_config = ConfigDict(strict=True, extra="forbid")

    url: str = Field(min_length=1)
    room_id: int | None = None


class SayBody(BaseModel):
    """What somebody says."""

    model_config = ConfigDict(strict=True, extra="forbid")

    text: str = Field(min_length=1, max_length=10_000)
    user: int | str = "admin"


class FireBody(BaseModel):
    """An event to let happen."""

    model_config = ConfigDict(strict=True, extra="forbid")

    event: str
    user: int | str = "admin"
    item: dict[str, Any] = {}


class TokenBody(BaseModel):
    """Whose token to make: a user's with scopes, or a room's."""

    model_config = ConfigDict(strict=True, extra="forbid")

    user: int | str | None = None
    room: int | str | None = None
    scopes: list[str] | None = None


class ViewBody(BaseModel):
    """Who looks, and in which room."""

    model_config = ConfigDict(strict=True, extra="forbid")

    room_id: int = 1
    user: int | str = "admin"
    forgery: str | None = None


@router.post("/consent")
async def ask_consent(request: Request, host: HostDep) -> dict[str, Any]:
    """Return what an add-on asks for, without installing it."""
    body = check(InstallBody, await read_object(request))
    return (await host.consent(body.url, room_id=body.room_id)).public()


@router.post("/consent/{consent_id}/approve", status_code=201)
async def approve(consent_id: str, host: HostDep) -> dict[str, Any]:
    """Install what was asked for; 422 with the reason when it is refused."""
    return (await host.approve(host.take_consent(consent_id))).public()


@router.post("/install", status_code=201)
async def install(request: Request, host: HostDep) -> dict[str, Any]:
    """Install an add-on; 422 with the reason when it is refused."""
    body = check(InstallBody, await read_object(request))
    return (await host.install(body.url, room_id=body.room_id)).public()


@router.post("/tokens", status_code=201)
async def make_token(request: Request, host: HostDep) -> dict[str, str]:
    """Make a personal token of a user or the notification token of a room."""
    body = check(TokenBody, await read_object(request))
    if body.room is not None and body.user is None:
        return {"access_token": host.room_token(body.room)}
    if body.user is None or body.room is not None:
        raise bad_request("One of `user` and `room` is needed")
    return {"access_token": host.user_token(body.user, set(body.scopes) if body.scopes else None)}


@router.get("/installations")
async def list_installations(host: HostDep) -> dict[str, Any]:
    """List what is installed."""
    return {"items": [one.public() for one in host.installations()]}


@router.delete("/installations/{client_id}")
async def uninstall(
    client_id: str,
    host: HostDep,
    delete: bool = True,  # noqa: FBT001, FBT002 - query parameters
    browser: bool = True,  # noqa: FBT001, FBT002
) -> dict[str, Any]:
    """Uninstall an add-on and return what it answered to the DELETE."""
    answer = await host.uninstall(client_id, delete=delete, browser=browser)
    return {"status": answer.status if answer else None, "error": answer.error if answer else ""}


@router.post("/installations/{client_id}/update")
async def update(client_id: str, host: HostDep) -> dict[str, Any]:
    """Update an add-on from its descriptor."""
    return (await host.update(client_id)).public()


@router.post("/installations/{client_id}/glance/{key}")
async def glance(client_id: str, key: str, request: Request, host: HostDep) -> dict[str, Any]:
    """Query a glance; 422 with the reason when a client would show an error."""
    body = check(ViewBody, await read_object(request, empty=True))
    return await host.glance(client_id, key, room_id=body.room_id, user=body.user, forgery=body.forgery)


@router.get("/installations/{client_id}/signed-url")
async def signed_url(
    client_id: str,
    host: HostDep,
    kind: str,
    key: str = "",
    room_id: int | None = None,
    user: str = "admin",
    forgery: str | None = None,
) -> dict[str, str]:
    """Return the address that a client would open."""
    return {"url": host.signed_url(client_id, kind, key, room_id=room_id, user=user, forgery=forgery)}


@router.post("/rooms/{room_ref}/say")
async def say(room_ref: str, request: Request, host: HostDep) -> dict[str, Any]:
    """Say something and return the deliveries with their answers."""
    body = check(SayBody, await read_object(request))
    return {"items": [one.public() for one in await host.say(room_ref, body.text, user=body.user)]}


@router.post("/rooms/{room_ref}/fire")
async def fire(room_ref: str, request: Request, host: HostDep) -> dict[str, Any]:
    """Let an event happen and return the deliveries with their answers."""
    body = check(FireBody, await read_object(request))
    sent = await host.fire_item(body.event, room_ref, body.item, user=body.user)
    return {"items": [one.public() for one in sent]}


@router.get("/rooms/{room_ref}/timeline")
async def timeline(room_ref: str, host: HostDep) -> dict[str, Any]:
    """List a room's messages, oldest first."""
    return {"items": [messages.render(one, host.base_url) for one in host.timeline(room_ref)]}


@router.get("/rooms/{room_ref}/glances")
async def glances(room_ref: str, host: HostDep, user: str = "admin") -> dict[str, Any]:
    """List what one person sees in a room's side bar."""
    return {"items": [one.public() for one in host.glances(room_ref, user=user)]}


@router.get("/rooms/{room_ref}/modules")
async def modules(room_ref: str, host: HostDep, user: str = "admin", message_id: str | None = None) -> dict[str, Any]:
    """List the panels and actions that one person may open in a room, or on a message."""
    message = None
    if message_id is not None:
        message = host.room(room_ref).message(message_id)
        if message is None:
            raise not_found(f"Message {message_id}")
    actions = await host.actions(room_ref, user=user, message=message)
    panels = host.panels(room_ref, user=user)
    return {
        "panels": [one.public() for one in panels],
        "actions": [one.public() for one in actions],
        "context": {"message": host.message_context(message)} if message else {},
    }
