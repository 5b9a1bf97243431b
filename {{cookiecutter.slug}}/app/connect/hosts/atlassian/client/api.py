"""The signed client that everything of a site is called with: addresses, waiting, errors, pages.

Source: protocol reference 10, 15 and 19.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from app.connect.hosts.atlassian.client.errors import (
    AddressRefused,
    HostNotFound,
    HostRejected,
    HostUnavailable,
    ResponseInvalid,
    SignatureRefused,
)
from app.connect.hosts.atlassian.client.limits import FIRST_PAUSE, REASON, reset_of
from app.connect.http.strict_json import NotJson, read_json
from app.connect.network.fetch import Auth, Outbound, Response
from app.connect.network.waiting import Patience, Waiting
from app.connect.tenancy.tenant import Tenant

REDIRECT = 300
BAD_REQUEST = 400
UNAUTHORIZED = 401
NOT_FOUND = 404
TOO_MANY = 429
SERVER_ERROR = 500
NO_CONTENT = 204
DOWN = frozenset({502, 503, 504})
NOT_CARRIED_OUT = 503
LONGEST_REASON = 300

Param = str | int | bool | Sequence[str] | None
Params = Mapping[str, Param]


class SiteClient:
    """Calls one tenant's site, as the add-on or as a user.

    A path is below the site's address and has no slash in front: `rest/api/3/issue/TP-1`; of a Confluence site it is
    below `/wiki`. What names come from elsewhere go through `segment`.
    """

    def __init__(
        self, outbound: Outbound, tenant: Tenant, auth: Auth, *, agent: str, patience: Patience | None = None
    ) -> None:
        self._outbound = outbound
        self._tenant = tenant
        self._auth = auth
        self._headers = {"User-Agent": agent, "Accept": "application/json"}
        self._patience = patience or Patience(first=FIRST_PAUSE)

    async def get(self, path: str, params: Params | None = None) -> Any:
        """GET a JSON document."""
        return await self.send("GET", path, params=params)

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: object = None,
        repeatable: bool | None = None,
    ) -> Any:
        """Send one call and return the JSON of its answer, None where there is none.

        Only `repeatable` calls (all but POST, unless said) are tried again when they may have been carried out.
        Errors: `client/errors.py`.
        """
        if repeatable is None:
            repeatable = method != "POST"
        response = await self._call(method, self._url(path, params), json, repeatable=repeatable)
        if response.status_code == NO_CONTENT or not response.content:
            return None
        try:
            return read_json(response.content)
        except NotJson as error:
            raise ResponseInvalid(f"The site's answer is {error}.") from None

    async def pages(
        self, path: str, member: str, params: Params | None = None, *, size: int = 50
    ) -> AsyncIterator[dict[str, Any]]:
        """GET a collection that counts its pages by `startAt`, and yield what `member` of each page lists."""
        start = 0
        while True:
            page = await self.get(path, {**(params or {}), "startAt": start, "maxResults": size})
            found = page.get(member) if isinstance(page, dict) else None
            if not isinstance(found, list):
                raise ResponseInvalid(f"The site's answer has no list {member!r}.")
            for one in found:
                yield one
            start += len(found)
            total = page.get("total")
            if not found or page.get("isLast") is True or (isinstance(total, int) and start >= total):
                return

    async def _call(self, method: str, url: str, json: object, *, repeatable: bool) -> Response:
        waiting = Waiting(self._patience, self._tenant.id)
        while True:
            try:
                response = await self._outbound.send(method, url, auth=self._auth, json=json, headers=self._headers)
            except HostUnavailable as error:
                if not repeatable:
                    raise
                await waiting.for_recovery(error)
                continue
            if _says_when(response):
                reset = reset_of(response.headers, now=self._patience.clock())
                await waiting.for_limit(reset, response.headers.get(REASON, ""))
            elif response.status_code in DOWN and repeatable:
                await waiting.for_recovery(HostUnavailable())
            elif response.status_code == NOT_FOUND and method == "DELETE" and waiting.has_retried:
                return response  # the try whose answer was lost has deleted it
            else:
                _check(response)
                return response

    def _url(self, path: str, params: Params | None) -> str:
        if path.startswith("/") or "//" in path or "?" in path or {".", ".."} & {*path.split("/")}:
            raise AddressRefused("Write a path below the site, such as rest/api/3/myself, and parameters as params.")
        pairs = [(name, one) for name, value in (params or {}).items() for one in _values(value)]
        query = urlencode(pairs, quote_via=quote)
        return f"{self._tenant.api_url}{path}{'?' if query else ''}{query}"


def segment(name: str | int) -> str:
    """Encode a name for a path: nothing in it may reach another path."""
    text = str(name)
    if text in {"", ".", ".."}:
        raise AddressRefused("A name in a path is 1 character or more, and not '.' or '..'.")
    return quote(text, safe="", errors="replace")


def _values(value: Param) -> Sequence[str]:
    if value is None:
        return ()
    if isinstance(value, bool):
        return (str(value).lower(),)
    if isinstance(value, str | int):
        return (str(value),)
    return value


def _says_when(response: Response) -> bool:
    """Tell whether the call was not carried out, and may be sent again later."""
    status = response.status_code
    return status == TOO_MANY or (status == NOT_CARRIED_OUT and "Retry-After" in response.headers)


def _check(response: Response) -> None:
    status = response.status_code
    if status < REDIRECT:
        return
    if status < BAD_REQUEST:
        raise ResponseInvalid(f"The site redirects (status {status}), which is not followed with a signature.")
    if status == UNAUTHORIZED:
        raise SignatureRefused
    if status == NOT_FOUND:
        raise HostNotFound(status, _reason(response))
    if status >= SERVER_ERROR:
        raise HostUnavailable
    raise HostRejected(status, _reason(response))


def _reason(response: Response) -> str:
    """Read the host's words: `errorMessages`, `errors` by field, or `message`."""
    try:
        document = read_json(response.content)
    except NotJson:
        return ""
    if not isinstance(document, dict):
        return ""
    fields = document.get("errors")
    words = [
        *(document.get("errorMessages") or ()),
        *(f"{name}: {text}" for name, text in (fields.items() if isinstance(fields, dict) else ())),
        document.get("message"),
    ]
    return " ".join(" ".join(word.split()) for word in words if isinstance(word, str))[:LONGEST_REASON]
