"""What happens on a site, as Forge tells it: names that begin with `avi:`, and their payloads (reference 7.1)."""

from typing import Any

from devhost.dialects.atlassian import writing
from devhost.dialects.atlassian.accounts import account_id
from devhost.dialects.atlassian.place import Place

# The webhooks of the sites, and what Forge calls the same.
NAMES = {
    "jira:issue_created": "avi:jira:created:issue",
    "jira:issue_updated": "avi:jira:updated:issue",
    "jira:issue_deleted": "avi:jira:deleted:issue",
    "comment_created": "avi:jira:commented:issue",
    "issue_property_set": "avi:jira:set:issue-property",
    "page_created": "avi:confluence:created:page",
    "page_updated": "avi:confluence:updated:page",
    "page_trashed": "avi:confluence:trashed:page",
    "page_removed": "avi:confluence:deleted:page",
}
_TYPES = {"avi:jira:created:issue": "issue_created", "avi:jira:deleted:issue": "issue_deleted"}


def happened(event: str, place: Place, body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the events of Forge that a webhook of a site stands for, each with its payload."""
    name = NAMES.get(event)
    if name is None:
        # What somebody lets happen by the name of Forge has the payload that they gave.
        return [(event, _begun(event, place, body) | body)] if event.startswith("avi:") else []
    payload = _begun(name, place, body) | (_page(place, body) if place.content else _issue(name, place, body))
    found = [(name, payload)]
    items = (body.get("changelog") or {}).get("items") or ()
    if name == "avi:jira:updated:issue" and any(one.get("field") == "assignee" for one in items):
        found.append(("avi:jira:assigned:issue", payload | {"eventType": "avi:jira:assigned:issue"}))
    return found


def _begun(name: str, place: Place, body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"eventType": name, "timestamp": str(body.get("timestamp", ""))}
    if place.person:
        found["atlassianId"] = account_id(place.person)
    return found


def _issue(name: str, place: Place, body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"associatedUsers": []}
    if place.issue:
        written = writing.issue(place.site, place.issue)
        fields = {
            key: value for key, value in written["fields"].items() if key not in ("comment", "description", "labels")
        }
        found["issue"] = {"id": written["id"], "key": written["key"], "fields": fields}
        people = [place.issue.reporter, place.issue.assignee]
        found["associatedUsers"] = [{"accountId": account_id(one)} for one in people if one is not None]
        found["associatedStatuses"] = [writing.status(place.issue.status)]
    if name in _TYPES:
        found["jiraEventTypeName"] = _TYPES[name]
    for member in ("changelog", "comment", "property"):
        if member in body:
            found[member] = body[member]
    return found


def _page(place: Place, body: dict[str, Any]) -> dict[str, Any]:
    page = place.content
    if page is None:
        return {}
    said: dict[str, Any] = body.get("page") or {}
    version: dict[str, Any] = {"number": page.version, "minorEdit": False}
    if place.person:
        version["by"] = {"type": "known", "accountId": account_id(place.person)}
    return {
        "updateTrigger": "edit_page",
        "suppressNotifications": False,
        "content": {
            "id": str(page.id),
            "type": page.type,
            "status": "current",
            "title": page.title,
            "space": {"id": page.space.id, "key": page.space.key, "name": page.space.name, "type": "global"},
            "version": version,
            "_links": {"self": said.get("self", "")},
        },
    }
