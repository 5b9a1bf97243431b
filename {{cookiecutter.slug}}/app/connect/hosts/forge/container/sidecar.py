"""The sidecar of a container: what it knows of an invocation and of installations, and the header that it acts by.

Its address is the platform's, `FORGE_EGRESS_PROXY_URL`; no request has a word in it. Source: reference 12.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

from app.connect.errors import HostError
from app.connect.keys.jwt import TokenRefused
from app.connect.network.bearer import require_below
from app.connect.network.fetch import KIBIBYTE, Auth, Outbound, Request, Response, json_object
from app.connect.network.tokens import TokenDenied

HEADER = "forge-proxy-authorization"
INVOCATION = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,200}", re.ASCII)
"""Printable and without a comma, which parts the fields of the header."""
ACCOUNT = re.compile(r"[A-Za-z0-9:_-]{1,128}", re.ASCII)
SITE = re.compile(r"ari:cloud:([a-z-]{1,40})::site/([A-Za-z0-9-]{1,64})", re.ASCII)
PATIENCE = 3.0
"""Seconds for an answer: an event must be answered within five."""
LARGEST = 64 * KIBIBYTE
LARGEST_LIST = 512 * KIBIBYTE
MOST_PAGES = 100
PAGE = 100
AGAIN_AFTER = 5.0
"""Seconds between two looks through all installations; the platform allows 100 calls in a minute."""
OLD_AFTER = 3600.0
OK = 200
UNKNOWN = frozenset({400, 401, 403, 404, 410})

Seen = Callable[[int], Awaitable[None]]


class SidecarUnavailable(HostError):
    """The sidecar does not say who calls; the request can be sent again."""

    status = 503
    code = "forge_sidecar_unavailable"
    sentence = "Who calls cannot be asked now. Try again in a minute."


def authorization(*, acts_as: str = "app", invocation: str | None = None, **fields: str) -> str:
    """Write the header: by an invocation's id, or by `installationId` among the fields."""
    named = {"as": acts_as, **({} if invocation is None else {"id": invocation}), **fields}
    if "accountId" in named and not ACCOUNT.fullmatch(named["accountId"]):
        raise TokenDenied("This is no account's id. Give one as the host names people.")
    return "Forge " + ",".join(f"{name}={value}" for name, value in named.items())


class SidecarAuth(Auth):
    """Puts the header on requests below one address of the sidecar's; nothing of Atlassian's own tokens goes along."""

    def __init__(self, header: str, base: str, seen: Seen | None = None) -> None:
        self._header = header
        self._base = base
        self._seen = seen

    async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
        """Yield the request; the status of its answer is told to `seen`."""
        require_below(request, self._base)
        request.headers[HEADER] = self._header
        response = yield request
        if self._seen is not None:
            await self._seen(response.status_code)


class Sidecar:
    """Asks the sidecar; `url` has no slash at its end."""

    def __init__(self, client: Outbound, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.client = client
        self.url = url.rstrip("/")
        self._clock = clock
        self._installations: dict[str, Mapping[str, Any]] = {}
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    async def context(self, invocation: str) -> Mapping[str, Any]:
        """Return what is known of an invocation; `TokenRefused` for none, `SidecarUnavailable` when nothing is said."""
        answer = await self._get("/invocation/context", authorization(invocation=invocation), LARGEST)
        if answer.status_code in UNKNOWN:
            raise TokenRefused(f"the sidecar answers {answer.status_code} for this invocation")
        return _document(answer)

    async def installation(self, key: str, *, anew: bool = False) -> Mapping[str, Any] | None:
        """Return an installation of this app and environment by its bare id; None where there is none.

        What is known is remembered for an hour; `anew` looks again, as an installation that is not known does.
        """
        async with self._looking:
            known = key in self._installations and not anew
            if self._clock() - self._looked_at >= (OLD_AFTER if known else AGAIN_AFTER):
                try:
                    self._installations = await self._look()
                    self._looked_at = self._clock()
                except SidecarUnavailable:
                    if not known:
                        raise
        return self._installations.get(key)

    async def _look(self) -> dict[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            params = {"pageSize": str(PAGE), **({"cursor": cursor} if cursor else {})}
            page = _document(await self._get("/v1/installations", None, LARGEST_LIST, params))
            listed = page.get("installations")
            for one in listed if isinstance(listed, list) else ():
                if isinstance(one, Mapping) and isinstance(one.get("id"), str):
                    found[one["id"].rpartition("/")[2].lower()] = one
            following = page.get("cursor")
            if not isinstance(following, str) or not following or following == cursor:
                break
            cursor = following
        return found

    async def _get(
        self, path: str, header: str | None, limit: int, params: Mapping[str, str] | None = None
    ) -> Response:
        base = f"{self.url}/"
        auth = None if header is None else SidecarAuth(header, base)
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.client.send("GET", self.url + path, auth=auth, params=params, limit=limit)
        except (HostError, TimeoutError) as error:
            raise SidecarUnavailable from error


def places_of(installation: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return product and cloud id of the sites that an installation is in, the first one first."""
    more = installation.get("secondaryInstallationContexts")
    named = [installation.get("installationContext"), *(more if isinstance(more, list) else ())]
    found = [SITE.fullmatch(one) for one in named if isinstance(one, str)]
    return [(one[1], one[2]) for one in found if one is not None]


def _document(answer: Response) -> Mapping[str, Any]:
    if answer.status_code != OK:
        raise SidecarUnavailable
    try:
        return json_object(answer)
    except HostError as error:
        raise SidecarUnavailable from error
