"""The whole wiring: settings, the add-on's routers, the plumbing, one FastAPI application.

`uvicorn app.main:app` serves it. Read `create_app` from top to bottom and you have seen everything there is.
"""

from typing import Any

from fastapi import FastAPI

from app.addon import routers
from app.connect.application import Connect
from app.connect.errors import ConfigurationError
from app.connect.logging import configure_logging
from app.connect.network.fetch import Transport
from app.connect.serving.web import build_app
from app.connect.settings import Settings, load_settings


def create_app(settings: Settings | None = None, *, transport: Transport | None = None) -> FastAPI:
    """Make the application; `transport` stands in for the network when tests play the host."""
    settings = settings or load_settings()
    configure_logging(settings.log_level, as_json=settings.is_production)
    connect = Connect(settings, routers, transport=transport)
    return build_app(connect, routers)


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
