"""Applications that are closed at the end of a test."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest

from app.connect.declare.router import Router
from app.connect.settings import Settings
from tests.hosts.atlassian.served import Case, Serve, Served


@pytest.fixture
async def serve(settings: Settings) -> AsyncIterator[Serve]:
    """Make applications that are closed at the end."""
    async with AsyncExitStack() as stack:

        def make(document: Mapping[str, Any], routers: list[Router[Any]], *cases: Case) -> Served:
            served = Served(settings, document, routers, *cases)
            stack.push_async_callback(served.application.close)
            for case in cases:
                stack.push_async_callback(case.end)
            return served

        yield make
