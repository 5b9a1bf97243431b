"""The frontends of apps on the sites' pages: their frames, what is in them, and the bridge behind (reference 2.4)."""

import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from devhost.dialects.atlassian.host import Where
from devhost.dialects.atlassian.modules import text
from devhost.dialects.atlassian.place import Place
from devhost.dialects.atlassian.state import Beside
from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.cors import DirectCall
from devhost.dialects.forge.host import ForgeHost
from devhost.dialects.forge.invoking import find_module
from devhost.dialects.forge.pages import ForgeDep
from devhost.errors import bad_request, not_found
from devhost.page.render import render
from devhost.wire.body import read_object
from devhost.wire.guard import Guarded

# What is in a frame is public, as it is on the platform's own servers: a frame is a stranger to the page around it.
router = APIRouter(include_in_schema=False)

SANDBOX = "allow-scripts allow-forms allow-popups"
STATIC = Path(__file__).parent / "static"
ON_ISSUES = ("jira:issuePanel", "jira:issueContext", "jira:issueActivity", "jira:issueGlance")
ON_PAGES = ("macro", "confluence:contentBylineItem", "confluence:contentAction")
PAGES = ("jira:globalPage", "jira:adminPage", "confluence:globalPage", "confluence:globalSettings")
_HEAD = re.compile(rb"<head[^>]*>", re.IGNORECASE)
_ALLOWED = re.compile(r"unsafe-[a-z]+|sha(?:256|384|512)-[A-Za-z0-9+/=]+")
_HEIGHTS = ("small", "medium", "large", "xlarge")


def beside(host: ForgeHost, place: Place) -> list[Beside]:
    """List the frames of all apps at a place."""
    kinds = ON_ISSUES if place.issue else ON_PAGES if place.content else ()
    return [
        frame(installation, kind, module, place)
        for installation in host.state.installed
        if place.site in installation.sites
        for kind in kinds
        for module in installation.app.manifest.of_type(kind)
    ]


def frame(installation: ForgeInstallation, kind: str, module: dict[str, Any], place: Place) -> Beside:
    """Write one frame; its data say to the page's script whose it is."""
    key = str(module["key"])
    title = module.get("title")
    shown = text(title, key) if isinstance(title, str | dict) else key
    height = module.get("viewportSize")
    data = {"forge": installation.number, "module": key, "kind": kind, "site": place.site.name}
    return Beside(
        title=shown,
        app_name=installation.app.name,
        url=f"/forge-ui/{installation.number}/{key}/?{urlencode({'title': shown})}",
        data=data | ({} if height else {"grows": "yes"}),
        script="/page/forge/static/frames.js",
        sandbox=SANDBOX,
        # A page to try the remote with needs room for the answer.
        height="large" if _folder(installation, module) is None else height if height in _HEIGHTS else "medium",
    )


@router.get("/page/forge/static/{name}")
async def static(name: Literal["frames.js", "bridge.js", "trial.js", "trial.css", "forge.css"]) -> FileResponse:
    """Return a file of the pages and frames."""
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"}
    return FileResponse(STATIC / name, headers=headers)


@router.get("/forge-ui/{number}/{module}/{path:path}")
async def content(number: str, module: str, path: str, host: ForgeDep, title: str = "") -> Response:
    """Return a file of a module's resource, or a page to try its remote with where the devhost has no such files."""
    installation = host.installation(number)
    found = find_module(installation, module)
    folder = _folder(installation, found.module)
    if folder is None:
        if path:
            raise not_found(f"{path}: the manifest was not read from a folder, so its resource")
        answer: Response = render("forge_trial.html", title=title or module, key=module)
    else:
        file = (folder / (path or "index.html")).resolve()
        if not file.is_relative_to(folder) or not file.is_file():
            raise not_found(f"{path or 'index.html'} in {folder}, which must be built first, and so it")
        answer = _with_bridge(file.read_bytes()) if file.suffix == ".html" else FileResponse(file)
    allowed = installation.app.manifest.permissions.content
    scripts, styles = (_sources(allowed.get(name, [])) for name in ("scripts", "styles"))
    answer.headers["Content-Security-Policy"] = (
        f"sandbox {SANDBOX}; default-src 'none'; script-src {scripts}; style-src {styles}; "
        "img-src http: https: data:; font-src 'self'; connect-src 'self'; frame-ancestors 'self'"
    )
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _sources(allowed: list[str]) -> str:
    """Return what a policy allows: files of the resource, and what `permissions.content` names besides."""
    return " ".join(["'self'", *(f"'{one}'" for one in allowed if _ALLOWED.fullmatch(one))])


def _folder(installation: ForgeInstallation, module: dict[str, Any]) -> Path | None:
    beside_manifest = installation.app.folder
    path = installation.app.manifest.resource(str(module.get("resource", "")))
    folder = (beside_manifest / path).resolve() if beside_manifest is not None and path else None
    return folder if folder is not None and folder.is_dir() else None


def _with_bridge(raw: bytes) -> Response:
    """Put the bridge's script before every other: it must be there when they run."""
    script = b'<script src="/page/forge/static/bridge.js"></script>'
    at = _HEAD.search(raw)
    return HTMLResponse(raw[: at.end()] + script + raw[at.end() :] if at else script + raw)


@router.post("/page/forge/bridge", dependencies=[Guarded])
async def bridge(request: Request, host: ForgeDep) -> dict[str, Any]:
    """Do what the script of a frame asks for: the page's own script hands it on."""
    body = await read_object(request)
    ref, module, command = (str(body.get(name, "")) for name in ("forge", "module", "command"))
    data = body.get("data")
    asked = data if isinstance(data, dict) else {}
    where = _where(body)
    site = str(body.get("site", ""))
    match command:
        case "getContext":
            return {"value": host.context(ref, module, site=site, **where)}
        case "invoke":
            if asked.get("invokeType") != "ui-remote-fetch":
                raise bad_request("Only invokeRemote is played here: containers and functions run elsewhere")
            answer = await host.invoke(
                ref,
                module,
                str(asked.get("path", "")),
                method=str(asked.get("method", "GET")),
                body=asked.get("body"),
                headers=_headers(asked.get("headers")),
                site=site,
                **where,
            )
            return {"value": host.told(answer)}
        case "fetchRemote":
            return {"value": await _fetch(host, ref, module, asked, host.sites.place(site, **where))}
        case _:
            raise bad_request(f"The devhost's bridge does not do {command}")


async def _fetch(host: ForgeHost, ref: str, module: str, asked: dict[str, Any], place: Place) -> dict[str, Any]:
    init = asked.get("fetchRequestInit") or {}
    call = DirectCall(
        module=module,
        remote=str(asked.get("remoteKey", "")),
        path=str(init.get("path", "")),
        method=str(init.get("method", "GET")),
        headers=[(str(name), str(value)) for name, value in init.get("headers") or ()],
        body=init.get("body"),
        is_form=asked.get("isMultipartFormData") is True,
        place=place,
    )
    try:
        response = await host.request(ref, call)
    except httpx.RequestError as error:
        raise bad_request(str(error)) from error
    return {
        "status": response.status_code,
        "statusText": response.reason_phrase,
        "headers": dict(response.headers),
        "body": response.text,
        "isAttachment": False,
    }


def _where(body: dict[str, Any]) -> Where:
    where: Where = {"user": str(body.get("user") or "admin")}
    if body.get("issue"):
        where["issue"] = str(body["issue"])
    if body.get("page"):
        where["page"] = str(body["page"])
    return where


def _headers(given: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in given.items()} if isinstance(given, dict) else {}
