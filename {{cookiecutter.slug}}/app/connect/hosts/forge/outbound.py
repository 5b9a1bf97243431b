"""Calls to Atlassian's API for Forge installations, and the access tokens that they need (reference 6)."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from app.connect.context import Context, Parts
from app.connect.hosts.atlassian.client.api import SiteClient
from app.connect.hosts.atlassian.client.limits import FIRST_PAUSE
from app.connect.hosts.atlassian.client.reports import AccountReports
from app.connect.hosts.forge.client.auth import PushedAuth, Seen, WatchedAuth
from app.connect.hosts.forge.client.kvs import ForgeStorage
from app.connect.hosts.forge.client.offline import request_user_token
from app.connect.hosts.forge.client.refusals import Refusals
from app.connect.hosts.forge.context import (
    SILENT,
    Clients,
    ForgeConfluenceContext,
    ForgeContext,
    ForgeJiraContext,
)
from app.connect.hosts.forge.settings import ForgeDetails
from app.connect.network.addresses import origin_of
from app.connect.network.bearer import BearerAuth
from app.connect.network.fetch import Auth, Outbound
from app.connect.network.tokens import GrantedToken, TokenAwaited, TokenManager, UnknownClient, Wanted
from app.connect.network.waiting import Patience
from app.connect.tenancy.tenant import Caller, Doubted, Tenant

OK = 200
BAD_REQUEST = 400
NOT_FOUND = 404
CONTEXTS: dict[str, type[ForgeContext]] = {"jira": ForgeJiraContext, "confluence": ForgeConfluenceContext}
BELOW = {"confluence": "/wiki/"}
"""What stands between a product's base and the paths of its client."""
STORAGE = "forge/storage/kvs/"
Make = Callable[[type[Any], str, str | None, str | None], Any]


def agent_of(parts: Parts) -> str:
    """Return as what calls name themselves."""
    return f"{parts.addon.manifest.addon.key} (connect-addon)"


class ForgeOutbound:
    """Talks to the products of the site that an installation is in."""

    def __init__(self, client: Outbound, reports: AccountReports, patience: Patience | None = None) -> None:
        self._client = client
        self._reports = reports
        # One for all calls of the process: of one tenant, few wait at a time.
        self._patience = patience or Patience(first=FIRST_PAUSE)
        self._refusals = Refusals()
        self._tokens: TokenManager | None = None

    def take_tokens(self, tokens: TokenManager) -> None:
        """Take what keeps the app's own tokens, with which those of people are asked for."""
        self._tokens = tokens

    async def grant(self, tenant: Tenant, secret: str | None, wanted: Wanted) -> GrantedToken:  # noqa: ARG002
        """Ask for a person's token with the app's own; that one is pushed, so it can only be awaited.

        `UnknownClient` where nothing was heard of the installation for hours: then it may be over.
        """
        if wanted.user_id is not None and self._tokens is not None:
            server = origin_of(tenant.api_url)
            return await request_user_token(self._client, server, self._tokens, tenant, wanted.user_id)
        if time.time() - tenant.details(ForgeDetails).heard_at > SILENT:
            raise UnknownClient("Forge has not called for hours. The app may have been uninstalled from this site.")
        raise TokenAwaited

    async def administers(self, ctx: ForgeContext) -> bool:
        """Tell whether the caller administers the product. Scope: read:jira-user, read:confluence-user."""
        user_id = ctx.caller.user_id
        if user_id is None:
            return False
        if ctx.details.product == "confluence":
            return await ctx.confluence.administers(user_id)
        return ctx.details.product == "jira" and await ctx.jira.has_global_permission(user_id, "ADMINISTER")

    async def admits(self, _: Context) -> bool:
        """Believe that the caller is still there: each call of a frontend has a token of its own."""
        return True

    def context(self, parts: Parts, tokens: TokenManager, tenant: Tenant, caller: Caller, **given: Any) -> Context:
        """Make a context whose clients call this installation's APIs."""
        clients = Clients(
            self._maker(parts, tokens, tenant, caller, given.get("claims") or {}),
            lambda: self._storage(parts, tokens, tenant, given.get("claims") or {}),
            tokens,
            self._reports,
            self._refusals,
        )
        made = CONTEXTS.get(str(tenant.details(ForgeDetails).product), ForgeContext)
        return made(parts, clients, tenant, caller, **given)

    def _maker(
        self,
        parts: Parts,
        tokens: TokenManager,
        tenant: Tenant,
        caller: Caller,  # noqa: ARG002 - for a container
        claims: Mapping[str, Any],  # noqa: ARG002
    ) -> Make:
        agent, details = agent_of(parts), tenant.details(ForgeDetails)

        def make(made: type[Any], product: str, user_id: str | None, pushed: str | None) -> Any:
            base = f"{details.api_of(product)}{BELOW.get(product, '/')}"
            auth: Auth = BearerAuth(tenant, tokens, Wanted(user_id=user_id), base)
            if pushed is not None:
                auth = PushedAuth(pushed, base)
            elif user_id is None:
                auth = WatchedAuth(tenant, tokens, base, self._seen(parts, tenant))
            return made(self._client, replace(tenant, api_url=base), auth, agent=agent, patience=self._patience)

        return make

    def _storage(
        self,
        parts: Parts,
        tokens: TokenManager,
        tenant: Tenant,
        claims: Mapping[str, Any],  # noqa: ARG002 - for a container
    ) -> ForgeStorage:
        base = f"{origin_of(tenant.api_url)}/{STORAGE}"
        auth = WatchedAuth(tenant, tokens, base, self._seen_of_keys(parts, tenant))
        return ForgeStorage(self._client, tenant.id, base, auth, patience=self._patience)

    def _seen(self, parts: Parts, tenant: Tenant) -> Seen:
        async def seen(status: int) -> None:
            if self._refusals.note(tenant, status, now=parts.inbox.now()):
                await parts.apply(tenant, Doubted(tenant.client_key))

        return seen

    def _seen_of_keys(self, parts: Parts, tenant: Tenant) -> Seen:
        seen = self._seen(parts, tenant)

        async def seen_of_keys(status: int) -> None:
            # A key that is not there is no refusal.
            await seen(OK if status == NOT_FOUND else status)

        return seen_of_keys

    async def access_token(self, tenant: Tenant) -> str:
        """Return the app's access token; `TokenAwaited` where there is none, `UnknownClient` after hours of silence."""
        return await self._held().get(tenant, Wanted())

    async def require_known(self, tenant: Tenant) -> None:
        """Ask whether the installation is there, where its product cannot say it: by its access token."""
        await self.access_token(tenant)

    def client_of(self, tenant: Tenant) -> SiteClient:
        """Return the API of an installation's product, called as the app, to ask whether it knows the installation."""
        details = tenant.details(ForgeDetails)
        base = f"{details.base_url}{BELOW.get(str(details.product), '/')}"
        auth = WatchedAuth(tenant, self._held(), base, self._forgets(tenant))
        return SiteClient(self._client, replace(tenant, api_url=base), auth, agent="connect-addon")

    def _forgets(self, tenant: Tenant) -> Seen:
        async def seen(status: int) -> None:
            if status < BAD_REQUEST:
                self._refusals.forget(tenant)

        return seen

    def _held(self) -> TokenManager:
        assert self._tokens is not None  # noqa: S101 - handed over before anything is served
        return self._tokens
