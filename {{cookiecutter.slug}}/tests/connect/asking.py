"""What tests of the door ask with: tokens as a host signs them, tokens of our own pages, and the requests."""

import asyncio
import re
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from sqlalchemy import update

from app.connect.tenancy.tables import InstallationRow
from devhost.wire import signing
from devhost.world.installations import Installation
from tests.support.running import RunningAddon

GLANCE = "/hipchat/glance/status"
PANEL = "/hipchat/panel/list"
SETTINGS = "/hipchat/settings"
RENEW = "/hipchat/page-token"


def host_token(
    addon: RunningAddon, installation: Installation, *, forgery: str | None = None, user: str = "admin"
) -> str:
    """Return a token as the host signs one for a viewer in the lobby."""
    url = addon.devhost.host.signed_url(
        installation.client_id, "glance", "status", room_id=1, user=user, forgery=forgery
    )
    return parse_qs(urlsplit(url).query)["signed_request"][0]


def signed(installation: Installation, *, secret: str | None = None, **changes: object) -> str:
    """Sign claims of a test's own with the tenant's secret; `...` takes a claim away."""
    now = int(time.time())
    claims = {
        "iss": installation.client_id,
        "sub": "1",
        "iat": now,
        "exp": now + 60,
        "context": {"room_id": 1},
    } | changes
    return signing.sign(
        {name: value for name, value in claims.items() if value is not ...}, secret or installation.secret
    )


def claims_of(token: str) -> dict[str, Any]:
    """Read what a token says, without believing it."""
    return signing.read_claims(token) or {}


async def page_token(addon: RunningAddon, installation: Installation, key: str = "list", *, user: str = "Admin") -> str:
    """Open a page of the showcase as a client does and return the token in it; no key means the settings."""
    kind = {"list": "webPanel", "ask": "dialog", "sheet": "externalPage", "": "configurable"}[key]
    page = await addon.devhost.host.open(installation.client_id, kind, key, room_id=1, user=user)
    found = re.search(r'name="page-token" content="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def header(token: str) -> dict[str, str]:
    """Return the header in which pages and clients send a token."""
    return {"Authorization": f"JWT {token}"}


async def ask(addon: RunningAddon, token: str, path: str = GLANCE) -> httpx.Response:
    """Ask for a path with a token in the header."""
    return await addon.http.get(path, headers=header(token))


async def status(addon: RunningAddon, token: str, path: str = GLANCE) -> int:
    """Ask for a path and return the status alone."""
    return (await ask(addon, token, path)).status_code


async def renew(addon: RunningAddon, token: str) -> httpx.Response:
    """Ask for another page token, as an open page does."""
    return await addon.http.post(RENEW, headers=header(token))


def without_request_id(answer: httpx.Response) -> tuple[bytes, list[tuple[str, str]]]:
    """Return all that a stranger sees of an answer, but for the id that differs every time."""
    body = re.sub(rb'"request_id":\s*"[^"]+"', b"", answer.content)
    return body, [(name, value) for name, value in answer.headers.multi_items() if name != "x-request-id"]


async def change_installation(addon: RunningAddon, installation: Installation, **values: object) -> None:
    """Change an installation's row as another process does: this one is told nothing."""
    statement = update(InstallationRow).where(InstallationRow.client_key == installation.client_id)
    async with addon.parts.database.session() as session:
        await session.execute(statement.values(changed_at=time.time(), **values))


async def install_again(addon: RunningAddon, installation: Installation) -> None:
    """Let the host send the installation once more, with whatever secret it has now."""
    answer = await addon.devhost.host.forge_install(installation.client_id, oauthSecret=installation.secret)
    assert answer.status == 204
    await addon.settle()


async def until_refused(addon: RunningAddon, token: str) -> httpx.Response:
    """Ask again and again until the token is refused, or return the last answer when it never is."""
    for _ in range(400):
        answer = await ask(addon, token)
        if answer.status_code != 200:
            break
        await asyncio.sleep(0.05)
    return answer
