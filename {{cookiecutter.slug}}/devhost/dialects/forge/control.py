"""The acts of Forge over HTTP for scripts: JSON in and out under /_devhost/forge."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from devhost.dialects.atlassian.host import Where
from devhost.dialects.forge.apps import Environment
from devhost.dialects.forge.pages import ForgeDep
from devhost.errors import bad_request
from devhost.wire.body import check, read_object
from devhost.wire.guard import Guarded
from devhost.wire.outbound import Answer
from devhost.world.jsonvalue import Json

router = APIRouter(prefix="/_devhost/forge", dependencies=[Guarded], include_in_schema=False)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class InstallBody(_Body):
    """Which manifest (its text, address, or members), and where; `move` is from Connect."""

    manifest: str | dict[str, Any]
    site: str = "jira"
    also: list[str] = []
    environment: Environment = "DEVELOPMENT"
    variables: dict[str, str] = {}
    move: bool = False


class UpgradeBody(_Body):
    """The new manifest; without one it is read again."""

    manifest: str | dict[str, Any] | None = None
    major: bool = True


class InvokeBody(_Body):
    """What a frontend asks for, and where it is."""

    module: str
    path: str
    method: str = "GET"
    body: Json = None
    headers: dict[str, str] = {}
    user: int | str = "admin"
    issue: str | None = None
    page: str | None = None


class EventBody(_Body):
    """An event by the name of Forge, with its members."""

    event: str = Field(min_length=1)
    payload: dict[str, Any] = {}
    site: str = "jira"


class NameBody(_Body):
    """The name of an attack, a schedule, or a fault of the key server."""

    name: str
    times: int | None = None
    seconds: float = 5


class SecondsBody(_Body):
    """How far the clock moves."""

    seconds: float = Field(ge=0, le=30 * 86_400)


class TokenBody(_Body):
    """Of which module an invocation token is."""

    kind: str = "core:endpoint"
    key: str = ""
    user: int | str | None = None
    issue: str | None = None


@router.get("")
async def list_installations(host: ForgeDep) -> dict[str, Any]:
    """List what is installed, and what the settings of an add-on need."""
    found = [one.public() for one in host.state.installations]
    return {
        "items": found,
        "jwks_url": host.state.jwks_url,
        "api_origin": host.state.shell.base_url,
        "jwks_reads": host.state.jwks_reads,
    }


@router.post("/install", status_code=201)
async def install(request: Request, host: ForgeDep) -> dict[str, Any]:
    """Install an app, or move a site to it; 422 with the reason when it is refused."""
    body = check(InstallBody, await read_object(request))
    if body.move:
        made = await host.move(body.manifest, site=body.site, environment=body.environment, variables=body.variables)
    else:
        made = await host.install(
            body.manifest,
            site=body.site,
            also=tuple(body.also),
            environment=body.environment,
            variables=body.variables,
        )
    return made.public()


@router.post("/{ref}/upgrade")
async def upgrade(ref: str, request: Request, host: ForgeDep) -> dict[str, Any]:
    """Deploy a newer manifest."""
    body = check(UpgradeBody, await read_object(request, empty=True))
    return (await host.upgrade(ref, body.manifest, major=body.major)).public()


@router.post("/{ref}/reinstall", status_code=201)
async def reinstall(ref: str, host: ForgeDep) -> dict[str, Any]:
    """Install the app again, as another installation."""
    return (await host.reinstall(ref)).public()


@router.delete("/{ref}")
async def uninstall(
    ref: str,
    host: ForgeDep,
    silently: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> dict[str, Any]:
    """Uninstall an app and return what its remote was told."""
    return {"items": [one.public() for one in await host.uninstall(ref, silently=silently)]}


@router.post("/{ref}/invoke")
async def invoke(ref: str, request: Request, host: ForgeDep) -> dict[str, Any]:
    """Send `invokeRemote` of a frontend, and return what its script gets."""
    body = check(InvokeBody, await read_object(request))
    where: Where = {"user": body.user}
    if body.issue:
        where["issue"] = body.issue
    if body.page:
        where["page"] = body.page
    answer = await host.invoke(
        ref, body.module, body.path, method=body.method, body=body.body, headers=body.headers, **where
    )
    return host.told(answer)


@router.post("/{ref}/schedule")
async def run_schedule(ref: str, request: Request, host: ForgeDep) -> dict[str, Any]:
    """Call a scheduled trigger now."""
    return (await host.run_schedule(ref, check(NameBody, await read_object(request)).name)).public()


@router.post("/{ref}/attack")
async def attack(ref: str, request: Request, host: ForgeDep) -> dict[str, Any]:
    """Attack a remote and return what it answered, and how often the key server was asked meanwhile."""
    before = host.state.jwks_reads
    answer = await host.attack(check(NameBody, await read_object(request)).name, ref)
    return _told(answer) | {"jwks_reads": host.state.jwks_reads - before}


@router.post("/{ref}/expire-tokens")
async def expire_tokens(ref: str, host: ForgeDep) -> dict[str, int]:
    """End the access tokens of an installation."""
    return {"ended": host.expire_tokens(ref)}


@router.post("/{ref}/tokens", status_code=201)
async def make_tokens(ref: str, request: Request, host: ForgeDep) -> dict[str, str]:
    """Make an invocation token, and the access tokens that would come with it."""
    body = check(TokenBody, await read_object(request, empty=True))
    where: dict[str, Any] = {"user": body.user} if body.user is not None else {}
    where |= {"issue": body.issue} if body.issue else {}
    made = {"invocation": host.token(ref, kind=body.kind, key=body.key, **where), "system": host.access_token(ref)}
    return made | ({"user": host.access_token(ref, user=body.user)} if body.user is not None else {})


@router.post("/events")
async def fire(request: Request, host: ForgeDep) -> dict[str, Any]:
    """Let an event happen and return the calls with their answers."""
    body = check(EventBody, await read_object(request))
    return {"items": [one.public() for one in await host.fire(body.event, body.payload, site=body.site)]}


@router.get("/deliveries")
async def deliveries(host: ForgeDep) -> dict[str, Any]:
    """List the newest events, schedules and goodbyes, oldest first."""
    return {"items": [one.public() for one in host.deliveries()]}


@router.post("/clock/advance")
async def advance(request: Request, host: ForgeDep) -> dict[str, float]:
    """Move the clock, and run what falls due."""
    await host.advance(check(SecondsBody, await read_object(request)).seconds)
    return {"now": host.state.clock.now()}


@router.post("/jwks/break")
async def break_jwks(request: Request, host: ForgeDep) -> dict[str, str]:
    """Break the key server."""
    body = check(NameBody, await read_object(request))
    host.break_jwks(body.name, seconds=body.seconds, times=body.times)
    return {"broken": body.name}


@router.post("/jwks/rotate")
async def rotate(host: ForgeDep) -> dict[str, str]:
    """Sign with a new key from now on."""
    return {"kid": host.rotate_key()}


@router.post("/jwks/mend")
async def mend(host: ForgeDep) -> dict[str, str]:
    """Mend everything."""
    host.mend()
    return {"broken": ""}


def _told(answer: Answer) -> dict[str, Any]:
    if answer.status is None and not answer.error:
        raise bad_request("nothing was sent")
    return {"status": answer.status, "error": answer.error, "body": answer.text}
