"""Access tokens for calls as a user: the JWT-bearer grant (reference 11)."""

import time
from collections.abc import Callable

from app.connect.hosts.atlassian.client.errors import (
    HostUnavailable,
    RateLimited,
    ResponseInvalid,
    TokenDenied,
)
from app.connect.hosts.atlassian.client.limits import reset_of
from app.connect.hosts.atlassian.settings import AtlassianDetails
from app.connect.keys.jwt import prepare_key, sign
from app.connect.network.fetch import DOCUMENT_LIMIT, Outbound, json_object
from app.connect.network.tokens import GrantedToken, Wanted
from app.connect.tenancy.tenant import Tenant

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE = 60
OK = 200
TOO_MANY = 429
SERVER_ERROR = 500
UNSTATED_LIFE = 300.0


class UserTokens:
    """Asks the authorization server."""

    def __init__(self, client: Outbound, server: str, *, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._server = server
        self._clock = clock

    async def request(self, tenant: Tenant, secret: str | None, wanted: Wanted) -> GrantedToken:
        """Ask for one token. `TokenDenied` for a user who cannot, or an add-on that may not."""
        details = tenant.details(AtlassianDetails)
        if wanted.user_id is None or details.oauth_client_id is None:
            raise TokenDenied("There are access tokens for users alone, and where the install named an OAuth client.")
        now = int(self._clock())
        assertion = {
            "iss": f"urn:atlassian:connect:clientid:{details.oauth_client_id}",
            "sub": f"urn:atlassian:connect:useraccountid:{wanted.user_id}",
            "tnt": details.base_url,
            "aud": self._server,
            "iat": now,
            "exp": now + LIFE,
        }
        form = {"grant_type": GRANT, "assertion": sign(assertion, prepare_key(secret or ""))}
        if wanted.scopes:
            form["scope"] = " ".join(sorted(wanted.scopes))
        answer = await self._client.send("POST", f"{self._server}/oauth2/token", form=form, limit=DOCUMENT_LIMIT)
        status = answer.status_code
        if status == TOO_MANY:
            now_is = self._clock()
            raise RateLimited(reset_of(answer.headers, now=now_is) or now_is)
        if status >= SERVER_ERROR:
            raise HostUnavailable
        if status != OK:
            said = answer.content[:DOCUMENT_LIMIT]
            if b"invalid_client" in said:
                # No doubt of the installation, which a signed word alone ends: that would close it for everybody.
                raise TokenDenied(
                    "The authorization server refuses the add-on for this site. Check that addon.toml asks for "
                    "ACT_AS_USER and that the site has the newest version of the add-on."
                )
            raise TokenDenied(
                "The site gives no access token for this user. They may have left, or the scope is missing."
            )
        document = json_object(answer)
        token, life = document.get("access_token"), document.get("expires_in", UNSTATED_LIFE)
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise ResponseInvalid("The authorization server's answer holds no access_token.")
        if isinstance(life, bool) or not isinstance(life, int | float):
            raise ResponseInvalid("The authorization server's answer holds an expires_in that is no number.")
        return GrantedToken(token, float(life))
