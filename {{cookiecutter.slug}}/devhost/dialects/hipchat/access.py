"""Turns the token of an API call into a session, and checks its scopes, limits and room."""

from typing import Annotated, Any

from fastapi import Depends, Request, params

from devhost.dialects.hipchat.installation import HipChatInstallation
from devhost.dialects.hipchat.world import HipChatWorld, WorldDep
from devhost.errors import HostError, forbidden
from devhost.world.people import Person
from devhost.world.rooms import Room
from devhost.world.sessions import Session


class AuthTestPassed(Exception):
    """The token is good for the method; nothing is executed."""


def limit_headers(request: Request) -> dict[str, str]:
    """Return the headers which this request's answer will carry; callers add to them."""
    found: dict[str, str] = request.scope.setdefault("state", {}).setdefault("limits", {})
    return found


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return request.query_params.get("auth_token", "")


def find_session(world: HipChatWorld, request: Request) -> Session:
    """Return the live session of a request. Raises HostError 401."""
    token = _token(request)
    if not token:
        raise HostError(401, "Authenticated requests only. Send an access token as Authorization: Bearer")
    session = world.sessions.get(token, world.clock.now())
    if session is None or not _lives(world, session):
        raise HostError(401, "Invalid OAuth session")
    return session


def _lives(world: HipChatWorld, session: Session) -> bool:
    if session.client_id is not None:
        installation = world.installations.get(session.client_id)
        if installation is None or not installation.alive:
            return False
    return session.person_id is None or world.people.find(session.person_id) is not None


def _note(request: Request, session: Session) -> None:
    claims: dict[str, Any] = {"scopes": sorted(session.scopes)}
    if session.client_id:
        claims["client_id"] = session.client_id
    if session.person_id is not None:
        claims["user_id"] = session.person_id
    request.scope.setdefault("state", {})["session"] = claims


def allow(*scopes: str) -> params.Depends:
    """Make the dependency of a method that needs any one of these scopes."""

    async def session_with_scope(request: Request, world: WorldDep) -> Session:
        session = find_session(world, request)
        _note(request, session)
        world.limits.call(session, limit_headers(request))
        testing = request.query_params.get("auth_test") == "true"
        if scopes and not session.scopes & set(scopes):
            wanted = ", ".join(f"u'{scope}'" for scope in sorted(scopes))
            message = f"This action requires one of the following scopes: [{wanted}]"
            raise HostError(401 if testing else 403, message)
        if testing:
            raise AuthTestPassed
        return session

    dependency: params.Depends = Depends(session_with_scope)
    return dependency


ViewRoom = Annotated[Session, allow("view_group", "view_room")]
ViewGroup = Annotated[Session, allow("view_group")]
ViewMessages = Annotated[Session, allow("view_messages")]
AdminRoom = Annotated[Session, allow("admin_room")]
AdminGroup = Annotated[Session, allow("admin_group")]
ManageRooms = Annotated[Session, allow("manage_rooms")]
SendMessage = Annotated[Session, allow("send_message")]
SendNotification = Annotated[Session, allow("send_notification")]
AnySession = Annotated[Session, allow()]


def room_for(world: HipChatWorld, session: Session, ref: int | str) -> Room:
    """Return a room that the session may touch. Raises HostError 404 or 403."""
    room = world.room(ref)
    if not may_see(world, session, room):
        raise forbidden(f"This token does not reach the room {room.id}")
    return room


def may_see(world: HipChatWorld, session: Session, room: Room) -> bool:
    """Say whether a room install, a room token or a user's membership lets the session into a room."""
    if session.room_id is not None and session.room_id != room.id:
        return False
    if session.client_id is not None:
        installation = world.installations.get(session.client_id)
        if installation is None or not installation.covers(room.id):
            return False
    if session.person_id is not None and room.privacy == "private":
        return session.person_id in room.members
    return True


def own_installation(world: HipChatWorld, session: Session) -> HipChatInstallation:
    """Return the installation that asks. Raises HostError 403 for tokens of users."""
    found = world.installations.get(session.client_id) if session.client_id else None
    if found is None:
        raise forbidden("Only the token of an add-on can do this")
    return found


def acting_person(world: HipChatWorld, session: Session) -> Person:
    """Return the user who asks. Raises HostError 403 for tokens of add-ons."""
    found = world.people.find(session.person_id) if session.person_id is not None else None
    if found is None:
        raise forbidden("Only the token of a user can do this")
    return found


def author(world: HipChatWorld, session: Session) -> tuple[Person | None, str]:
    """Return who speaks with a token: a person, or the name of an add-on."""
    person = world.people.get(session.person_id) if session.person_id is not None else None
    installation = world.installations.get(session.client_id or "")
    return person, "" if person else installation.name if installation else "Integration"
