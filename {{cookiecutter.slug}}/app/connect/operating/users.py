"""Users of tenants, as an operator adds, lists and removes them; no list of processes shows a password."""

import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from getpass import getpass

from app.connect.access.basic import LONGEST_PASSWORD, composed, name_problem, password_problem
from app.connect.access.hashing import hash_password
from app.connect.access.users import UserRefused, Users
from app.connect.api_tokens.rules import AccessRefused
from app.connect.application import Application
from app.connect.errors import ConfigurationError

LONGEST_LINE = 4 * LONGEST_PASSWORD + 2
"""Bytes; one more is too long in any spelling."""


async def add_user(
    application: Application, tenant_id: str, name: str, accesses: Sequence[str] | None
) -> AsyncIterator[str]:
    """Add a user and yield what to tell of it; `ConfigurationError` says what to give instead."""
    name, password = composed(name), composed(_read_password())
    problem = name_problem(name) or password_problem(password, name)
    if problem is not None:
        raise ConfigurationError(f"{problem} Nothing was changed.")
    try:
        added = await _users(application).add(tenant_id, name, hash_password(password), accesses)
    except (AccessRefused, UserRefused) as refused:
        raise ConfigurationError(f"{refused} Nothing was changed.") from None
    what = "everything" if added.accesses is None else ", ".join(added.accesses)
    yield f"The user {name} may do {what}. With HTTP Basic the name is {tenant_id}/{name}."
    names = application.settings.auth_backends
    if "passwords" not in names:
        yield f"Passwords open nothing yet: set AUTH_BACKENDS={','.join([*names, 'passwords'])} and restart the add-on."


async def list_users(application: Application, tenant_id: str | None) -> AsyncIterator[str]:
    """Yield a head and a line for each user of one tenant, or of all."""
    users = await _users(application).all(tenant_id)
    yield "tenant\tname\taccesses\tsince" if users else "There is no user."
    for user in users:
        accesses = "everything" if user.accesses is None else ", ".join(user.accesses)
        yield f"{user.tenant_id}\t{user.name}\t{accesses}\t{datetime.fromtimestamp(user.created_at, UTC):%Y-%m-%d}"


async def remove_user(application: Application, tenant_id: str, name: str) -> AsyncIterator[str]:
    """Remove a user and yield what to tell of it; `ConfigurationError` when there is none."""
    if not await _users(application).remove(tenant_id, composed(name)):
        raise ConfigurationError(f"The tenant {tenant_id} has no user {name!r}. Run `addon user list` for their names.")
    yield f"The user {name} is removed and gets in no more. API tokens that it created live on until they are revoked."


def _users(application: Application) -> Users:
    return Users(application.database, list(application.hosts))


def _read_password() -> str:
    """Read the one line of standard input, or ask who sits at a terminal."""
    if sys.stdin.isatty():
        return getpass("Password: ")
    try:
        text = sys.stdin.buffer.read(LONGEST_LINE + 1).decode()
    except UnicodeDecodeError:
        raise ConfigurationError("The password on standard input is not in UTF-8. Encode it so.") from None
    return text.removesuffix("\n").removesuffix("\r")
