"""FastAPI with shortcuts: what is asked for most is answered before the framework's stack and router are entered.

A host asks for some modules whenever anybody opens a page, and posts each of its events to an address that never
changes. All that such a request needs is its handler behind a front door. The framework's own layers would cost as much
as everything else together.
"""

import sys
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

Shortcuts = Mapping[tuple[str, str], ASGIApp]
"""What answers directly, by method and path."""


class ShortcutFastAPI(FastAPI):
    """Answers some requests directly, unless somebody put something in between that must see every request."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._offered: Shortcuts = {}
        self._taken: Shortcuts = {}
        self._own = 0

    def offer(self, shortcuts: Shortcuts) -> None:
        """Say what answers what; the middlewares that are there now are those that a shortcut does without."""
        self._offered = shortcuts
        self._own = len(self.user_middleware)

    def build_middleware_stack(self) -> ASGIApp:
        """Decide, now that every middleware is known: an author's, and what traces requests, is never left out."""
        is_watched = len(self.user_middleware) > self._own or "opentelemetry.sdk" in sys.modules
        self._taken = {} if is_watched else self._offered
        return super().build_middleware_stack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan."""
        if scope["type"] == "http":
            direct = self._taken.get((scope["method"], scope["path"]))
            if direct is not None:
                scope["app"] = self
                await direct(scope, receive, send)
                return
        await super().__call__(scope, receive, send)
