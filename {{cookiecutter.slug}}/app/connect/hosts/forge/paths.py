"""Where Forge calls this add-on and by which keys: the one place that the manifest and the routes read.

A changed route of an endpoint is a new major version, which every customer must approve: change nothing here lightly.
"""

from app.connect.hosts.protocol import Endpoint

HOST = "forge"
REMOTE = "backend"
"""The key of the one remote; connectModules are below it, too."""

ASKS = "a token that Forge signed"
EVENTS = Endpoint(
    "events", "POST", "events", "Something happened at a site: events of products and of installations", asks=ASKS
)
HOURLY = Endpoint(
    "hourly",
    "POST",
    "hourly",
    "An hour passed: brings a fresh access token, and shows who is still there",
    has_body=False,
    asks=ASKS,
)
SCHEDULES = Endpoint("schedules", "POST", "schedules/{key}", "A schedule is due", has_body=False, asks=ASKS)
UNINSTALL = Endpoint("uninstall", "POST", "uninstall", "The app is about to be uninstalled", has_body=False, asks=ASKS)
ENDPOINTS = (EVENTS, HOURLY, SCHEDULES, UNINSTALL)
"""One endpoint takes all events, so that a new handler changes no endpoint. The bodies of the others say nothing."""
CALL = "call"
"""The frontend's calls are below this, `/forge/call/<name>`; their path comes with the call, not from the manifest."""
MIGRATION = "migration"
"""The hooks of data residency are below this: schedule, start, status, commit, rollback."""
MOVES = f"{HOST}/{MIGRATION}"
"""What the routes of the hooks are for; no module has this name."""

EVENTS_KEY = "forge-events"
HOURLY_KEY = "forge-hourly"
UNINSTALL_KEY = "forge-uninstall"
CALLS_KEY = "forge-calls"
"""Keys of `endpoint` modules; a token of Forge names the module that it was made for."""

INSTALLED_EVENT = "avi:forge:installed:app"
UPGRADED_EVENT = "avi:forge:upgraded:app"
LIFECYCLE_EVENTS = (INSTALLED_EVENT, UPGRADED_EVENT)

RESOLVER = "resolver"
"""What stands for the event of a handler that answers calls, an `EventHandler` whose key is the name of the call."""
SCHEDULE = "every:"
"""What the event of a schedule begins with, followed by its interval; the key of the handler is that of the schedule.

A schedule of Forge's own, an `EventHandler`: Forge calls when it is due. The portable `every(...)` needs none.
"""
INTERVALS = ("fiveMinute", "hour", "day", "week")
MAX_SCHEDULES = 5
"""For one app, ours for every hour included."""


def route(path: str) -> str:
    """Return the path that a manifest names: `/forge/events`."""
    return f"/{HOST}/{path}"


def schedule_key(key: str) -> str:
    """Return the key of the `endpoint` module of a schedule."""
    return f"forge-every-{key}"


def call_key(key: str) -> str:
    """Return the key of the `endpoint` module of a module that has an endpoint of its own."""
    return f"forge-call-{key}"
