"""What the page of Forge does: install, move, upgrade, uninstall, attack, break and mend."""

from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from devhost.acts.attacks import judged
from devhost.dialects.forge.apps import ENVIRONMENTS
from devhost.dialects.forge.attacks import ATTACKS
from devhost.dialects.forge.host import ForgeHost
from devhost.dialects.forge.pages import ForgeDep, overview
from devhost.dialects.forge.reading import read_variables
from devhost.errors import InstallRefused, bad_request
from devhost.page.render import form_of, page_router
from devhost.world.jsonvalue import Json

router = page_router()


def _back(form: dict[str, str]) -> Response:
    return RedirectResponse(f"/forge?{urlencode({'user': form.get('user', 'admin')})}", status_code=303)


@router.post("/page/forge/install")
async def install(request: Request, host: ForgeDep) -> Response:
    """Install an app, or move a site to it from Connect; or say why not."""
    form = await form_of(request)
    given, site = form.get("manifest", "").strip(), form.get("site", "")
    environment = next((one for one in ENVIRONMENTS if one == form.get("environment")), ENVIRONMENTS[0])
    # A form has line ends of its own.
    given = given.replace("\r\n", "\n")
    try:
        variables = read_variables(form.get("variables", ""))
        if form.get("act") == "move":
            await host.move(given, site=site, environment=environment, variables=variables)
        else:
            await host.install(given, site=site, environment=environment, variables=variables)
    except InstallRefused as refused:
        entered = form.get("variables", "")
        return overview(request, host, form.get("user", "admin"), refused=refused, given=given, variables=entered)
    return _back(form)


@router.post("/page/forge/app")
async def app(request: Request, host: ForgeDep) -> Response:
    """Upgrade, install again or uninstall an app, end its tokens, or call one of its schedules."""
    form = await form_of(request)
    try:
        outcome = await _act(host, form.get("forge", ""), form.get("act", ""), form.get("schedule", ""))
    except InstallRefused as refused:
        return overview(request, host, form.get("user", "admin"), refused=refused)
    return overview(request, host, form.get("user", "admin"), outcome=outcome) if outcome else _back(form)


async def _act(host: ForgeHost, ref: str, act: str, schedule: str) -> Json:
    if schedule:
        call = await host.run_schedule(ref, schedule)
        told = f"The remote answered {call.status}." if call.status else f"It was not answered: {call.note}."
        return {"title": f"{schedule} was called.", "told": [told], "verdict": ""}
    match act:
        case "upgrade":
            await host.upgrade(ref)
        case "reinstall":
            await host.reinstall(ref)
        case "uninstall":
            await host.uninstall(ref)
        case "expire":
            ended = host.expire_tokens(ref)
            return {"title": "Access tokens ended.", "told": [f"There were {ended}."], "verdict": ""}
        case _:
            raise bad_request(f"act: {act!r} is none of upgrade, reinstall, uninstall, expire", field="act")
    return None


@router.post("/page/forge/attack")
async def attack(request: Request, host: ForgeDep) -> Response:
    """Attack a remote once, and show how it answered, and whether the key server was asked for it."""
    form = await form_of(request)
    key, before = form.get("attack", ""), host.state.jwks_reads
    verdict = judged(await host.attack(key, form.get("forge", "")))
    asked = f"The key server was asked {host.state.jwks_reads - before} times meanwhile."
    outcome = {"title": f"{ATTACKS[key].title}.", "told": [*verdict.told, asked], "verdict": verdict.verdict}
    return overview(request, host, form.get("user", "admin"), outcome=outcome)


@router.post("/page/forge/clock")
async def clock(request: Request, host: ForgeDep) -> Response:
    """Let time pass: retries and schedules that fall due are sent, with tokens that hold now."""
    form = await form_of(request)
    try:
        seconds = float(form.get("seconds", "60"))
    except ValueError as error:
        raise bad_request("seconds: a number is needed", field="seconds") from error
    await host.hurry(min(max(seconds, 0.0), 7 * 86_400.0))
    return _back(form)


@router.post("/page/forge/jwks")
async def jwks(request: Request, host: ForgeDep) -> Response:
    """Break the key server, give it a new key, or mend it."""
    form = await form_of(request)
    match form.get("act", ""):
        case "rotate":
            host.rotate_key()
        case "mend":
            host.mend()
        case fault:
            host.break_jwks(fault)
    return _back(form)


@router.post("/page/forge/release")
async def release(request: Request, host: ForgeDep) -> Response:
    """Send what was held back."""
    form = await form_of(request)
    host.faults.broken.hold = False
    await host.release()
    return _back(form)
