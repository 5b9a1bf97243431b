"""Gives a remote the token of somebody who is away: the one mutation of the GraphQL API it needs (reference 6.3)."""

from typing import Any

from fastapi import APIRouter, Request

from devhost.dialects.atlassian.accounts import person_of
from devhost.dialects.forge.claims import site_ari
from devhost.dialects.forge.state import ForgeState, StateDep
from devhost.errors import HostError
from devhost.wire.body import read_object

PATH = "/graphql"
SECONDS = 3600

router = APIRouter(include_in_schema=False)


@router.post(PATH)
async def mutate(request: Request, state: StateDep) -> dict[str, Any]:
    """Answer `offlineUserAuthToken`; what is refused is an answer, too."""
    body = await read_object(request)
    if "offlineUserAuthToken" not in str(body.get("query", "")):
        return {"data": None, "errors": [{"message": "Only the mutation offlineUserAuthToken is played here"}]}
    try:
        value = _token(state, request.headers.get("authorization", ""), body.get("variables"))
    except HostError as error:
        request.scope.setdefault("state", {})["refusal"] = error.message
        refused = {"success": False, "errors": [{"message": error.message}], "authToken": None}
        return {"data": {"offlineUserAuthToken": refused}}
    given = {"success": True, "errors": None, "authToken": {"token": value, "ttl": SECONDS}}
    return {"data": {"offlineUserAuthToken": given}}


def _token(state: ForgeState, authorization: str, variables: Any) -> str:
    scheme, _, value = authorization.partition(" ")
    system = state.tokens.proven(value.strip() if scheme.lower() == "bearer" else "")
    installation = system.installation
    asked = variables.get("input") if isinstance(variables, dict) else None
    asked = asked if isinstance(asked, dict) else {}
    if system.person is not None or not installation.app.manifest.permissions.impersonating:
        raise HostError(403, "A scope with allowImpersonation and the system token are needed")
    if asked.get("contextIds") != [site_ari(installation)]:
        raise HostError(403, f"contextIds: [{site_ari(installation)!r}] is needed")
    person = person_of(state.shell, str(asked.get("userId", "")))
    if person is None:
        raise HostError(404, "userId: the account id of somebody who is active is needed")
    return state.tokens.make(installation, person, SECONDS).value
