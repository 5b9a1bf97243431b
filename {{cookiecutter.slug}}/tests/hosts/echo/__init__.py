"""Echo, for add-ons: a small host that is not like those that ship, and shows that the seam fits it all the same."""

from typing import Annotated

from fastapi import Depends

from app.connect.serving.dependencies import context_of
from tests.hosts.echo.context import EchoContext
from tests.hosts.echo.events import Called, Ping
from tests.hosts.echo.router import Card, EchoRouter
from tests.hosts.echo.settings import EchoDetails, EchoSettings

EchoCtx = Annotated[EchoContext, Depends(context_of("echo"), scope="function")]
"""The context of an Echo tenant, in handlers and in FastAPI routes."""

__all__ = ["Called", "Card", "EchoContext", "EchoCtx", "EchoDetails", "EchoRouter", "EchoSettings", "Ping"]
