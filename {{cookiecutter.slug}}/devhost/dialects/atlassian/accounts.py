"""The people of the devhost as a site knows them: by account ids."""

from typing import Any

from devhost.world.people import Person
from devhost.world.state import World

_START = "devhost:"


def account_id(person: Person) -> str:
    """Return a person's account id, which is opaque to add-ons."""
    return f"{_START}{person.id:08d}"


def person_of(world: World, account: str) -> Person | None:
    """Find who has an account id; nobody when it is not one, or they are gone."""
    number = account.removeprefix(_START)
    if number == account or not number.isascii() or not number.isdigit():
        return None
    found = world.people.get(int(number))
    return found if found is not None and not found.is_deleted else None


def write(person: Person, site_url: str) -> dict[str, Any]:
    """Write a person as events and answers hold them."""
    account = account_id(person)
    return {
        "self": f"{site_url}/rest/api/3/user?accountId={account}",
        "accountId": account,
        "displayName": person.name,
        "active": not person.is_deleted,
        "timeZone": person.timezone,
        "accountType": "atlassian",
        "avatarUrls": {},
    }
