"""Refusals: an API that answers an installation with 401, 403 or 404 and nothing else may know it no longer.

No event tells that an app was uninstalled, so this says so, and silence does (reference 7.3). One refusal says nothing:
an issue may be missing, and permissions of a new installation take minutes until they are in force.
"""

from collections import OrderedDict

from app.connect.hosts.forge.settings import ForgeDetails
from app.connect.tenancy.tenant import Tenant

GONE = frozenset({401, 403, 404})
TOO_MANY = 429
SERVER_ERROR = 500
PERSISTENT = 600.0
"""Seconds of refusals without a good answer between them, and without a word of Forge, until the product is asked."""
CAPACITY = 10_000


class Refusals:
    """What this process saw: since when an installation's calls, made as the app, were refused."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._since: OrderedDict[str, float] = OrderedDict()

    def note(self, tenant: Tenant, status: int, *, now: float) -> bool:
        """Remember how a call was answered; tell whether the product should be asked about the installation."""
        if status in GONE:
            if tenant.installation_id not in self._since and len(self._since) >= self._capacity:
                self._since.popitem(last=False)
            self._since.setdefault(tenant.installation_id, now)
            return self.persist(tenant, now=now)
        if status < SERVER_ERROR and status != TOO_MANY:
            self.forget(tenant)
        return False

    def forget(self, tenant: Tenant) -> None:
        """Take note of a good answer."""
        self._since.pop(tenant.installation_id, None)

    def persist(self, tenant: Tenant, *, now: float) -> bool:
        """Tell whether refusals have lasted until now; said once in `PERSISTENT` seconds."""
        since = self._since.get(tenant.installation_id)
        if since is None:
            return False
        if tenant.details(ForgeDetails).heard_at > since:
            self.forget(tenant)
            return False
        if now - since < PERSISTENT:
            return False
        self._since[tenant.installation_id] = now
        return True
