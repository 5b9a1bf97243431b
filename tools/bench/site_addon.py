"""An add-on with one page on a Jira site, and nothing else: what a signed, qsh-checked page request costs.

Runs in the project's environment and folder.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

from app.connect.application import Application
from app.connect.declare.declarations import Page
from app.connect.hosts.atlassian import JiraCtx, JiraRouter
from app.connect.logging import configure_logging
from app.connect.settings import load_settings

jira = JiraRouter()


@jira.panel("report")
async def report(ctx: JiraCtx) -> Page:
    """Show as little as the glance does."""
    return Page(f"<p>Builds of {ctx.tenant.client_key}</p>")


settings = load_settings()
configure_logging(settings.log_level, as_json=settings.is_production)
app = Application(
    settings,
    [jira],
    document={
        "addon": {"key": "com.example.bench", "name": "Bench", "description": "Measures"},
        "jira": {
            "scopes": ["READ"],
            "webPanels": {"report": {"name": "Report", "location": "x", "query": {"issue": "{issue.key}"}}},
        },
    },
).app
