"""Access tokens of a HipChat host: the client credentials grant, as pure halves and as one call."""

import math
import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from app.connect.hosts.hipchat.client.errors import RateLimited
from app.connect.hosts.hipchat.client.limits import reset_of
from app.connect.http.strict_json import NotJson, read_json
from app.connect.network.fetch import DOCUMENT_LIMIT, BasicAuth, HostUnavailable, Outbound, ResponseInvalid
from app.connect.network.tokens import GrantedToken, TokenDenied, UnknownClient

UNSTATED_LIFE = 300.0
"""Seconds a token is trusted for when the host does not say: short, and a 401 ends it sooner."""
TOKEN = re.compile(r"[!-~]{1,4096}")

OK = 200
UNAUTHORIZED = 401
TOO_MANY = 429
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request for one token: POST `form` to `url` with HTTP Basic credentials."""

    url: str
    username: str
    password: str = field(repr=False)
    form: dict[str, str]


@dataclass(frozen=True, slots=True)
class HipChatGrant:
    """A token, its scopes, and the group it is for where the host says so."""

    token: GrantedToken
    scopes: frozenset[str] = frozenset()
    group_id: str | None = None
    group_name: str | None = None


def token_request(token_url: str, *, client_key: str, secret: str, scopes: Collection[str]) -> TokenRequest:
    """Describe the request for a token with `scopes`; none of them asks for all the add-on declared."""
    form = {"grant_type": "client_credentials"}
    if scopes:
        form["scope"] = " ".join(sorted(scopes))
    return TokenRequest(url=token_url, username=client_key, password=secret, form=form)


def read_token(status: int, body: bytes) -> HipChatGrant:
    """Read the answer of a token endpoint.

    Raises `UnknownClient` for 401, `HostUnavailable` for 429 and 5xx, `TokenDenied` for other refusals, and
    `ResponseInvalid` when a 200 holds no usable token.
    """
    if status == UNAUTHORIZED:
        raise UnknownClient
    if status == TOO_MANY or status >= SERVER_ERROR:
        raise HostUnavailable
    if status != OK:
        raise TokenDenied(f"The host gave no access token (status {status}). Check the scopes in addon.toml.")
    try:
        answer = read_json(body)
    except NotJson as error:
        raise ResponseInvalid(f"The token endpoint's answer is {error}.") from None
    if not isinstance(answer, dict):
        raise ResponseInvalid("The token endpoint's answer is not a JSON object.")
    token = answer.get("access_token")
    if not isinstance(token, str) or not TOKEN.fullmatch(token):
        raise ResponseInvalid("The token endpoint's answer holds no access_token.")
    scope = answer.get("scope")
    return HipChatGrant(
        token=GrantedToken(token, _seconds(answer.get("expires_in"))),
        scopes=frozenset(scope.split() if isinstance(scope, str) else ()),
        group_id=_text(answer.get("group_id")),
        group_name=_text(answer.get("group_name")),
    )


class ClientTokens:
    """Asks a HipChat host's token endpoint."""

    def __init__(self, client: Outbound, *, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._clock = clock

    async def request(
        self, token_url: str, *, client_key: str, secret: str, scopes: Collection[str] = ()
    ) -> HipChatGrant:
        """Ask for one token; with credentials that are not stored yet, that proves them.

        Raises what `read_token` raises, `RateLimited` where the host says until when, and `AddressRefused` or
        `HostUnavailable` from the connection.
        """
        asked = token_request(token_url, client_key=client_key, secret=secret, scopes=scopes)
        response = await self._client.send(
            "POST",
            asked.url,
            auth=BasicAuth(asked.username, asked.password),
            form=asked.form,
            limit=DOCUMENT_LIMIT,
        )
        reset = reset_of(response.headers, now=self._clock())
        if response.status_code == TOO_MANY and reset is not None:
            raise RateLimited(reset)
        return read_token(response.status_code, response.content)


def _seconds(value: object) -> float:
    if value is None:
        return UNSTATED_LIFE
    try:
        seconds = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        seconds = math.nan
    if math.isnan(seconds):
        raise ResponseInvalid("The token endpoint's answer holds an expires_in that is no number of seconds.")
    return seconds


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
