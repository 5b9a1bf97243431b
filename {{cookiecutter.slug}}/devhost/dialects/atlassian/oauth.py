"""Gives access tokens with which an add-on acts as a person: the JWT-bearer grant (reference 11)."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from devhost.dialects.atlassian.accounts import person_of
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.dialects.atlassian.signing import is_signed, read_hs256
from devhost.dialects.atlassian.state import AtlassianState, StateDep, UserToken
from devhost.wire.body import FORM, content_type, read_bytes, read_form

router = APIRouter(include_in_schema=False)

PATH = "/authorization/oauth2/token"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SECONDS = 900
# An assertion lives a minute; one source allows two.
LONGEST = 120
LEEWAY = 30
_CLIENT = "urn:atlassian:connect:clientid:"
_USER = "urn:atlassian:connect:useraccountid:"


class _Refused(Exception):
    """A grant that is not given: the error's code and what to say of it."""

    def __init__(self, code: str, told: str) -> None:
        super().__init__(told)
        self.code = code
        self.told = told


@router.post(PATH)
async def token(request: Request, state: StateDep) -> Response:
    """Give a token for the person and the scopes that are asked for."""
    try:
        # Anything but a form has no grant_type, and is refused for that.
        form = await read_bytes(request, 65_536) if content_type(request) == FORM else b""
        made = _grant(state, read_form(form))
    except (_Refused, ValueError) as error:
        code = error.code if isinstance(error, _Refused) else "invalid_request"
        request.scope.setdefault("state", {})["refusal"] = str(error)
        return JSONResponse({"error": code, "error_description": str(error)}, status_code=400)
    state.user_tokens[made.token] = made
    request.scope.setdefault("state", {})["session"] = {"client_id": made.installation.client_key}
    return JSONResponse({"access_token": made.token, "token_type": "Bearer", "expires_in": SECONDS})


def _grant(state: AtlassianState, form: dict[str, str]) -> UserToken:
    if form.get("grant_type") != GRANT:
        raise _Refused("unsupported_grant_type", f"grant_type: {GRANT} is needed")
    assertion = form.get("assertion", "")
    claims = read_hs256(assertion)
    if claims is None:
        raise _Refused("invalid_grant", "the assertion is no HS256 token")
    installation = _installation(state, claims)
    if not is_signed(assertion, installation.secret):
        raise _Refused("invalid_grant", "the signature does not fit the shared secret")
    _check(state, installation, claims)
    person = person_of(state.shell, str(claims.get("sub", "")).removeprefix(_USER))
    if not str(claims.get("sub", "")).startswith(_USER) or person is None:
        raise _Refused("invalid_grant", f"sub: {_USER}<account id> of somebody who is active is needed")
    allowed = installation.descriptor.allowed
    if "ACT_AS_USER" not in allowed:
        raise _Refused("invalid_scope", "the descriptor needs the scope ACT_AS_USER")
    wanted = frozenset(form.get("scope", "").split()) or allowed
    if not wanted <= allowed:
        raise _Refused("invalid_scope", f"{min(wanted - allowed)} is no scope of the descriptor")
    return UserToken(installation=installation, person=person, scopes=wanted, expires=state.clock.now() + SECONDS)


def _installation(state: AtlassianState, claims: dict[str, Any]) -> SiteInstallation:
    client = str(claims.get("iss", ""))
    for site in state.sites:
        for one in site.installed:
            if one.works and client == _CLIENT + one.oauth_client_id:
                if claims.get("tnt") != site.base_url:
                    raise _Refused("invalid_grant", f"tnt: {site.base_url} is needed")
                return one
    raise _Refused("invalid_client", f"iss: {_CLIENT}<oauthClientId of an install> is needed")


def _check(state: AtlassianState, installation: SiteInstallation, claims: dict[str, Any]) -> None:
    now, issued, expires = state.clock.now(), claims.get("iat"), claims.get("exp")
    if claims.get("aud") != state.authorization_url:
        raise _Refused("invalid_grant", f"aud: {state.authorization_url} is needed, which ATLASSIAN_OAUTH_URL names")
    if not isinstance(issued, int | float) or not isinstance(expires, int | float):
        raise _Refused("invalid_grant", "iat and exp are needed")
    if expires <= now - LEEWAY or issued > now + LEEWAY or expires - issued > LONGEST:
        raise _Refused("invalid_grant", f"the assertion of {installation.key} has expired, or lives too long")
