"""What can be typed after `addon access` and `addon user`."""

import argparse
from typing import Any

ABOUT_ACCESS = "list the routes of the API with what each asks of who calls it, or API tokens"
COMMANDS = "app.connect.operating.access_commands"


def add_token_commands(access: argparse.ArgumentParser) -> None:
    """Add what lists and revokes API tokens."""
    commands = access.add_subparsers(dest="what", metavar="COMMAND")
    tokens = commands.add_parser("tokens", help="list API tokens: policy, who made it, where, last use, expiry")
    tokens.add_argument("--tenant", help="only this tenant's, by the id that `addon tenant list` shows")
    revoke = commands.add_parser("revoke", help="end every API token that a person made, and those made with these")
    revoke.add_argument("--tenant", required=True, help="where, by the id that `addon tenant list` shows")
    revoke.add_argument("--by", required=True, help="who made them, by the host's id that `addon access tokens` shows")
    tokens.add_argument("--beyond", action="store_true", help="only those that hold more than their policy does now")
    for command in (tokens, revoke):
        command.set_defaults(module=COMMANDS)


def add_user_commands(commands: Any) -> None:
    """Add what adds, lists and removes users."""
    user = commands.add_parser("user", help="add, list or remove who shows a password for an API token").add_subparsers(
        dest="what", required=True, metavar="COMMAND"
    )
    for name, what in (
        ("add", "add a user of a tenant; the password is read from standard input"),
        ("list", "list users: tenant, name, accesses, since when"),
        ("remove", "remove a user; API tokens that it created live on"),
    ):
        command = user.add_parser(name, help=what)
        command.set_defaults(module=COMMANDS)
        is_named = name != "list"
        command.add_argument("--tenant", required=is_named, help="the tenant, by the id that `addon tenant list` shows")
        if is_named:
            command.add_argument("--name", required=True, help="the name of the user, which its tenant has once")
        if name == "add":
            command.add_argument(
                "--access", action="append", help="what it may do, such as 'builds.*.report'; may be given again"
            )
