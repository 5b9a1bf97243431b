"""The page's part that shows add-ons' pages: in frames, in tabs, and why one stays empty."""

from typing import Any
from urllib.parse import urlsplit

import httpx
from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from devhost.chat.control import HostDep
from devhost.chat.host import Host
from devhost.chat.openings import Click
from devhost.errors import bad_request, not_found
from devhost.page.render import form_of, page_router, render
from devhost.wire.body import strict_json

router = page_router()

_REDIRECT = 300
_REFUSAL = 400


@router.post("/page/frame")
async def open_here(request: Request, host: HostDep) -> Response:
    """Return the frame of a panel or a dialog, for the page's script to put in its place."""
    opened = host.opening(_click(host, await form_of(request)))
    if opened.kind == "externalPage":
        raise bad_request("An external page opens in a tab: follow its link")
    return render("frame_of.html", frame=opened)


@router.get("/page/open")
async def open_page(
    host: HostDep,
    client_id: str,
    kind: str = "",
    key: str = "",
    room: str = "1",
    user: str = "admin",
    message: str = "",
) -> Response:
    """Show an add-on's page on a page of its own; an external page in place of this one."""
    form = {"client_id": client_id, "kind": kind, "key": key, "room": room, "user": user, "message": message}
    click = _click(host, form)
    opened = host.opening(click)
    if opened.kind == "externalPage":
        return RedirectResponse(opened.url, status_code=303)
    return render("frame_page.html", frame=opened, room=click.room, person=click.person)


@router.post("/page/frame/check")
async def check(request: Request, host: HostDep) -> dict[str, str]:
    """Ask for a page as the browser did, and say why it cannot be seen; empty when nothing is wrong."""
    click = _click(host, await form_of(request))
    room_id = None if click.kind == "configurable" else click.room.id
    try:
        answer = await host.open(
            click.client_id, click.kind, click.key, room_id=room_id, user=click.person, values=click.values
        )
    except httpx.RequestError as error:
        return {"problem": f"The add-on does not answer: {error}."}
    return {"problem": _problem(host, answer)}


def _problem(host: Host, answer: httpx.Response) -> str:
    if answer.status_code >= _REFUSAL:
        excerpt = " ".join(answer.text.split())[:300]
        return f"The add-on answered {answer.status_code}: {excerpt or 'an empty body'}"
    if answer.status_code >= _REDIRECT:
        return ""
    if not answer.content:
        return f"The add-on answered {answer.status_code} with an empty page."
    return _framing_problem(host, answer)


def _framing_problem(host: Host, answer: httpx.Response) -> str:
    parts = urlsplit(host.base_url)
    origin = f"{parts.scheme}://{parts.netloc}"
    for directive in answer.headers.get("content-security-policy", "").split(";"):
        name, *sources = directive.split() or [""]
        if name.lower() == "frame-ancestors":
            if {"*", origin, f"{parts.scheme}:"} & set(sources):
                return ""
            return f"The add-on's Content-Security-Policy lets {' '.join(sources)} frame it, and this is {origin}."
    refused = answer.headers.get("x-frame-options", "")
    return f"The add-on answers X-Frame-Options: {refused}, which keeps hosts from showing its page." if refused else ""


def _click(host: Host, form: dict[str, str]) -> Click:
    room = host.room(form.get("room", "1"))
    message = None
    if form.get("message"):
        message = room.message(form["message"])
        if message is None:
            raise not_found("The message")
    return Click(
        client_id=form.get("client_id", ""),
        kind=form.get("kind", ""),
        key=form.get("key", ""),
        room=room,
        person=host.person(form.get("user", "admin")),
        theme=form.get("theme", "light"),
        message=message,
        values=_object(form, "values"),
        parameters=_json(form, "parameters"),
        options=_object(form, "options"),
    )


def _json(form: dict[str, str], name: str) -> Any:
    raw = form.get(name)
    if not raw:
        return None
    try:
        return strict_json(raw.encode("utf-8"))
    except ValueError as error:
        raise bad_request(f"{name}: not JSON", field=name) from error


def _object(form: dict[str, str], name: str) -> dict[str, Any]:
    value = _json(form, name)
    return value if isinstance(value, dict) else {}
