"""What each command of `addon` does, by its name."""

import argparse
import json
import sys

from app.connect.application import ROOT, Application
from app.connect.database.pending import unwritten_models
from app.connect.database.schema import migrate as apply_migrations
from app.connect.errors import ConfigurationError
from app.connect.hosts.loading import load_factory
from app.connect.serving.checks import unproven_routes
from app.connect.settings import unknown_names


async def descriptor(application: Application, given: argparse.Namespace) -> int:
    """Print what a host reads at installation."""
    name = given.host or next(iter(application.documents))
    if name not in application.documents:
        raise ConfigurationError(f"There is no host {name!r}. Enabled: {', '.join(application.documents)}.")
    document = application.documents[name]
    if document.media_type == "application/json":
        print(json.dumps(json.loads(document.body), indent=2, ensure_ascii=False))
    else:
        print(document.body.decode())
    return 0


async def check(application: Application, _: argparse.Namespace) -> int:
    """Find mistakes; whatever stops a start was found before this is called."""
    models = [type(application.settings), *(load_factory(name).settings for name in application.hosts)]
    unknown = unknown_names(ROOT / ".env", models)
    problems = [
        *unproven_routes(application.routers),
        *(f".env: {name} is no setting. Did you mean {near}?" for name, near in unknown.items() if near),
        *await unwritten_models(ROOT),
    ]
    for problem in problems:
        print(problem, file=sys.stderr)
    for name in (name for name, near in unknown.items() if near is None):
        print(f".env: the add-on reads no {name}. Remove it, unless another program needs it.")
    if not problems:
        print("Settings, addon.toml, handlers, routes and migrations fit together.")
        print("After a change of addon.toml or of events each host must read the descriptor again: update it there.")
    return 1 if problems else 0


async def migrate(application: Application, _: argparse.Namespace) -> int:
    """Bring the database schema to head."""
    warnings = await apply_migrations(application.database, ROOT)
    print("\n".join(warnings) or "The database schema is at head.")
    return 0


async def dead(application: Application, _: argparse.Namespace) -> int:
    """List what failed for good."""
    rows = await application.inbox.dead()
    for row in rows:
        print(f"{row.id}\t{row.kind}\t{row.name}\ttenant {row.tenant_id}\t{row.last_error}")
    if not rows:
        print("Nothing is dead.")
    return 0


async def replay(application: Application, given: argparse.Namespace) -> int:
    """Run a dead entry again."""
    if not await application.inbox.replay(given.id):
        raise ConfigurationError(f"There is no dead entry {given.id}. Run `addon dead` for the list.")
    print(f"Entry {given.id} is due now; the running add-on takes it up within a second.")
    return 0


async def discard(application: Application, given: argparse.Namespace) -> int:
    """Give a dead entry up."""
    if not await application.inbox.discard(given.id):
        raise ConfigurationError(f"There is no dead entry {given.id}. Run `addon dead` for the list.")
    print(f"Entry {given.id} is given up.")
    return 0
