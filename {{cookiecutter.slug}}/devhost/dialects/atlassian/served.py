"""What everybody may read: the keys of installs, and the script that a site offers to add-ons' pages."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, PlainTextResponse

from devhost.dialects.atlassian.keys import PATH
from devhost.dialects.atlassian.state import StateDep

router = APIRouter(include_in_schema=False)

_SCRIPT = Path(__file__).parent / "static" / "all.js"


@router.get(f"{PATH}/{{key_id}}")
async def key(key_id: str, state: StateDep) -> PlainTextResponse:
    """Return a public key as PEM, for ever: a new key has a new id."""
    found = state.keys.public(key_id)
    if found is None:
        return PlainTextResponse("There is no such key.\n", status_code=404)
    return PlainTextResponse(found, headers={"Cache-Control": "public, max-age=3600"})


@router.get("/{site}/atlassian-connect/all.js")
async def script(site: str, state: StateDep) -> FileResponse:
    """Return the script that add-ons' pages load, on whatever origin they are."""
    state.sites.get(site)
    return FileResponse(_SCRIPT, media_type="text/javascript", headers={"X-Content-Type-Options": "nosniff"})
