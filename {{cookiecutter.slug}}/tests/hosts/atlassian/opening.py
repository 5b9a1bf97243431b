"""Contexts of a guest, as a handler gets them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.conformance import Guest, Stage
from app.connect.tenancy.tenant import Caller


@asynccontextmanager
async def opened(stage: Stage, guest: Guest, user: str | None = None) -> AsyncIterator[Any]:
    """Open one; `user` caused it."""
    tenant = await stage.tenant(guest)
    assert tenant is not None
    async with stage.application.contexts.open(tenant, Caller(user)) as ctx:
        yield ctx
