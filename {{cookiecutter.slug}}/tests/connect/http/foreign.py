"""A server's connection that is none of those we know: what a later uvicorn may bring."""

import asyncio
from typing import Any


class Foreign(asyncio.Protocol):
    """Takes connections and says nothing."""

    def __init__(self, **_: Any) -> None:
        """Take what uvicorn gives its own."""

    def shutdown(self) -> None:
        """Do as uvicorn's do at the end: nothing is held."""
