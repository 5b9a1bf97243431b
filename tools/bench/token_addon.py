"""The add-on as it ships, and a route for programs that does as little as the glance: what an API token costs.

Runs in the project's environment and folder.
"""

import sys
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path.cwd()))

from app.connect import AddonRouter, Context, access
from app.connect.application import Application
from app.connect.declare.author import find_routers
from app.connect.logging import configure_logging
from app.connect.settings import load_settings

router = AddonRouter()


@router.route("/bench/{name}", methods=["GET"])
async def label(ctx: Annotated[Context, access("builds.{name}.read")], name: str) -> dict[str, str]:
    """Answer as the bare route does."""
    return {"label": "Builds" if ctx.tenant.is_installed else name}


settings = load_settings()
configure_logging(settings.log_level, as_json=settings.is_production)
app = Application(settings, [*find_routers(), router]).app
