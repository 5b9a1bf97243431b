"""What `addon access` and `addon user` do with tokens and users, by their names."""

import argparse
import sys
from collections.abc import AsyncIterator

from app.connect.access.expired import oldest_overdue
from app.connect.application import Application
from app.connect.errors import ConfigurationError
from app.connect.operating.roster import require_tenant
from app.connect.operating.token_roster import TOKEN_COLUMNS, describe_token, list_tokens
from app.connect.operating.users import add_user, list_users, remove_user


async def access_tokens(application: Application, given: argparse.Namespace) -> int:
    """List API tokens, or those alone that hold more than their policy does now."""
    count = 0
    policies = application.api_tokens.policies
    async for tenant_id, facts in list_tokens(application.database, tenant_id=given.tenant):
        more = policies.beyond(facts)
        if more is None and given.beyond:
            continue
        if not count:
            print("\t".join(TOKEN_COLUMNS))
        print("\t".join((tenant_id, *describe_token(facts), "" if more is None else f"more than its policy: {more}")))
        count += 1
    overdue = await oldest_overdue(application.database)
    if overdue is not None:
        print(f"Expired and not deleted yet: the oldest for {overdue:.0f} seconds.", file=sys.stderr)
    if not count:
        print("No API token holds more than its policy." if given.beyond else "There are no API tokens.")
    return 0


async def access_revoke(application: Application, given: argparse.Namespace) -> int:
    """End every API token that a person made in a tenant, or a token of theirs."""
    tenants = await require_tenant(application.endings, given.tenant)
    count = sum([await application.api_tokens.revoke_of(tenant, given.by) for tenant in tenants])
    if not count:
        raise ConfigurationError(f"{given.by} made none there. Run `addon access tokens --tenant {given.tenant}`.")
    print(f"API tokens revoked: {count}.")
    return 0


async def user_add(application: Application, given: argparse.Namespace) -> int:
    """Add a user of a tenant, with the password on standard input."""
    return await _say(add_user(application, given.tenant, given.name, given.access))


async def user_list(application: Application, given: argparse.Namespace) -> int:
    """List users with their tenants."""
    return await _say(list_users(application, given.tenant))


async def user_remove(application: Application, given: argparse.Namespace) -> int:
    """Remove a user of a tenant."""
    return await _say(remove_user(application, given.tenant, given.name))


async def _say(lines: AsyncIterator[str]) -> int:
    async for line in lines:
        print(line)
    return 0
