"""The pages on which a user lets an add-on act for them."""

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from devhost.dialects.hipchat.authorize import check_authorization, denied, grant
from devhost.dialects.hipchat.scopes import described
from devhost.dialects.hipchat.world import WorldDep
from devhost.page.render import form_of, page_router, render

router = page_router()


@router.get("/users/authorize")
async def authorize(
    world: WorldDep,
    client_id: str,
    redirect_uri: str,
    response_type: str = "code",
    scope: str = "",
    state: str = "",
) -> Response:
    """Ask a user to let an add-on act for them."""
    one, scopes = check_authorization(
        world, client_id=client_id, redirect_uri=redirect_uri, scope=scope, response_type=response_type
    )
    return render(
        "authorize.html",
        addon=one,
        scopes=[described(name) for name in sorted(scopes)],
        people=[person for person in world.people if not person.is_deleted],
        redirect_uri=redirect_uri,
        state=state,
    )


@router.post("/users/authorize")
async def authorized(request: Request, world: WorldDep) -> RedirectResponse:
    """Send the browser back to the add-on with a code, or with the refusal."""
    form = await form_of(request)
    uri, state = form.get("redirect_uri", ""), form.get("state", "")
    one, scopes = check_authorization(
        world,
        client_id=form.get("client_id", ""),
        redirect_uri=uri,
        scope=form.get("scope", ""),
        response_type="code",
    )
    if form.get("answer") != "allow":
        return RedirectResponse(denied(uri, state), status_code=303)
    person = world.person(form.get("user", ""))
    address = grant(world, one, person, scopes=scopes, redirect_uri=uri, state=state)
    return RedirectResponse(address, status_code=303)
