"""The contexts of Forge installations: with the APIs of their products as the app and as a person.

A handler of Jira's or Confluence's router takes one where it takes a Connect one: it is of that class, too.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

from app.connect.context import Context, Parts
from app.connect.database.store import TenantStore
from app.connect.errors import HostError
from app.connect.hosts.atlassian.client.api import SiteClient
from app.connect.hosts.atlassian.client.confluence import ConfluenceClient
from app.connect.hosts.atlassian.client.errors import HostNotFound
from app.connect.hosts.atlassian.client.jira import JiraClient
from app.connect.hosts.atlassian.client.reports import AccountReports
from app.connect.hosts.atlassian.context import ConfluenceContext, JiraContext
from app.connect.hosts.forge.client.kvs import ForgeStorage
from app.connect.hosts.forge.client.refusals import Refusals
from app.connect.hosts.forge.client.store import ForgeStore
from app.connect.hosts.forge.joining import client_key_in, property_path, wants_join
from app.connect.hosts.forge.manifest.words import section_of
from app.connect.hosts.forge.settings import ForgeDetails
from app.connect.network.tokens import TokenManager, Wanted
from app.connect.pages.page_tokens import Visit
from app.connect.tenancy.tenant import Caller, Doubted, Joined, Refreshed, Tenant

SILENT = 3 * 3600.0
"""Seconds without the hourly trigger after which an installation may be over."""


class NoSuchProduct(HostError):
    """The app is not installed in that product of the site."""

    status = 422
    code = "no_such_product"
    is_permanent = True


class Clients:
    """Makes the clients of one installation: by product, as the app (None) or as a person."""

    def __init__(
        self,
        make: Callable[[type[Any], str, str | None, str | None], Any],
        storage: Callable[[], ForgeStorage],
        tokens: TokenManager,
        reports: AccountReports,
        refusals: Refusals,
    ) -> None:
        self.make = make
        self.storage = storage
        self.tokens = tokens
        self.reports = reports
        self.refusals = refusals


class ForgeContext(Context):
    """One installation's call, event or job."""

    def __init__(
        self,
        parts: Parts,
        clients: Clients,
        tenant: Tenant,
        caller: Caller,
        *,
        claims: Mapping[str, Any] | None = None,
        visit: Visit | None = None,
    ) -> None:
        Context.__init__(self, parts, tenant, caller, claims=claims, visit=visit)
        self._clients = clients
        self._user_token: str | None = None
        # What the contexts of Connect have besides.
        self._make_client = self._as
        self.reports = clients.reports

    @property
    def details(self) -> ForgeDetails:
        """What tokens say of the installation."""
        return self.tenant.details(ForgeDetails)

    @property
    def is_silent(self) -> bool:
        """Whether the trigger of every hour stayed away for hours."""
        return self.now.timestamp() - self.details.heard_at > SILENT

    @cached_property
    def jira(self) -> JiraClient:
        """The site's Jira, called as the app."""
        made: JiraClient = self._product(JiraClient, "jira", None)
        return made

    @cached_property
    def confluence(self) -> ConfluenceClient:
        """The site's Confluence, called as the app."""
        made: ConfluenceClient = self._product(ConfluenceClient, "confluence", None)
        return made

    @cached_property
    def storage(self) -> ForgeStorage:
        """What Atlassian keeps for this installation. Scope: storage:app."""
        return self._clients.storage()

    @cached_property
    def forge_store(self) -> ForgeStore:
        """What `ctx.store` is, kept inside Atlassian instead of in our database. Scope: storage:app."""
        return ForgeStore(self.storage)

    @cached_property
    def store(self) -> TenantStore:
        """The tenant's key-value store, where `store` in `[forge]` says: our database, or `forge_store`."""
        return self.forge_store if section_of(self._parts.addon).store == "forge" else super().store

    def product_client(self, user_id: str | None = None) -> SiteClient:
        """Return the API of the product that the app is installed in."""
        product = str(self.details.product)
        made: SiteClient = self._product(CLIENTS.get(product, SiteClient), product, user_id)
        return made

    async def access_token(self) -> str:
        """Return the app's access token; `TokenAwaited` when the host has to bring one first."""
        return await self._clients.tokens.get(self.tenant, Wanted())

    async def join_site(self) -> None:
        """Ask the site for the client key of its Connect installation, and join that one's tenant. Done once."""
        details, addon, tenant = self.details, self._parts.addon, self.tenant
        if not wants_join(details, addon):
            return
        key = section_of(addon).connect.key or addon.manifest.addon.key
        try:
            client_key = client_key_in(await self.product_client().get(property_path(key)))
        except HostNotFound:
            client_key = None
        if client_key is not None:
            await self._parts.apply(tenant, Joined(tenant.client_key, str(details.product), client_key))
        found = details.model_copy(update={"joined": client_key is not None})
        await self._parts.apply(tenant, Refreshed(tenant.client_key, tenant.api_url, tenant.web_url, found))

    def awaits_join(self, patience: float) -> bool:
        """Tell whether the installation is newer than `patience` seconds and its site was not asked yet."""
        if not patience:
            return False
        details = self.details
        return self.now.timestamp() - details.found_at < patience and wants_join(details, self._parts.addon)

    async def listen(self) -> None:
        """Look whether the installation is still there: nothing heard, and no token, for hours begins a doubt.

        So do refusals that last, also where they took the token away and no more calls were made.
        """
        if self._clients.refusals.persist(self.tenant, now=self.now.timestamp()):
            await self._parts.apply(self.tenant, Doubted(self.tenant.client_key))
        if self.is_silent:
            with suppress(HostError):
                await self.access_token()

    def _as(self, user_id: str | None) -> Any:
        """Return the API of the installation's product, called as a person, or as the app where none is named."""
        return self.product_client(user_id)

    def use_user_token(self, token: str | None) -> None:
        """Call as the person with this token, in this request and nowhere else."""
        self._user_token = token

    def _product(self, made: type[Any], product: str, user_id: str | None) -> Any:
        if self.details.api_of(product) is None:
            raise NoSuchProduct(f"The app is not installed in {product}. Add it to the app's compatibility.")
        pushed = self._user_token if user_id is not None and user_id == self.caller.user_id else None
        return self._clients.make(made, product, user_id, pushed)


CLIENTS: Mapping[str, type[SiteClient]] = {"jira": JiraClient, "confluence": ConfluenceClient}


class ForgeJiraContext(ForgeContext, JiraContext):
    """The context of an installation in Jira; handlers of `JiraRouter` take it."""


class ForgeConfluenceContext(ForgeContext, ConfluenceContext):
    """The context of an installation in Confluence; handlers of `ConfluenceRouter` take it."""
