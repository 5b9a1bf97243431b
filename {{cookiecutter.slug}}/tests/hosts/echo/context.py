"""EchoContext: a context that can speak to the host."""

from collections.abc import Mapping
from typing import Any

from app.connect.context import Context, Parts
from app.connect.network.tokens import TokenManager, Wanted
from app.connect.pages.page_tokens import Visit
from app.connect.tenancy.tenant import Caller, Tenant
from tests.hosts.echo.settings import EchoDetails

Said = list[tuple[str, str]]
"""What was said to the host: client key and text, in order."""


class EchoContext(Context):
    """One tenant's request, event or job on an Echo host."""

    def __init__(
        self,
        parts: Parts,
        tenant: Tenant,
        caller: Caller,
        *,
        said: Said,
        tokens: TokenManager,
        claims: Mapping[str, Any] | None = None,
        visit: Visit | None = None,
    ) -> None:
        super().__init__(parts, tenant, caller, claims=claims, visit=visit)
        self._said = said
        self._tokens = tokens

    @property
    def details(self) -> EchoDetails:
        """What the host said of the installation."""
        return self.tenant.details(EchoDetails)

    def say(self, text: str) -> None:
        """Say something to the host."""
        self._said.append((self.tenant.client_key, text))

    async def access_token(self) -> str:
        """Return the token with which the host's API is called."""
        return await self._tokens.get(self.tenant, Wanted())
