"""The `addon` command: descriptor, check, migrate, dead, replay."""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from app.connect.errors import ConfigurationError

if TYPE_CHECKING:
    from app.connect.application import Connect


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; exit status 1 with a sentence on standard error when something needs mending."""
    parser = argparse.ArgumentParser(prog="addon", description="Commands for this add-on.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    show = commands.add_parser("descriptor", help="print what a host reads at installation")
    show.add_argument("--host", default="hipchat", help="the host whose dialect to print")
    commands.add_parser("check", help="find mistakes: settings, addon.toml, handlers, routes without proof")
    commands.add_parser("migrate", help="bring the database schema to head")
    commands.add_parser("dead", help="list events and jobs that failed for good")
    again = commands.add_parser("replay", help="run a dead entry again")
    again.add_argument("id", type=int, help="the number that `addon dead` shows")
    given = parser.parse_args(arguments)
    try:
        return asyncio.run(_run(given))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1


async def _run(given: argparse.Namespace) -> int:
    async with _opened() as connect:
        return await COMMANDS[given.command](connect, given)


@asynccontextmanager
async def _opened() -> "AsyncIterator[Connect]":
    # Imported late: the parser answers `--help` and mistakes at once.
    from app.addon import routers
    from app.connect.application import Connect
    from app.connect.settings import load_settings

    connect = Connect(load_settings(), routers)
    try:
        yield connect
    finally:
        await connect.close()


async def _descriptor(connect: "Connect", given: argparse.Namespace) -> int:
    if given.host not in connect.descriptors:
        raise ConfigurationError(f"There is no host {given.host!r}. Enabled: {', '.join(connect.descriptors)}.")
    print(json.dumps(connect.descriptors[given.host], indent=2, ensure_ascii=False))
    return 0


async def _check(_: "Connect", __: argparse.Namespace) -> int:
    from app.addon import routers
    from app.connect.serving.checks import unproven_routes

    problems = unproven_routes(routers)
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print("Settings, addon.toml, handlers and routes fit together.")
    return 1 if problems else 0


async def _migrate(connect: "Connect", _: argparse.Namespace) -> int:
    from app.connect.application import ROOT
    from app.connect.database.schema import migrate

    warnings = await migrate(connect.db, ROOT)
    print("\n".join(warnings) or "The database schema is at head.")
    return 0


async def _dead(connect: "Connect", _: argparse.Namespace) -> int:
    rows = await connect.worker.inbox.dead()
    for row in rows:
        print(f"{row.id}\t{row.kind}\t{row.name}\ttenant {row.tenant_id}\t{row.last_error}")
    if not rows:
        print("Nothing is dead.")
    return 0


async def _replay(connect: "Connect", given: argparse.Namespace) -> int:
    if not await connect.worker.inbox.replay(given.id):
        raise ConfigurationError(f"There is no dead entry {given.id}. Run `addon dead` for the list.")
    print(f"Entry {given.id} is due now; the running add-on takes it up within a second.")
    return 0


COMMANDS: "dict[str, Callable[[Connect, argparse.Namespace], Awaitable[int]]]" = {
    "descriptor": _descriptor,
    "check": _check,
    "migrate": _migrate,
    "dead": _dead,
    "replay": _replay,
}
