"""Serves a small add-on for Jira on the port that is named; runs in the project's environment and on its path."""

import sys
from typing import Any

import uvicorn
from app.connect import AddonRouter, Ctx, Page
from app.connect.application import Application
from app.connect.hosts.atlassian import JiraCallback, JiraCtx, JiraRouter
from app.connect.settings import load_settings

ADDON = {
    "addon": {"key": "com.example.test", "name": "Test", "description": "A test"},
    "jira": {
        "scopes": ["READ"],
        "webPanels": {"report": {"name": "Report", "location": "atl.jira.view.issue.right.context"}},
    },
}
router, jira = AddonRouter(), JiraRouter()


@router.panel("report")
async def report(ctx: Ctx) -> Page:
    """Show who is looking."""
    return Page(f"for {ctx.caller.user_id}")


@jira.route("/who", methods=["POST"])
async def who(ctx: JiraCallback) -> dict[str, str | None]:
    """Tell a script whose token it has."""
    return {"user": ctx.caller.user_id, "place": ctx.caller.place}


@jira.route("/call", methods=["POST"])
async def call(ctx: JiraCtx, wanted: dict[str, Any]) -> dict[str, Any]:
    """Call the site."""
    return {"answer": await ctx.jira.send(wanted["method"], wanted["path"], params=wanted["params"])}


def main() -> None:
    """Serve until the process is ended."""
    application = Application(load_settings(), [router, jira], document=ADDON)
    uvicorn.run(application.app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
