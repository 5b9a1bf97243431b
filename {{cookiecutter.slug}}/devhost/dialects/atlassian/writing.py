"""Writes issues, comments, projects, pages and spaces as answers and events hold them."""

from datetime import datetime
from typing import Any

from devhost.dialects.atlassian import accounts
from devhost.dialects.atlassian.library import Content, Space
from devhost.dialects.atlassian.place import kind_id
from devhost.dialects.atlassian.sites import Site
from devhost.dialects.atlassian.tracker import Comment, Issue, Project

STATUSES = ("To Do", "In Progress", "Done")


def moment(at: datetime) -> str:
    """Write a date as Jira does: milliseconds, and an offset without a colon."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}+0000"


def document(text: str) -> dict[str, Any]:
    """Write plain text in the document format: a paragraph for each line."""
    lines = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []} for line in text.split("\n")
    ]
    return {"type": "doc", "version": 1, "content": lines}


def text_of(node: Any) -> str:
    """Return what people read of a document: its texts, one line for each block."""
    if isinstance(node, str):
        return node
    if not isinstance(node, dict):
        return ""
    if node.get("type") == "text":
        return str(node.get("text", ""))
    parts = [text_of(one) for one in node.get("content") or () if isinstance(one, dict)]
    blocks = node.get("type") in ("doc", "bulletList", "orderedList", "listItem", "table", "tableRow", "blockquote")
    return ("\n" if blocks else "").join(parts)


def project(site: Site, one: Project) -> dict[str, Any]:
    """Write a project."""
    address = f"{site.base_url}/rest/api/3/project/{one.id}"
    return {"self": address, "id": str(one.id), "key": one.key, "name": one.name, "projectTypeKey": "software"}


def status(one: str) -> dict[str, Any]:
    """Write a status."""
    number = STATUSES.index(one) if one in STATUSES else len(STATUSES)
    return {"name": one, "id": str(10_000 + number)}


def comment(site: Site, issue: Issue, one: Comment) -> dict[str, Any]:
    """Write a comment; an add-on's has an account of the kind `app`."""
    if one.author is not None:
        author = accounts.write(one.author, site.base_url)
    else:
        author = {"accountId": f"app:{one.by}", "displayName": one.by, "active": True, "accountType": "app"}
    return {
        "self": f"{site.base_url}/rest/api/3/issue/{issue.id}/comment/{one.id}",
        "id": str(one.id),
        "author": author,
        "updateAuthor": author,
        "body": one.body,
        "created": moment(one.created),
        "updated": moment(one.created),
    }


def issue(site: Site, one: Issue, fields: set[str] | None = None) -> dict[str, Any]:
    """Write an issue with the fields that are asked for; None: all of them."""
    found: dict[str, Any] = {
        "summary": one.summary,
        "description": document(one.description) if one.description else None,
        "status": status(one.status),
        "issuetype": {"id": kind_id(one.kind), "name": one.kind, "subtask": False},
        "project": project(site, one.project),
        "labels": list(one.labels),
        "reporter": accounts.write(one.reporter, site.base_url),
        "assignee": accounts.write(one.assignee, site.base_url) if one.assignee else None,
        "created": moment(one.created),
        "updated": moment(one.updated),
        "comment": {
            "comments": [comment(site, one, each) for each in one.comments],
            "total": len(one.comments),
            "maxResults": len(one.comments),
            "startAt": 0,
        },
    }
    if fields is not None and not fields & {"*all", "*navigable"}:
        found = {name: value for name, value in found.items() if name in fields}
    return {
        "id": str(one.id),
        "self": f"{site.base_url}/rest/api/3/issue/{one.id}",
        "key": one.key,
        "fields": found,
    }


def space(site: Site, one: Space) -> dict[str, Any]:
    """Write a space."""
    return {
        "id": one.id,
        "key": one.key,
        "name": one.name,
        "type": "global",
        "_links": {"webui": f"/spaces/{one.key}", "self": f"{site.base_url}/rest/api/space/{one.key}"},
    }


def content(site: Site, one: Content, expand: set[str]) -> dict[str, Any]:
    """Write a page with what is expanded: space, version, body.storage."""
    found: dict[str, Any] = {
        "id": str(one.id),
        "type": one.type,
        "status": "current",
        "title": one.title,
        "_links": {"webui": f"/spaces/{one.space.key}/pages/{one.id}", "base": site.base_url},
    }
    if "space" in expand:
        found["space"] = space(site, one.space)
    if "version" in expand:
        found["version"] = {"number": one.version}
    if "body.storage" in expand:
        found["body"] = {"storage": {"value": one.body, "representation": "storage"}}
    return found
