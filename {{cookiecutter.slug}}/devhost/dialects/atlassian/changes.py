"""What people and add-ons do on a site, and the events which that brings (14.1, 14.3)."""

from typing import Any

from devhost.dialects.atlassian import accounts, writing
from devhost.dialects.atlassian.library import Content, Space
from devhost.dialects.atlassian.place import Place
from devhost.dialects.atlassian.sites import Site
from devhost.dialects.atlassian.state import AtlassianState
from devhost.dialects.atlassian.tracker import Comment, Issue, Project
from devhost.dialects.atlassian.webhooks import HookDelivery, report
from devhost.errors import bad_request
from devhost.world.jsonvalue import Json
from devhost.world.people import Person

CHANGEABLE = ("summary", "status", "description", "assignee", "labels")


async def create_issue(
    state: AtlassianState, site: Site, project: Project, summary: str, *, person: Person, **more: Any
) -> Issue:
    """Create an issue and report it."""
    issue = site.tracker.add_issue(project, summary, reporter=person, at=state.clock.date(), **more)
    await _report_issue(state, site, issue, "jira:issue_created", "issue_created", person)
    return issue


async def update_issue(
    state: AtlassianState, site: Site, issue: Issue, *, person: Person, **fields: Any
) -> list[HookDelivery]:
    """Change fields of an issue and report `jira:issue_updated` with what changed."""
    unknown = fields.keys() - set(CHANGEABLE)
    if unknown:
        raise bad_request(f"{min(unknown)}: none of {', '.join(CHANGEABLE)}", field=min(unknown))
    items = []
    for name, value in fields.items():
        before = getattr(issue, name)
        setattr(issue, name, value)
        if before != value:
            items.append(_changed(name, before, value))
    issue.updated = state.clock.date()
    changelog = {"id": str(site.tracker.number()), "items": items}
    return await _report_issue(state, site, issue, "jira:issue_updated", "issue_generic", person, changelog=changelog)


async def delete_issue(state: AtlassianState, site: Site, issue: Issue, *, person: Person) -> list[HookDelivery]:
    """Delete an issue and report it."""
    site.tracker.remove(issue)
    return await _report_issue(state, site, issue, "jira:issue_deleted", "issue_deleted", person)


async def comment(
    state: AtlassianState, site: Site, issue: Issue, body: Json, *, person: Person | None, by: str, trace: str = ""
) -> Comment:
    """Add a comment of a person, or of an add-on when `person` is None, and report it."""
    made = add_comment(state, site, issue, body, person=person, by=by)
    await report_comment(state, site, issue, made, trace=trace)
    return made


def add_comment(
    state: AtlassianState, site: Site, issue: Issue, body: Json, *, person: Person | None, by: str
) -> Comment:
    """Add a comment and tell nobody yet."""
    at = state.clock.date()
    made = Comment(id=site.tracker.number(), body=body, by=by, author=person, created=at)
    issue.comments.append(made)
    issue.updated = at
    publish(state, site, issue.key)
    return made


async def report_comment(
    state: AtlassianState, site: Site, issue: Issue, made: Comment, *, trace: str = ""
) -> list[HookDelivery]:
    """Report `comment_created`."""
    place = Place(site=site, person=made.author, issue=issue, values={"comment.id": str(made.id)})
    written = writing.comment(site, issue, made)
    body = {
        "timestamp": _now(state),
        "webhookEvent": "comment_created",
        "comment": written,
        "issue": writing.issue(site, issue, {"summary", "status", "issuetype", "project"}),
    }
    return await report(state, "comment_created", place, body, trace=trace)


async def report_property(
    state: AtlassianState, site: Site, issue: Issue, key: str, *, trace: str = ""
) -> list[HookDelivery]:
    """Report `issue_property_set`."""
    place = Place(site=site, issue=issue, values={"property.key": key})
    written = {"key": key, "value": issue.properties.get(key)}
    body = {"timestamp": _now(state), "webhookEvent": "issue_property_set", "property": written}
    return await report(state, "issue_property_set", place, body, trace=trace)


async def update_page(
    state: AtlassianState, site: Site, page: Content, *, person: Person, **fields: str
) -> list[HookDelivery]:
    """Change a page's title or text and report `page_updated`."""
    for name, value in fields.items():
        if name not in ("title", "body"):
            raise bad_request(f"{name}: none of title, body", field=name)
        setattr(page, name, value)
    page.version += 1
    publish(state, site, str(page.id))
    place = Place(site=site, person=person, content=page)
    return await report(state, "page_updated", place, _page_body(state, site, page, person))


async def create_page(
    state: AtlassianState, site: Site, space: Space, title: str, body: str, *, person: Person
) -> Content:
    """Create a page and report `page_created`."""
    page = site.library.add_page(space, title, body)
    place = Place(site=site, person=person, content=page)
    await report(state, "page_created", place, _page_body(state, site, page, person))
    return page


def _page_body(state: AtlassianState, site: Site, page: Content, person: Person) -> dict[str, Any]:
    return {
        "timestamp": _now(state),
        "userAccountId": accounts.account_id(person),
        "page": {
            "id": page.id,
            "title": page.title,
            "spaceKey": page.space.key,
            "version": page.version,
            "modificationDate": _now(state),
            "self": f"{site.base_url}/spaces/{page.space.key}/pages/{page.id}",
        },
    }


async def fire(state: AtlassianState, event: str, place: Place, members: dict[str, Any]) -> list[HookDelivery]:
    """Let any event happen with the members that are given, and what the place says."""
    body: dict[str, Any] = {"timestamp": _now(state)}
    if place.site.product == "jira":
        body["webhookEvent"] = event
    if place.person:
        body["user"] = accounts.write(place.person, place.site.base_url)
    if place.issue:
        body["issue"] = writing.issue(place.site, place.issue)
    return await report(state, event, place, body | members)


def publish(state: AtlassianState, site: Site, key: str) -> None:
    """Tell open pages that something there has changed."""
    state.shell.feed.publish("site", {"site": site.name, "key": key})


async def _report_issue(
    state: AtlassianState, site: Site, issue: Issue, event: str, kind: str, person: Person, **more: Any
) -> list[HookDelivery]:
    publish(state, site, issue.key)
    body = {
        "timestamp": _now(state),
        "webhookEvent": event,
        "issue_event_type_name": kind,
        "user": accounts.write(person, site.base_url),
        "issue": writing.issue(site, issue),
        **more,
    }
    return await report(state, event, Place(site=site, person=person, issue=issue), body)


def _changed(name: str, before: Any, after: Any) -> dict[str, Any]:
    old, new = _sides(before), _sides(after)
    return {
        "field": name,
        "fieldtype": "jira",
        "fieldId": name,
        "from": old[0],
        "fromString": old[1],
        "to": new[0],
        "toString": new[1],
    }


def _sides(value: Any) -> tuple[str | None, str | None]:
    """Return a value's id, where it has one, and what people read."""
    if value is None:
        return None, None
    if isinstance(value, Person):
        return accounts.account_id(value), value.name
    if isinstance(value, list):
        return None, " ".join(value)
    return (writing.status(value)["id"] if value in writing.STATUSES else None), str(value)


def _now(state: AtlassianState) -> int:
    return int(state.clock.now() * 1000)
