"""The `addon` command: new, descriptor, check, migrate, dead, replay, discard."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence

from app.connect.errors import ConfigurationError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; exit status 1 with a sentence on standard error when something needs mending."""
    parser = argparse.ArgumentParser(prog="addon", description="Commands for this add-on.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    begin = commands.add_parser("new", help="remove the example and begin with an empty add-on")
    begin.add_argument("--yes", action="store_true", help="do not ask before files are removed")
    show = commands.add_parser("descriptor", help="print what a host reads at installation")
    show.add_argument("--host", help="the host whose dialect to print; the first one unless said")
    commands.add_parser("check", help="find mistakes: settings, addon.toml, handlers, routes without proof, models")
    commands.add_parser("migrate", help="bring the database schema to head")
    commands.add_parser("dead", help="list events and jobs that failed for good")
    again = commands.add_parser("replay", help="run a dead entry again")
    again.add_argument("id", type=int, help="the number that `addon dead` shows")
    give_up = commands.add_parser("discard", help="give a dead entry up: it never runs")
    give_up.add_argument("id", type=int, help="the number that `addon dead` shows")
    given = parser.parse_args(arguments)
    try:
        return asyncio.run(_run(given))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1


async def _run(given: argparse.Namespace) -> int:
    # Imported late: the parser answers `--help` and mistakes at once.
    if given.command == "new":
        from app.connect.example import new

        return await new(ask=not given.yes)

    from app.connect import commands
    from app.connect.application import Application
    from app.connect.declare.author import find_routers
    from app.connect.settings import load_settings

    run: Callable[[Application, argparse.Namespace], Awaitable[int]] = getattr(commands, given.command)
    application = Application(load_settings(), find_routers())
    try:
        return await run(application, given)
    finally:
        await application.close()
