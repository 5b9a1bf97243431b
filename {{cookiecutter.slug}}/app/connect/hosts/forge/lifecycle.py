"""How Forge installations are asked about; how they come and go is said by tokens and gates."""

from collections.abc import Awaitable, Callable, Mapping

from app.connect.declare.addon import Addon
from app.connect.errors import NotFound
from app.connect.hosts.atlassian.client.errors import HostRejected, SignatureRefused
from app.connect.hosts.forge.client.refusals import GONE
from app.connect.hosts.forge.outbound import ForgeOutbound
from app.connect.hosts.forge.section import ForgeSection
from app.connect.hosts.forge.settings import ForgeDetails
from app.connect.hosts.protocol import Endpoint, Posted
from app.connect.network.tokens import TokenAwaited, UnknownClient
from app.connect.tenancy.lifecycle import Known
from app.connect.tenancy.tenant import Change, Tenant, Uninstalled

Question = tuple[str, Mapping[str, str]]
QUESTIONS: Mapping[str, Mapping[str, Question]] = {
    "jira": {
        "read:jira-user": ("rest/api/3/myself", {}),
        "read:jira-work": ("rest/api/3/mypermissions", {"permissions": "BROWSE_PROJECTS"}),
    },
    "confluence": {
        "read:confluence-user": ("rest/api/user/current", {}),
        "read:confluence-space.summary": ("rest/api/space", {"limit": "1"}),
    },
    "bitbucket": {"read:user:bitbucket": ("2.0/user", {})},
}
"""By product and scope, what an installed app is told: without the scope a refusal would say nothing."""


class ForgeLifecycle:
    """Asks the product whether the app's access token still holds there."""

    def __init__(self, outbound: ForgeOutbound, section: ForgeSection) -> None:
        self._outbound = outbound
        self._scopes = section.scope_options

    async def read(
        self, endpoint: Endpoint, posted: Posted, known: Callable[[str], Awaitable[Known | None]], addon: Addon
    ) -> Change | None:
        """Read nothing: every endpoint is a gate."""
        del endpoint, posted, known, addon
        raise NotFound

    async def confirm(self, tenant: Tenant, secret: str | None) -> Change | None:  # noqa: ARG002 - as the seam has it
        """Ask the product; a refusal, or silence without a token, is believed after several times."""
        try:
            await self._ask(tenant)
        except (UnknownClient, TokenAwaited, SignatureRefused):
            # What is asked about was refused; a token that comes, comes with a proof that restores the installation.
            return Uninstalled(tenant.client_key)
        except HostRejected as error:
            if error.host_status in GONE:
                return Uninstalled(tenant.client_key)
            raise
        return None

    async def _ask(self, tenant: Tenant) -> None:
        questions = QUESTIONS.get(str(tenant.details(ForgeDetails).product), {})
        asked = next((question for scope, question in questions.items() if scope in self._scopes), None)
        if asked is None:
            await self._outbound.require_known(tenant)
        else:
            path, params = asked
            await self._outbound.client_of(tenant).get(path, params)
