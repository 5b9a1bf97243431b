"""Avatars and photos: read from base64, kept in memory, served without a token as the real host's CDN did."""

import base64
import binascii
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from devhost.errors import bad_request, not_found
from devhost.world.state import WorldDep

router = APIRouter(prefix="/images")

IMAGE_LIMIT = 1_000_000
_KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
_PLACEHOLDER = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="125" height="125" viewBox="0 0 125 125">'
    b'<rect width="125" height="125" rx="20" fill="#5b6b8c"/></svg>'
)

Owner = Literal["room", "user", "group"]


def read_image(text: str, field: str) -> bytes:
    """Read a base64 image (a data: URI too). Raises HostError 400 unless it is PNG, JPEG or GIF."""
    try:
        raw = base64.b64decode(text.rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_request(f"{field}: not base64", field=field) from error
    if len(raw) > IMAGE_LIMIT or not raw.startswith(tuple(_KINDS)):
        raise bad_request(f"{field}: not a PNG, JPEG or GIF image up to {IMAGE_LIMIT} bytes", field=field)
    return raw


def image_answer(base_url: str, owner: Owner, number: int) -> RedirectResponse:
    """Redirect to an image."""
    return RedirectResponse(f"{base_url}/images/{owner}/{number}", status_code=302)


@router.get("/{owner}/{number}")
async def get_image(owner: Owner, number: int, world: WorldDep) -> Response:
    """Return an image, or a plain one where none was set."""
    raw: bytes | None = world.group_avatar
    if owner == "room":
        room = world.rooms.find(number)
        raw = room.avatar if room else None
    elif owner == "user":
        person = world.people.get(number)
        if person is None:
            raise not_found(f"User {number}")
        raw = person.photo
    if raw is None:
        return Response(_PLACEHOLDER, media_type="image/svg+xml")
    kind = next((name for start, name in _KINDS.items() if raw.startswith(start)), "application/octet-stream")
    return Response(raw, media_type=kind, headers={"X-Content-Type-Options": "nosniff"})
