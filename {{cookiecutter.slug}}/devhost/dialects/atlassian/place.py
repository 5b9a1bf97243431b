"""Where a page is shown or an event happens: what its tokens say of it, and the variables of addresses (3.6, 9.1)."""

from dataclasses import dataclass, field
from typing import Any

from devhost.dialects.atlassian.accounts import account_id
from devhost.dialects.atlassian.library import Content, Space
from devhost.dialects.atlassian.sites import Site
from devhost.dialects.atlassian.tracker import Issue, Project
from devhost.world.people import Person


@dataclass(slots=True, kw_only=True)
class Place:
    """A place on a site, and who looks; `values` are further variables, such as those of a macro."""

    site: Site
    person: Person | None = None
    issue: Issue | None = None
    project: Project | None = None
    content: Content | None = None
    space: Space | None = None
    values: dict[str, str] = field(default_factory=dict)

    @property
    def context(self) -> dict[str, Any]:
        """What a token says of the place: ids are strings in it."""
        found: dict[str, Any] = {}
        project = self.issue.project if self.issue else self.project
        space = self.content.space if self.content else self.space
        if self.issue:
            kind = {"id": kind_id(self.issue.kind)}
            found["issue"] = {"id": str(self.issue.id), "key": self.issue.key, "issuetype": kind}
        if project:
            found["project"] = {"id": str(project.id), "key": project.key}
        if self.content:
            found["content"] = {
                "id": str(self.content.id),
                "type": self.content.type,
                "version": str(self.content.version),
            }
        if space:
            found["space"] = {"id": str(space.id), "key": space.key}
        return {self.site.product: found}

    def variables(self) -> dict[str, str]:
        """Name everything that an address may hold in braces; what is not here is empty."""
        found = dict(self.values)
        for parts in self.context.values():
            for name, part in parts.items():
                found |= {f"{name}.{member}": value for member, value in part.items() if isinstance(value, str)}
        if self.issue:
            found["issuetype.id"] = kind_id(self.issue.kind)
        if self.content:
            # The old names of the same.
            found |= {"page.id": str(self.content.id), "page.version": str(self.content.version), "page.type": "page"}
        if self.person:
            found["user.accountId"] = account_id(self.person)
            found["modifiedUser.accountId"] = account_id(self.person)
        return found


def kind_id(kind: str) -> str:
    """Return the id of a kind of issues, by its name."""
    kinds = ("Task", "Bug", "Story", "Epic")
    return str(10_001 + (kinds.index(kind) if kind in kinds else len(kinds)))
