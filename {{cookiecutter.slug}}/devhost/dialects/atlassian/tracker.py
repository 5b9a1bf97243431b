"""What a Jira site holds: projects and their issues, with comments, properties and links."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devhost.errors import not_found
from devhost.world.people import Person

FIRST_ID = 10_000


@dataclass(slots=True, kw_only=True, eq=False)
class Project:
    """A project; the numbers of its issues count up."""

    id: int
    key: str
    name: str
    count: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class Comment:
    """A comment in the document format; `author` is None for an add-on's own, `by` names who wrote it."""

    id: int
    body: Any
    by: str
    author: Person | None
    created: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class Issue:
    """One issue."""

    id: int
    key: str
    project: Project
    summary: str
    reporter: Person
    created: datetime
    updated: datetime
    description: str = ""
    kind: str = "Task"
    status: str = "To Do"
    assignee: Person | None = None
    labels: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    links: list[dict[str, Any]] = field(default_factory=list)


class Tracker:
    """All projects and issues of a site."""

    def __init__(self) -> None:
        self.projects: dict[str, Project] = {}
        self._issues: dict[str, Issue] = {}
        self._next = FIRST_ID

    def __iter__(self) -> Any:
        return iter(list(self._issues.values()))

    def number(self) -> int:
        """Return the next id of anything."""
        self._next += 1
        return self._next

    def add_project(self, key: str, name: str) -> Project:
        """Add a project."""
        self.projects[key] = Project(id=self.number(), key=key, name=name)
        return self.projects[key]

    def add_issue(self, project: Project, summary: str, *, reporter: Person, at: datetime, **more: Any) -> Issue:
        """Add an issue with the project's next number."""
        project.count += 1
        key = f"{project.key}-{project.count}"
        made = Issue(
            id=self.number(),
            key=key,
            project=project,
            summary=summary,
            reporter=reporter,
            created=at,
            updated=at,
            **more,
        )
        self._issues[key] = made
        return made

    def remove(self, issue: Issue) -> None:
        """Delete an issue; its key is not given again."""
        self._issues.pop(issue.key, None)

    def find(self, ref: str | int) -> Issue | None:
        """Find an issue by key, in any case, or by id."""
        text = str(ref)
        return self._issues.get(text.upper()) or next((one for one in self if str(one.id) == text), None)

    def issue(self, ref: str | int) -> Issue:
        """Return an issue. Raises HostError 404."""
        found = self.find(ref)
        if found is None:
            raise not_found(f"Issue {ref}")
        return found
