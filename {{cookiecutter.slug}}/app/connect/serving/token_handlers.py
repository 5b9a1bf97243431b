"""Calls the handlers of what happens to API tokens."""

import time
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.api_tokens.table import ApiToken, is_current
from app.connect.context import Context
from app.connect.declare.addon import Addon
from app.connect.declare.token_events import TokenEvent, TokenFacts


async def tell_of_token(addon: Addon, event: str, context: Context, payload: Any) -> None:
    """Call who hears of this event; nobody where a token is said to expire that is gone."""
    facts = TokenFacts.load(payload)
    if event == TokenEvent.EXPIRING and not await _is_current(context.db, facts.id):
        return
    for handler in addon.tokens:
        if handler.event == event and context.serves(handler.host):
            await handler.call(context, facts)


async def _is_current(session: AsyncSession, token_id: str) -> bool:
    found = select(ApiToken.id).where(ApiToken.id == token_id, is_current(time.time()))
    return await session.scalar(found) is not None
