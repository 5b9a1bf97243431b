"""Asks a site itself whether it takes a secret: what decides where a token can be of two installs (reference 19)."""

import asyncio
import logging

from app.connect.errors import HostError
from app.connect.hosts.atlassian.client.signing import SignedAuth
from app.connect.network.fetch import DOCUMENT_LIMIT, Outbound
from app.connect.tenancy.tenant import Tenant

log = logging.getLogger(__name__)

PATIENCE = 3.0
"""Seconds: the site waits for the answer to its install."""
OK = 200


class Witness:
    """The site of a tenant that is known: no address of a request is called."""

    def __init__(self, client: Outbound) -> None:
        self._client = client

    async def takes(self, tenant: Tenant, secret: str, app_key: str) -> bool:
        """Tell whether the tenant's site takes what this secret signs; no as well when it cannot be asked."""

        async def read_secret(_: bool) -> str:  # noqa: FBT001 - as the seam has it
            return secret

        url = f"{tenant.api_url}rest/atlassian-connect/1/addons/{app_key}"
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._client.send(
                    "GET", url, auth=SignedAuth(tenant, app_key, read_secret), limit=DOCUMENT_LIMIT
                )
        except (HostError, TimeoutError) as error:
            log.warning("the site cannot be asked whether it takes a secret: %s", type(error).__name__)
            return False
        return answer.status_code == OK
