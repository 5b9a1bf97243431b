"""The whole wiring: settings, the add-on's routers, the plumbing, one FastAPI application.

`uvicorn app.main:app` serves it. Read `create_app` from top to bottom and you have seen everything there is.
"""

import time
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from app.connect.application import Application
from app.connect.declare.author import find_routers
from app.connect.errors import ConfigurationError
from app.connect.logging import configure_logging
from app.connect.network.fetch import Transport
from app.connect.settings import Settings, load_settings


def create_app(
    settings: Settings | None = None,
    *,
    transport: Transport | None = None,
    clock: Callable[[], float] = time.time,
) -> FastAPI:
    """Make the application; `transport` stands in for the network and `clock` for time when tests play the host."""
    settings = settings or load_settings()
    configure_logging(settings.log_level, as_json=settings.is_production)
    return Application(settings, find_routers(), transport=transport, clock=clock).app


def __getattr__(name: str) -> Any:
    """Make `app` when a server asks for it, so that importing this module reads no settings."""
    if name != "app":
        raise AttributeError(name)
    try:
        app = create_app()
    except ConfigurationError as error:
        raise SystemExit(f"\n{error}\n") from None
    globals()["app"] = app
    return app
