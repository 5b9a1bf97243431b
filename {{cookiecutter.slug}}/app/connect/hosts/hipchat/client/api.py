"""The request core that the room and group clients share: scopes, tokens, retries, errors, pages.

Source: protocol reference 10 and 11.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from urllib.parse import quote, urlencode

from app.connect.hosts.hipchat.client.errors import (
    HostNotFound,
    HostRejected,
    HostUnavailable,
    LimitExceeded,
    RateLimited,
    ResponseInvalid,
    ScopeMissing,
    TokenDenied,
)
from app.connect.hosts.hipchat.client.limits import reset_of
from app.connect.hosts.hipchat.client.models import M, Page, read_answer
from app.connect.hosts.hipchat.client.outgoing import Outgoing
from app.connect.hosts.hipchat.client.paging import follow
from app.connect.http.strict_json import NotJson, read_json
from app.connect.network.addresses import origin_of
from app.connect.network.bearer import UNAUTHORIZED, BearerAuth
from app.connect.network.fetch import Outbound, Response, json_object
from app.connect.network.tokens import TokenManager, Wanted
from app.connect.network.waiting import Patience, Waiting
from app.connect.tenancy.tenant import Tenant

NO_CONTENT = 204
REDIRECT = 300
BAD_REQUEST = 400
NOT_FOUND = 404
TOO_MANY = 429
SERVER_ERROR = 500
DOWN = frozenset({502, 503, 504})
LONGEST_REASON = 300

Scopes = tuple[str, ...]
"""Any one of them is enough; the one that allows least comes first."""
Params = Mapping[str, str | int | bool | None]


class HipChatApi:
    """Calls one tenant's host; a token has the smallest scope that the add-on declared and the call takes."""

    def __init__(
        self,
        outbound: Outbound,
        tokens: TokenManager,
        tenant: Tenant,
        *,
        scopes_of_addon: Collection[str],
        patience: Patience | None = None,
    ) -> None:
        self._outbound = outbound
        self._tokens = tokens
        self._tenant = tenant
        self._declared = frozenset(scopes_of_addon)
        self._patience = patience or Patience()

    async def read(self, model: type[M], *path: str, scopes: Scopes) -> M:
        """GET one entity."""
        return read_answer(model, json_object(await self._call("GET", self._url(path), scopes)))

    def pages(self, model: type[M], *path: str, scopes: Scopes, params: Params | None = None) -> AsyncIterator[M]:
        """GET a collection, page after page while it is iterated."""

        async def fetch(url: str) -> Page:
            return read_answer(Page, json_object(await self._call("GET", url, scopes)))

        async def items() -> AsyncIterator[M]:
            async for item in follow(self._url(path, params), fetch):
                yield read_answer(model, item)

        return items()

    async def write(
        self,
        method: str,
        *path: str,
        scopes: Scopes,
        body: Outgoing | None = None,
        repeatable: bool | None = None,
    ) -> dict[str, object]:
        """Change something; return what the host says of it, an empty dict when that is nothing.

        Any 2xx is success: hosts differ in which they send, and what was done must not be done twice. Only
        `repeatable` calls (PUT and DELETE, unless said) are tried again when they may have been carried out.
        """
        if repeatable is None:
            repeatable = method != "POST"
        response = await self._call(method, self._url(path), scopes, body=body and body.wire(), repeatable=repeatable)
        try:
            said = read_json(response.content) if response.content else None
        except NotJson:
            said = None
        return said if isinstance(said, dict) else {}

    async def _call(
        self, method: str, url: str, scopes: Scopes, *, body: object = None, repeatable: bool = True
    ) -> Response:
        # The host's links may lead anywhere on it.
        base = f"{origin_of(self._tenant.api_url)}/"
        auth = BearerAuth(self._tenant, self._tokens, Wanted(frozenset({self._choose(scopes)})), base)
        waiting = Waiting(self._patience, self._tenant.id)
        while True:
            # The token first, on its own: as long as there is none, nothing was sent that must not be repeated.
            has_token = False
            try:
                await auth.prepare()
                has_token = True
                response = await self._outbound.send(method, url, auth=auth, json=body)
            except RateLimited as error:
                await waiting.for_reset(error)
                continue
            except HostUnavailable as error:
                if has_token and not repeatable:
                    raise
                await waiting.for_recovery(error)
                continue
            if response.status_code == TOO_MANY:
                await waiting.for_limit(reset_of(response.headers, now=self._patience.clock()))
            elif response.status_code in DOWN and repeatable:
                await waiting.for_recovery(HostUnavailable())
            elif response.status_code == NOT_FOUND and method == "DELETE" and waiting.has_retried:
                return response  # the try whose answer was lost has deleted it
            else:
                _check(response)
                return response

    def _choose(self, scopes: Scopes) -> str:
        for scope in scopes:
            if scope in self._declared:
                return scope
        raise ScopeMissing(scopes)

    def _url(self, path: tuple[str, ...], params: Params | None = None) -> str:
        query = {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in (params or {}).items()
            if value is not None
        }
        address = self._tenant.api_url + "/".join(_segment(part) for part in path)
        return f"{address}?{urlencode(query, quote_via=quote)}" if query else address


def _segment(text: str) -> str:
    """Encode a name for a path: nothing in it may reach another path."""
    try:
        encoded = quote(text, safe="")
    except UnicodeEncodeError:
        encoded = ""
    if encoded in {"", ".", ".."}:
        raise LimitExceeded("path", "an id or name is 1 character or more, and not '.' or '..'")
    return encoded


def _check(response: Response) -> None:
    status = response.status_code
    if status < REDIRECT:
        return
    if status < BAD_REQUEST:
        raise ResponseInvalid(f"The host redirects (status {status}), which is not followed.")
    if status == UNAUTHORIZED:
        raise TokenDenied("The host refuses a new access token. Install the add-on again.")
    if status == NOT_FOUND:
        raise HostNotFound(status, _reason(response))
    if status >= SERVER_ERROR:
        raise HostUnavailable
    raise HostRejected(status, _reason(response))


def _reason(response: Response) -> str:
    """Read the host's words: `error` is an object or, from some hosts, a string."""
    try:
        document = read_json(response.content)
    except NotJson:
        return ""
    error = document.get("error") if isinstance(document, dict) else None
    words = error.get("message") if isinstance(error, dict) else error
    return " ".join(words.split())[:LONGEST_REASON] if isinstance(words, str) else ""
