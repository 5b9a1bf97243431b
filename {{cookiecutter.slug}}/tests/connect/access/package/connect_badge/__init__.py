"""The backend `badge`: people come through a gate of ours, which signs a header with who they are."""

import hmac

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.connect import Caller
from app.connect.access import Accesses, BackendParts, BackendRequest, Principal


class BadgeSettings(BaseSettings):
    """`BADGE_KEY` in the environment or in .env: what the gate signs with."""

    model_config = SettingsConfigDict(env_prefix="BADGE_", env_file=".env", extra="ignore")

    key: SecretStr


class BadgeBackend:
    """Reads `X-Badge: <tenant id> <name> <seal>`."""

    name = "badge"

    def __init__(self, parts: BackendParts) -> None:
        self._find_tenant = parts.find_tenant
        self._key = parts.read_settings(BadgeSettings).key.get_secret_value().encode()

    def can_handle(self, request: BackendRequest) -> bool:
        """Take every request with a badge, good or bad: what is wrong with it is said by nobody else."""
        return request.header("x-badge") is not None

    async def authenticate(self, request: BackendRequest) -> Principal | None:
        """Return who wears the badge; None is answered 401."""
        match (request.header("x-badge") or "").split(" "):
            case [tenant_id, person, seal]:
                return await self._look_at(tenant_id, person, seal)
        return None

    async def _look_at(self, tenant_id: str, person: str, seal: str) -> Principal | None:
        wanted = hmac.new(self._key, f"{tenant_id} {person}".encode(), "sha256").hexdigest()
        if not hmac.compare_digest(wanted.encode(), seal.encode()):
            return None
        tenant = await self._find_tenant(tenant_id)
        if tenant is None:
            return None
        return Principal(tenant, Caller(user_id=person), Accesses.read(["karma.#"], me=person))
