"""The `addon` command: new, descriptor, manifest, check, access, migrate, worker, inbox, tenant, user, keys."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from app.connect.errors import ConfigurationError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; exit status 1 with a sentence on standard error when something needs mending."""
    parser = argparse.ArgumentParser(prog="addon", description="Commands for this add-on.")
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
    _add_access(commands)
    commands.add_parser("migrate", help="bring the database schema to head")
    worker = commands.add_parser("worker", help="run handlers beside what serves; any number of these, on PostgreSQL")
    worker.add_argument("--host", default="127.0.0.1", help="where it answers how it is; 127.0.0.1 unless said")
    worker.add_argument(
        "--port", type=int, default=0, help="the port of /health/live and /health/ready; any unless said"
    )
    _add_inbox(commands)
    _add_tenant(commands)
    _add_user(commands)
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


def _add_access(commands: Any) -> None:
    about = "list every route with what it asks of who calls it, or API tokens"
    access = commands.add_parser("access", help=about).add_subparsers(dest="what", metavar="COMMAND")
    tokens = access.add_parser("tokens", help="list API tokens: policy, who made it, where, last use, expiry")
    tokens.add_argument("--tenant", help="only this tenant's, by the id that `addon tenant list` shows")
    revoke = access.add_parser("revoke", help="end every API token that a person made, and those made with these")
    revoke.add_argument("--tenant", required=True, help="where, by the id that `addon tenant list` shows")
    revoke.add_argument("--by", required=True, help="who made them, by the host's id that `addon access tokens` shows")
    tokens.add_argument("--beyond", action="store_true", help="only those that hold more than their policy does now")


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


def _add_user(commands: Any) -> None:
    user = commands.add_parser("user", help="add, list or remove who shows a password for an API token").add_subparsers(
        dest="what", required=True, metavar="COMMAND"
    )
    for name, what in (
        ("add", "add a user of a tenant; the password is read from standard input"),
        ("list", "list users: tenant, name, accesses, since when"),
        ("remove", "remove a user; API tokens that it created live on"),
    ):
        command = user.add_parser(name, help=what)
        is_named = name != "list"
        command.add_argument("--tenant", required=is_named, help="the tenant, by the id that `addon tenant list` shows")
        if is_named:
            command.add_argument("--name", required=True, help="the name of the user, which its tenant has once")
        if name == "add":
            command.add_argument(
                "--access", action="append", help="what it may do, such as 'builds.*.report'; may be given again"
            )


async def _run(given: argparse.Namespace) -> int:
    # Imported late: the parser answers `--help` and mistakes at once.
    if given.command == "new":
        from app.connect.example import new

        return await new(ask=not given.yes)

    from app.connect import commands
    from app.connect.application import Application
    from app.connect.declare.author import find_routers
    from app.connect.operating import access_commands
    from app.connect.settings import load_settings

    run: Callable[[Application, argparse.Namespace], Awaitable[int]] = getattr(
        access_commands if given.command in {"access", "user"} else commands,
        "_".join(filter(None, (given.command, getattr(given, "what", None)))),
    )
    application = Application(load_settings(), find_routers())
    try:
        return await run(application, given)
    finally:
        await application.close()


if __name__ == "__main__":
    sys.exit(main())
