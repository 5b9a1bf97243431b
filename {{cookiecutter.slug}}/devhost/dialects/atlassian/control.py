"""The acts on sites over HTTP for scripts: JSON in and out under /_devhost/sites."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from devhost.dialects.atlassian import writing
from devhost.dialects.atlassian.accounts import person_of
from devhost.dialects.atlassian.attacks import ATTACKS
from devhost.dialects.atlassian.pages import SitesDep
from devhost.errors import not_found
from devhost.wire.body import check, read_object
from devhost.wire.guard import Guarded
from devhost.wire.outbound import Answer

router = APIRouter(prefix="/_devhost/sites", dependencies=[Guarded], include_in_schema=False)


class InstallBody(BaseModel):
    """What to install."""

    model_config = ConfigDict(strict=True, extra="forbid")

    url: str = Field(min_length=1)


class IssueBody(BaseModel):
    """What somebody changes in an issue; `assignee` is an account id."""

    model_config = ConfigDict(strict=True, extra="forbid")

    user: int | str = "admin"
    summary: str | None = None
    status: str | None = None
    description: str | None = None
    assignee: str | None = None
    labels: list[str] | None = None
    comment: str | None = None


class AttackBody(BaseModel):
    """Which attack, and on which issue a page is asked for."""

    model_config = ConfigDict(strict=True, extra="forbid")

    attack: str


@router.get("")
async def list_sites(host: SitesDep) -> dict[str, Any]:
    """List the sites with their add-ons, and what the settings of an add-on need."""
    found = [
        {
            "name": site.name,
            "product": site.product,
            "base_url": site.base_url,
            "client_key": site.client_key,
            "addons": [one.public() for one in site.installed],
        }
        for site in host.state.sites
    ]
    return {"items": found, "keys_url": host.state.keys_url, "oauth_url": host.state.authorization_url}


@router.post("/{site}/install", status_code=201)
async def install(site: str, request: Request, host: SitesDep) -> dict[str, Any]:
    """Install or update an add-on; 422 with the reason when it is refused."""
    body = check(InstallBody, await read_object(request))
    return (await host.install(body.url, site=site)).public()


@router.delete("/{site}/addons/{addon}")
async def uninstall(site: str, addon: str, host: SitesDep) -> dict[str, Any]:
    """Uninstall an add-on and return what it answered."""
    return _told(await host.uninstall(addon, site=site))


@router.post("/{site}/addons/{addon}/attack")
async def attack(site: str, addon: str, request: Request, host: SitesDep) -> dict[str, Any]:
    """Attack an add-on and return what it answered."""
    body = check(AttackBody, await read_object(request))
    if body.attack not in ATTACKS:
        raise not_found(f"Attack {body.attack}, which is none of {', '.join(ATTACKS)},")
    return _told(await host.attack(body.attack, addon, site=site))


@router.get("/{site}/issues/{key}")
async def read_issue(site: str, key: str, host: SitesDep) -> dict[str, Any]:
    """Return an issue as the API writes it, with its properties and links."""
    issue = host.issue(key, site=site)
    kept = {"properties": issue.properties, "links": issue.links, "texts": host.comments(key, site=site)}
    return writing.issue(host.site(site), issue) | kept


@router.post("/{site}/issues/{key}")
async def change_issue(site: str, key: str, request: Request, host: SitesDep) -> dict[str, Any]:
    """Change an issue, comment on it, and return the deliveries of the change with their answers."""
    body = check(IssueBody, await read_object(request))
    fields: dict[str, Any] = body.model_dump(exclude_none=True, exclude={"user", "comment"})
    if body.assignee is not None:
        fields["assignee"] = person_of(host.state.shell, body.assignee)
    if body.comment:
        await host.comment(key, body.comment, site=site, user=body.user)
    sent = await host.update_issue(key, site=site, user=body.user, **fields) if fields else []
    return {"items": [one.public() for one in sent]}


def _told(answer: Answer | None) -> dict[str, Any]:
    return {"status": answer.status if answer else None, "error": answer.error if answer else ""}
