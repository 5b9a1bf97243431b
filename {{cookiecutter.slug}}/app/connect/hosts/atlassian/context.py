"""The contexts of Jira and Confluence: with the site's API as the add-on and as a user, and who may do what."""

from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any, Generic, TypeVar

from app.connect.context import Context, Parts
from app.connect.errors import HostError, NotAllowed
from app.connect.hosts.atlassian.client.api import SiteClient
from app.connect.hosts.atlassian.client.confluence import ConfluenceClient
from app.connect.hosts.atlassian.client.jira import JiraClient
from app.connect.hosts.atlassian.client.reports import AccountReports
from app.connect.hosts.atlassian.settings import AtlassianDetails
from app.connect.pages.page_tokens import Visit
from app.connect.tenancy.tenant import Caller, Tenant

K = TypeVar("K", bound=SiteClient)
ADMINISTER = "administer"


class SiteContext(Context, Generic[K]):
    """One tenant's request, event or job on a site."""

    def __init__(
        self,
        parts: Parts,
        make_client: Callable[[str | None], K],
        tenant: Tenant,
        caller: Caller,
        *,
        reports: AccountReports,
        claims: Mapping[str, Any] | None = None,
        visit: Visit | None = None,
    ) -> None:
        super().__init__(parts, tenant, caller, claims=claims, visit=visit)
        self._make_client = make_client
        self.reports = reports
        """Atlassian's server for the accounts of which personal data is kept."""

    @property
    def details(self) -> AtlassianDetails:
        """What the site said of itself when it installed the add-on."""
        return self.tenant.details(AtlassianDetails)

    @cached_property
    def site(self) -> K:
        """The site's API, called as the add-on."""
        return self._make_client(None)

    def as_user(self, account_id: str) -> K:
        """Return the site's API, called as a user. Scope: ACT_AS_USER."""
        return self._make_client(account_id)

    def _require_caller(self) -> str:
        if self.caller.user_id is None:
            raise NotAllowed("Log in first: the site did not say who you are.")
        return self.caller.user_id

    async def _require(self, asking: Awaitable[bool], permission: str) -> None:
        """Raise `NotAllowed` unless the site says yes; also when it cannot be asked."""
        try:
            has = await asking
        except HostError as error:
            self.log.warning("the site cannot be asked who may do what", exc_info=error)
            raise NotAllowed("The site cannot say now what you may do. Try again in a moment.") from None
        if not has:
            raise NotAllowed(f"You need the permission {permission} for that. Ask an administrator of the site.")


class JiraContext(SiteContext[JiraClient]):
    """One tenant's request, event or job on a Jira site."""

    @property
    def jira(self) -> JiraClient:
        """The site's API, called as the add-on."""
        return self.site

    async def require_permission(
        self, permission: str, *, project_id: str | int | None = None, issue_id: str | int | None = None
    ) -> None:
        """Ask the site, as the add-on, whether the caller has a permission; raise `NotAllowed` unless they do.

        Of a project or an issue where one is named by its id, else of the whole site, such as ADMINISTER. Scope: READ.
        """
        account_id = self._require_caller()
        if project_id is None and issue_id is None:
            asking = self.jira.has_global_permission(account_id, permission)
        else:
            asking = self.jira.has_project_permission(account_id, permission, project_id=project_id, issue_id=issue_id)
        await self._require(asking, permission)


class ConfluenceContext(SiteContext[ConfluenceClient]):
    """One tenant's request, event or job on a Confluence site."""

    @property
    def confluence(self) -> ConfluenceClient:
        """The site's API, called as the add-on."""
        return self.site

    async def require_permission(self, operation: str, *, page_id: str | None = None) -> None:
        """Ask the site, as the add-on, whether the caller may; raise `NotAllowed` unless they do.

        `read`, `update` or `delete` a page; `administer` the site where no page is named. Scope: READ.
        """
        account_id = self._require_caller()
        if page_id is not None:
            asking = self.confluence.has_permission(account_id, operation, page_id)
        elif operation == ADMINISTER:
            asking = self.confluence.administers(account_id)
        else:
            raise NotAllowed(f"Name the page: {operation} is a permission of one. Without a page: {ADMINISTER}.")
        await self._require(asking, operation)
