"""Serves an add-on for Jira and HipChat on the port that is named; runs in the project's environment, on its path."""

import sys

import uvicorn
from app.connect import AddonRouter, Ctx, Page
from app.connect.application import Application
from app.connect.hosts.atlassian import JiraCallback, JiraRouter
from app.connect.settings import load_settings

ADDON = {
    "addon": {"key": "com.example.framed", "name": "Framed", "description": "An add-on"},
    "jira": {
        "scopes": ["READ"],
        "webPanels": {
            "report": {
                "name": "Report",
                "location": "atl.jira.view.issue.right.context",
                "query": {"issue": "{issue.key}"},
            }
        },
    },
    "hipchat": {
        "scopes": ["view_room"],
        "install": ["room"],
        "panel": {"report": {"name": "Report", "icon": "builds.svg"}},
    },
}
router, jira = AddonRouter(), JiraRouter()


@router.panel("report")
async def report(ctx: Ctx) -> Page:
    """Show a page as the plumbing draws it, with our script and the one of its host."""
    return ctx.render("connect/frame.html")


@jira.route("/who", methods=["POST"])
async def who(ctx: JiraCallback) -> dict[str, str | None]:
    """Tell a script whose token it has."""
    return {"user": ctx.caller.user_id, "place": ctx.caller.place}


def main() -> None:
    """Serve until the process is ended."""
    application = Application(load_settings(), [router, jira], document=ADDON)
    uvicorn.run(application.app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
