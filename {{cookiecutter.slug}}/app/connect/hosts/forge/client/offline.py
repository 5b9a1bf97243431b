"""Asks for access tokens of people who are not there (reference 6.3); caching is the token manager's."""

import logging
from collections.abc import Mapping
from typing import Any

from app.connect.hosts.atlassian.client.errors import RateLimited, ResponseInvalid
from app.connect.hosts.forge.settings import ForgeDetails
from app.connect.network.bearer import BearerAuth
from app.connect.network.fetch import HostUnavailable, Outbound, json_object
from app.connect.network.tokens import GrantedToken, TokenDenied, TokenManager, Wanted
from app.connect.tenancy.tenant import Tenant

log = logging.getLogger(__name__)

MUTATION = (
    "mutation forge_app_offlineUserAuthToken($input: OfflineUserAuthTokenInput!) "
    "{ offlineUserAuthToken(input: $input) { success errors { message } authToken { token ttl } } }"
)
OK = 200
TOO_MANY = 429
SERVER_ERROR = 500


async def request_user_token(
    client: Outbound, server: str, tokens: TokenManager, tenant: Tenant, user: str
) -> GrantedToken:
    """Ask for one token. `TokenDenied` for a person who cannot, or an app that may not."""
    details = tenant.details(ForgeDetails)
    place = f"ari:cloud:{details.product}::site/{details.cloud_id}"
    answer = await client.send(
        "POST",
        f"{server}/graphql",
        auth=BearerAuth(tenant, tokens, Wanted(), f"{server}/"),
        json={"query": MUTATION, "variables": {"input": {"contextIds": [place], "userId": user}}},
    )
    if answer.status_code == TOO_MANY:
        raise RateLimited(0.0)
    if answer.status_code >= SERVER_ERROR:
        raise HostUnavailable
    if answer.status_code != OK:
        raise TokenDenied(f"The server of tokens answered {answer.status_code}.")
    data = json_object(answer).get("data")
    given = data.get("offlineUserAuthToken") if isinstance(data, Mapping) else None
    if not isinstance(given, Mapping):
        raise ResponseInvalid("The answer of the server of tokens has no offlineUserAuthToken.")
    token: Any = given.get("authToken")
    if given.get("success") is not True or not isinstance(token, Mapping):
        log.info("no access token for a person", extra={"said": _messages(given.get("errors"))})
        raise TokenDenied(
            "The host gives no access token for this person: they left, or no scope has allowImpersonation."
        )
    text, life = token.get("token"), token.get("ttl")
    if not isinstance(text, str) or not text.isascii() or isinstance(life, bool) or not isinstance(life, int | float):
        raise ResponseInvalid("The answer of the server of tokens has no token with its ttl.")
    return GrantedToken(text, float(life))


def _messages(errors: object) -> str:
    found = [one.get("message") for one in errors if isinstance(one, Mapping)] if isinstance(errors, list) else []
    return "; ".join(str(one) for one in found)[:300]
