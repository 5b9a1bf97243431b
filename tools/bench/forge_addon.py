"""An add-on with one handler of an event of Forge, and nothing else: what an event costs until its row is committed.

Runs in the project's environment and folder. What is accepted waits for an hour, so that no handler runs meanwhile.
"""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path.cwd()))

from app.connect.application import Application
from app.connect.hosts.forge import ForgeCtx, ForgeRouter
from app.connect.hosts.forge.gates import ForgeGates
from app.connect.logging import configure_logging
from app.connect.settings import load_settings

WAITS = 3600.0
forge = ForgeRouter()


@forge.on("avi:jira:created:version")
async def version(ctx: ForgeCtx, event: dict[str, Any]) -> None:
    """Take it."""
    ctx.log.info("%s", event["eventType"])


settings = load_settings()
configure_logging(settings.log_level, as_json=settings.is_production)
application = Application(
    settings,
    [forge],
    document={
        "addon": {"key": "com.example.bench", "name": "Bench", "description": "Measures"},
        "jira": {"scopes": ["READ"]},
        "forge": {"scopes": ["read:jira-work", "manage:jira-project"]},
    },
)
gates = application.hosts["forge"].gates
if isinstance(gates, ForgeGates):
    gates.patience = WAITS
app = application.app
