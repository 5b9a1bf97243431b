"""What a site says of itself, of the fields of its issues, and of people."""

from typing import Any

from devhost.dialects.atlassian import accounts
from devhost.dialects.atlassian.access import AnyCaller, Caller, JiraReader, WikiReader, calling, site_router
from devhost.dialects.atlassian.accounts import person_of
from devhost.dialects.atlassian.addresses import VERSION
from devhost.dialects.atlassian.state import AtlassianState, StateDep
from devhost.errors import bad_request, not_found
from devhost.world.people import Person

router = site_router("/rest/api")

# The fields of issues: what people call them, and what JQL does.
_FIELDS = {
    "summary": ("Summary", ["summary"]),
    "description": ("Description", []),
    "status": ("Status", ["status"]),
    "issuetype": ("Issue Type", ["issuetype", "type"]),
    "project": ("Project", ["project"]),
    "labels": ("Labels", ["labels"]),
    "reporter": ("Reporter", ["reporter"]),
    "assignee": ("Assignee", ["assignee"]),
    "created": ("Created", []),
    "updated": ("Updated", []),
    "comment": ("Comment", []),
}


@router.get("/3/serverInfo")
async def server_info(caller: JiraReader) -> dict[str, Any]:
    """Say what answers here: clients choose their addresses by it."""
    return {
        "baseUrl": caller.site.base_url,
        "version": VERSION,
        "versionNumbers": [int(number) for number in VERSION.partition("-")[0].split(".")],
        "deploymentType": "Cloud",
        "serverTitle": caller.site.title,
    }


@router.get("/3/field", dependencies=[calling("jira", "READ")])
async def fields() -> list[dict[str, Any]]:
    """List the fields of issues."""
    return [
        {"id": name, "key": name, "name": title, "custom": False, "searchable": bool(clauses), "clauseNames": clauses}
        for name, (title, clauses) in _FIELDS.items()
    ]


@router.get("/3/user")
async def read_jira_user(
    caller: JiraReader,
    state: StateDep,
    accountId: str = "",  # noqa: N803 - the host's name
) -> dict[str, Any]:
    """Return somebody."""
    return accounts.write(known(state, accountId), caller.site.base_url)


@router.get("/3/myself")
async def myself(caller: AnyCaller) -> dict[str, Any]:
    """Return who calls: a person, or the account of the add-on."""
    return _caller(caller)


@router.get("/user/current")
async def current_user(caller: WikiReader) -> dict[str, Any]:
    """Return who calls."""
    return _in_wiki(caller, caller.person)


@router.get("/user")
async def read_wiki_user(
    caller: WikiReader,
    state: StateDep,
    accountId: str = "",  # noqa: N803
    expand: str = "",
) -> dict[str, Any]:
    """Return somebody, with what they may do at the site where that is expanded."""
    person = known(state, accountId)
    found = _in_wiki(caller, person)
    if "operations" in expand.split(","):
        names = ["use", "administer"] if person.is_group_admin else ["use"]
        found["operations"] = [{"operation": name, "targetType": "application"} for name in names]
    return found


def somebody(state: AtlassianState, account: Any) -> Person | None:
    """Find a person by an account id; None when nobody has it. Raises HostError 400 when it is none."""
    if not isinstance(account, str) or not account:
        raise bad_request("accountId: the account id of somebody is needed", field="accountId")
    return person_of(state.shell, account)


def known(state: AtlassianState, account: str) -> Person:
    """Return a person by an account id. Raises HostError 404."""
    person = somebody(state, account)
    if person is None:
        raise not_found(f"User {account}")
    return person


def _in_wiki(caller: Caller, person: Person | None) -> dict[str, Any]:
    if person is None:
        return _caller(caller) | {"type": "known"}
    address = f"{caller.site.base_url}/rest/api/user?accountId={accounts.account_id(person)}"
    return accounts.write(person, caller.site.base_url) | {"type": "known", "self": address}


def _caller(caller: Caller) -> dict[str, Any]:
    if caller.person is not None:
        return accounts.write(caller.person, caller.site.base_url)
    name = caller.installation.name
    return {"accountId": f"app:{name}", "displayName": name, "accountType": "app", "active": True}
