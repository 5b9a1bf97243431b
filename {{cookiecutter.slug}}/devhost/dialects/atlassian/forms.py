"""What the pages of sites do: install and uninstall, change issues and pages, attack, break and mend."""

from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from devhost.acts.attacks import judged
from devhost.dialects.atlassian.attacks import ATTACKS
from devhost.dialects.atlassian.host import AtlassianHost
from devhost.dialects.atlassian.pages import SitesDep, overview
from devhost.errors import InstallRefused, bad_request
from devhost.page.render import form_of, page_router

router = page_router()


def _back(form: dict[str, str]) -> Response:
    """Show the page again from which a form came."""
    path = form.get("back", "/sites")
    # Only a path of the devhost itself: anything else would send people elsewhere.
    path = path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/sites"
    return RedirectResponse(f"{path}?{urlencode({'user': form.get('user', 'admin')})}", status_code=303)


@router.post("/page/sites/install")
async def install(request: Request, host: SitesDep) -> Response:
    """Install an add-on, or say why it was not."""
    form = await form_of(request)
    try:
        await host.install(form.get("url", "").strip(), site=form.get("site", ""))
    except InstallRefused as refused:
        return overview(request, host, form.get("user", "admin"), refused=refused)
    return _back(form)


@router.post("/page/sites/addon")
async def addon(request: Request, host: SitesDep) -> Response:
    """Update, disable, enable or uninstall an add-on, or give it a new secret."""
    form = await form_of(request)
    site, key, act = form.get("site", ""), form.get("addon", ""), form.get("act", "")
    try:
        await _act(host, site, key, act)
    except InstallRefused as refused:
        return overview(request, host, form.get("user", "admin"), refused=refused)
    return _back(form)


async def _act(host: AtlassianHost, site: str, key: str, act: str) -> None:
    match act:
        case "update":
            await host.install(host.site(site).addon(key).descriptor_url, site=site)
        case "rotate":
            answer = await host.rotate_secret(key, site=site)
            if not answer.ok:
                raise InstallRefused(
                    f"The new secret was not taken: {answer.told()}. The one before still holds.",
                    status=answer.status,
                    body=answer.text,
                )
        case "enable" | "disable":
            await host.set_enabled(key, enabled=act == "enable", site=site)
        case "uninstall":
            await host.uninstall(key, site=site)
        case _:
            raise bad_request(f"act: {act!r} is none of update, rotate, enable, disable, uninstall", field="act")


@router.post("/page/sites/issue")
async def issue(request: Request, host: SitesDep) -> Response:
    """Change an issue's status or summary, or comment on it."""
    form = await form_of(request)
    site, key, user = form.get("site", ""), form.get("issue", ""), form.get("user", "admin")
    if form.get("comment"):
        await host.comment(key, form["comment"], site=site, user=user)
    fields = {name: form[name] for name in ("status", "summary") if form.get(name)}
    if fields:
        await host.update_issue(key, site=site, user=user, **fields)
    return _back(form)


@router.post("/page/sites/content")
async def content(request: Request, host: SitesDep) -> Response:
    """Change a page's title."""
    form = await form_of(request)
    title = form.get("title") or "Untitled"
    await host.update_page(form.get("page", ""), site=form.get("site", ""), user=form.get("user", "admin"), title=title)
    return _back(form)


@router.post("/page/sites/attack")
async def attack(request: Request, host: SitesDep) -> Response:
    """Attack an add-on once, and show how it answered."""
    form = await form_of(request)
    site, key = form.get("site", ""), form.get("attack", "")
    answer = await host.attack(key, form.get("addon", ""), site=site, user=form.get("user", "admin"))
    verdict = judged(answer)
    outcome = {"title": f"{ATTACKS[key].title}.", "told": verdict.told, "verdict": verdict.verdict}
    return overview(request, host, form.get("user", "admin"), outcome=outcome)


@router.post("/page/sites/break")
async def break_something(request: Request, host: SitesDep) -> Response:
    """Break one thing for a while; the table says what its knobs are."""
    form = await form_of(request)
    knobs = {name: value for name, value in form.items() if name not in ("what", "user", "site", "back")}
    host.faults.put(form.get("what", ""), instead=True, **knobs)
    return _back(form)


@router.post("/page/sites/mend")
async def mend(request: Request, host: SitesDep) -> Response:
    """Mend everything."""
    form = await form_of(request)
    host.faults.mend()
    return _back(form)


@router.post("/page/sites/release")
async def release(request: Request, host: SitesDep) -> Response:
    """Send what was held back."""
    form = await form_of(request)
    host.faults.broken.hold = False
    await host.release()
    return _back(form)
