"""Health for whoever runs the add-on: alive means the process answers, ready means it can do its work."""

from typing import TYPE_CHECKING

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from app.connect.application import Connect


class Health(BaseModel):
    """The answer of both checks."""

    status: str
    reason: str | None = None


def health_router(connect: "Connect") -> APIRouter:
    """Make `/health/live` and `/health/ready`."""
    router = APIRouter(prefix="/health", tags=["health"])

    @router.get("/live", summary="The process answers")
    async def live() -> Health:
        return Health(status="ok")

    @router.get(
        "/ready",
        summary="The database answers",
        responses={503: {"model": Health, "description": "Not ready; says why"}},
    )
    async def ready(response: Response) -> Health:
        try:
            async with connect.db.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError):
            response.status_code = 503
            return Health(status="unavailable", reason="The database does not answer. Check DATABASE_URL.")
        return Health(status="ok")

    return router
