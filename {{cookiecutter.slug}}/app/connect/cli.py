"""The `addon` command: what can be typed, and where what it does is found."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import Any

from app.connect.errors import ConfigurationError
from app.connect.operating.access_arguments import ABOUT_ACCESS, add_token_commands, add_user_commands

COMMANDS = "app.connect.commands"
"""Where what a command does is found by its name, unless its parser says another module."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; exit status 1 with a sentence on standard error when something needs mending."""
    parser = argparse.ArgumentParser(prog="addon", description="Commands for this add-on.")
    parser.set_defaults(module=COMMANDS)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    begin = commands.add_parser("new", help="remove the example and begin with an empty add-on")
    begin.add_argument("--yes", action="store_true", help="do not ask before files are removed")
    show = commands.add_parser("descriptor", help="print what a host reads at installation")
    show.add_argument("--host", help="the host whose dialect to print; the first one unless said")
    kept = commands.add_parser("manifest", help="print the manifest of an app, which its host's own tool reads")
    kept.add_argument(
        "--check",
        nargs="?",
        const="",
        metavar="FILE",
        help="compare it with the committed file, manifest.yml unless said; exit status 1 when they differ",
    )
    commands.add_parser("check", help="find mistakes: settings, addon.toml, handlers, routes without proof, models")
    access = commands.add_parser("access", help=ABOUT_ACCESS)
    add_token_commands(access)
    commands.add_parser("migrate", help="bring the database schema to head")
    worker = commands.add_parser("worker", help="run handlers beside what serves; any number of these, on PostgreSQL")
    worker.add_argument("--host", default="127.0.0.1", help="where it answers how it is; 127.0.0.1 unless said")
    worker.add_argument(
        "--port", type=int, default=0, help="the port of /health/live and /health/ready; any unless said"
    )
    _add_inbox(commands)
    _add_tenant(commands)
    add_user_commands(commands)
    keys = commands.add_parser("keys", help="change the keys that seal secrets").add_subparsers(
        dest="what", required=True, metavar="COMMAND"
    )
    keys.add_parser("rotate", help="seal everything with the newest key of SECRET_KEYS; the add-on may serve meanwhile")
    given = parser.parse_args(arguments)
    try:
        with asyncio.Runner(loop_factory=_loop_factory(given.command)) as runner:
            return runner.run(_run(given))
    except KeyboardInterrupt:
        return 130
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1


def _loop_factory(command: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Choose the event loop: what runs for long gets the one that the server of requests takes."""
    if command != "worker":
        return None
    from uvicorn.config import Config

    return Config(main).get_loop_factory()


def _add_inbox(commands: Any) -> None:
    inbox = commands.add_parser("inbox", help="list what failed for good, run it again, or give it up").add_subparsers(
        dest="what", required=True, metavar="COMMAND"
    )
    which = argparse.ArgumentParser(add_help=False)
    which.add_argument("--tenant", help="only this tenant's, by the id that `addon tenant list` shows")
    which.add_argument("--handler", help="only those of this handler, by the name that `addon inbox list` shows")
    inbox.add_parser("list", parents=[which], help="list events and jobs that failed for good")
    for name, what in (("replay", "run dead entries again"), ("discard", "give dead entries up: they never run")):
        command = inbox.add_parser(name, parents=[which], help=what)
        command.add_argument("ids", nargs="*", type=int, metavar="id", help="numbers that `addon inbox list` shows")
        command.add_argument("--all", action="store_true", help="every dead entry")


def _add_tenant(commands: Any) -> None:
    tenant = commands.add_parser("tenant", help="list tenants, restore or delete one").add_subparsers(
        dest="what", required=True, metavar="COMMAND"
    )
    tenant.add_parser("list", help="list every installation: id of its tenant, host, client key, origin, state")
    restore = tenant.add_parser("restore", help="install again what ended because its host refused it")
    restore.add_argument("id", help="the tenant's id that `addon tenant list` shows")
    purge = tenant.add_parser("purge", help="end a tenant and delete its data now")
    purge.add_argument("id", help="the tenant's id that `addon tenant list` shows")
    purge.add_argument("--installed", action="store_true", help="delete it although it is installed")


async def _run(given: argparse.Namespace) -> int:
    # Imported late: the parser answers `--help` and mistakes at once.
    if given.command == "new":
        from app.connect.example import new

        return await new(ask=not given.yes)

    from app.connect.application import Application
    from app.connect.declare.author import find_routers
    from app.connect.settings import load_settings

    run: Callable[[Application, argparse.Namespace], Awaitable[int]] = getattr(
        import_module(given.module), "_".join(filter(None, (given.command, getattr(given, "what", None))))
    )
    application = Application(load_settings(), find_routers())
    try:
        return await run(application, given)
    finally:
        await application.close()


if __name__ == "__main__":
    sys.exit(main())
