"""Calls to Jira and Confluence sites: as the add-on, as a user, and who administers."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from app.connect.context import Context, Parts
from app.connect.hosts.atlassian.client.api import SiteClient
from app.connect.hosts.atlassian.client.confluence import ConfluenceClient
from app.connect.hosts.atlassian.client.grants import UserTokens
from app.connect.hosts.atlassian.client.jira import JiraClient
from app.connect.hosts.atlassian.client.limits import FIRST_PAUSE
from app.connect.hosts.atlassian.client.reports import AccountReports
from app.connect.hosts.atlassian.client.signing import SignedAuth
from app.connect.hosts.atlassian.context import ConfluenceContext, JiraContext
from app.connect.hosts.atlassian.dynamic import DYNAMIC
from app.connect.network.bearer import BearerAuth
from app.connect.network.fetch import Auth, Outbound
from app.connect.network.tokens import GrantedToken, TokenManager, UnknownClient, Wanted
from app.connect.network.waiting import Patience
from app.connect.tenancy.tenant import Caller, Tenant

K = TypeVar("K", bound=SiteClient)


class _SiteOutbound:
    """What both products have."""

    def __init__(
        self, client: Outbound, users: UserTokens, reports: AccountReports, patience: Patience | None = None
    ) -> None:
        self._client = client
        self._users = users
        self._reports = reports
        # One for all calls of the process: of one tenant, few wait at a time.
        self._patience = patience or Patience(first=FIRST_PAUSE)

    async def grant(self, tenant: Tenant, secret: str | None, wanted: Wanted) -> GrantedToken:
        """Ask for an access token of a user; as itself the add-on signs each call instead."""
        return await self._users.request(tenant, secret, wanted)

    def _maker(
        self, made: Callable[..., K], parts: Parts, tokens: TokenManager, tenant: Tenant
    ) -> Callable[[str | None], K]:
        app_key = parts.addon.manifest.addon.key

        async def read_secret(anew: bool) -> str | None:  # noqa: FBT001 - the one thing it is asked
            if anew:
                await parts.directory.reload(tenant.host, tenant.client_key)
            try:
                return await parts.directory.secret_of(tenant)
            except LookupError:
                raise UnknownClient from None

        def make(user_id: str | None) -> K:
            auth: Auth = SignedAuth(tenant, app_key, read_secret)
            if user_id is not None:
                auth = BearerAuth(tenant, tokens, Wanted(user_id=user_id), tenant.api_url)
            return made(self._client, tenant, auth, agent=f"{app_key} (connect-addon)", patience=self._patience)

        return make


class JiraOutbound(_SiteOutbound):
    """Talks to the Jira site that a tenant is installed from."""

    async def administers(self, ctx: JiraContext) -> bool:
        """Tell whether the caller administers the site. Scope: READ."""
        user_id = ctx.caller.user_id
        return user_id is not None and await ctx.jira.has_global_permission(user_id, "ADMINISTER")

    async def admits(self, ctx: JiraContext) -> bool:
        """Tell whether the caller may still see the issue or project; yes where the token named none. Scope: READ."""
        user_id, place = ctx.caller.user_id, ctx.caller.place
        return user_id is None or place is None or await ctx.jira.may_see(user_id, place)

    def context(self, parts: Parts, tokens: TokenManager, tenant: Tenant, caller: Caller, **given: Any) -> Context:
        """Make a context whose clients call this tenant's site."""
        takes_webhooks = DYNAMIC in parts.addon.events_of(tenant.host)
        url = parts.addon.url(tenant.host, "webhook", DYNAMIC) if takes_webhooks else None
        made = partial(JiraClient, webhooks_url=url)
        made_for = self._maker(made, parts, tokens, tenant)
        return JiraContext(parts, made_for, tenant, caller, reports=self._reports, **given)


class ConfluenceOutbound(_SiteOutbound):
    """Talks to the Confluence site that a tenant is installed from."""

    async def administers(self, ctx: ConfluenceContext) -> bool:
        """Tell whether the caller administers the site. Scope: READ."""
        user_id = ctx.caller.user_id
        return user_id is not None and await ctx.confluence.administers(user_id)

    async def admits(self, ctx: ConfluenceContext) -> bool:
        """Tell whether the caller may still see the page or space; yes where the token named none. Scope: READ."""
        user_id, place = ctx.caller.user_id, ctx.caller.place
        return user_id is None or place is None or await ctx.confluence.may_see(user_id, place)

    def context(self, parts: Parts, tokens: TokenManager, tenant: Tenant, caller: Caller, **given: Any) -> Context:
        """Make a context whose clients call this tenant's site."""
        made_for = self._maker(ConfluenceClient, parts, tokens, tenant)
        return ConfluenceContext(parts, made_for, tenant, caller, reports=self._reports, **given)
