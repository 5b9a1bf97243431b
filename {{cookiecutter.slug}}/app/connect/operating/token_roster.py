"""The API tokens of every tenant, for operators."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from sqlalchemy import select

from app.connect.access.facts import facts_of
from app.connect.api_tokens.table import ApiToken, is_current
from app.connect.database.engine import Database
from app.connect.declare.token_events import TokenFacts
from app.connect.tenancy.tables import InstallationRow

CHUNK = 500
TOKEN_COLUMNS = ("tenant", "token", "name", "policy", "made by", "where", "last used", "expires", "remark")


async def list_tokens(database: Database, *, tenant_id: str | None = None) -> AsyncIterator[tuple[str, TokenFacts]]:
    """Give the tokens that open something, with their tenants' ids, in chunks and in the order they were made in."""
    last = ""
    while True:
        query = (
            select(ApiToken)
            .join(InstallationRow, InstallationRow.id == ApiToken.installation_id)
            .where(ApiToken.id > last, ApiToken.generation == InstallationRow.generation, is_current(time.time()))
            .order_by(ApiToken.id)
            .limit(CHUNK)
        )
        if tenant_id is not None:
            query = query.where(ApiToken.tenant_id == tenant_id)
        async with database.session() as session:
            found = [(row.tenant_id, facts_of(row)) for row in await session.scalars(query)]
        for one in found:
            yield one
        if len(found) < CHUNK:
            return
        last = found[-1][1].id


def describe_token(facts: TokenFacts) -> tuple[str, ...]:
    """Write what `TOKEN_COLUMNS` name, but for the tenant and the remark."""
    by = facts.created_by or (f"the token {facts.created_via}" if facts.created_via else "")
    moments = (_moment(facts.last_used_at), _moment(facts.expires_at))
    return (facts.id, facts.name, facts.policy or "", by, facts.place or "", *moments)


def _moment(seconds: float | None) -> str:
    return "never" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
