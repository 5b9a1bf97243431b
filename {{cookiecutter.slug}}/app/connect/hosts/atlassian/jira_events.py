"""The events of Jira as models: lenient with what is sent, one shape for handlers (reference 14.1, 14.3)."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from app.connect.hosts.atlassian.wire import Account, Id, SiteEvent, Wire


class EventProject(Wire):
    """A project, as events name it."""

    id: Id = ""
    key: str = ""
    name: str = ""


class EventIssue(Wire):
    """An issue, as events carry it: `fields` as the host sent them."""

    id: Id = ""
    key: str = ""
    fields: Mapping[str, Any] = Field(default_factory=dict)

    @property
    def summary(self) -> str:
        """Its title; empty when the host left the fields out."""
        return str(self.fields.get("summary") or "")

    @property
    def project_key(self) -> str:
        """The key of its project: what stands before the number."""
        return self.key.rpartition("-")[0]


class ChangedField(Wire):
    """One field that changed; both values as ids and as people read them."""

    field: str = ""
    field_id: str | None = None
    from_id: str | None = Field(None, alias="from")
    from_text: str | None = Field(None, alias="fromString")
    to_id: str | None = Field(None, alias="to")
    to_text: str | None = Field(None, alias="toString")


class Changelog(Wire):
    """What changed in an issue."""

    id: Id = ""
    items: tuple[ChangedField, ...] = ()


class EventComment(Wire):
    """A comment; `body` is plain text or the host's document format."""

    id: Id = ""
    body: Any = None
    author: Account | None = None
    update_author: Account | None = None


class EventWorklog(Wire):
    """Time that somebody spent."""

    id: Id = ""
    issue_id: Id = ""
    author: Account | None = None
    time_spent_seconds: int = 0
    started: str | None = None


class EventAttachment(Wire):
    """A file of an issue; `size` is bytes."""

    id: Id = ""
    filename: str = ""
    mime_type: str | None = None
    size: int | None = None
    author: Account | None = None


class EventSprint(Wire):
    """A sprint."""

    id: Id = ""
    name: str = ""
    state: str = ""
    origin_board_id: Id | None = None


class JiraEvent(SiteEvent):
    """What every event of Jira has."""

    user: Account | None = None

    @property
    def actor(self) -> Account | None:
        """Who caused it, where the host says so."""
        return self.user


class IssueEvent(JiraEvent):
    """Something about one issue."""

    issue: EventIssue
    changelog: Changelog = Changelog()
    event_type: str | None = Field(None, alias="issue_event_type_name")
    """The host's finer name, such as `issue_commented`."""

    @property
    def place(self) -> str | None:
        """The key of the issue."""
        return self.issue.key or None


class IssueCreated(IssueEvent):
    """An issue was created (`jira:issue_created`)."""


class IssueUpdated(IssueEvent):
    """An issue was changed (`jira:issue_updated`)."""


class IssueDeleted(IssueEvent):
    """An issue was deleted (`jira:issue_deleted`)."""


class CommentEvent(JiraEvent):
    """Something about one comment of an issue."""

    comment: EventComment
    issue: EventIssue = EventIssue()

    @property
    def actor(self) -> Account | None:
        """Who wrote it."""
        return self.user or self.comment.update_author or self.comment.author

    @property
    def place(self) -> str | None:
        """The key of the issue."""
        return self.issue.key or None


class CommentCreated(CommentEvent):
    """A comment was written (`comment_created`)."""


class CommentUpdated(CommentEvent):
    """A comment was changed (`comment_updated`)."""


class CommentDeleted(CommentEvent):
    """A comment was deleted (`comment_deleted`)."""


class WorklogEvent(JiraEvent):
    """Something about time spent; the issue is named by its id alone."""

    worklog: EventWorklog

    @property
    def actor(self) -> Account | None:
        """Whose time it is."""
        return self.user or self.worklog.author


class WorklogCreated(WorklogEvent):
    """Time was logged (`worklog_created`)."""


class WorklogUpdated(WorklogEvent):
    """Logged time was changed (`worklog_updated`)."""


class WorklogDeleted(WorklogEvent):
    """Logged time was deleted (`worklog_deleted`)."""


class AttachmentEvent(JiraEvent):
    """Something about a file of an issue."""

    attachment: EventAttachment

    @property
    def actor(self) -> Account | None:
        """Who attached it."""
        return self.user or self.attachment.author


class AttachmentCreated(AttachmentEvent):
    """A file was attached (`attachment_created`)."""


class AttachmentDeleted(AttachmentEvent):
    """A file was removed (`attachment_deleted`)."""


class ProjectEvent(JiraEvent):
    """Something about one project."""

    project: EventProject

    @property
    def place(self) -> str | None:
        """The key of the project."""
        return self.project.key or None


class ProjectCreated(ProjectEvent):
    """A project was created (`project_created`)."""


class ProjectUpdated(ProjectEvent):
    """A project was changed (`project_updated`)."""


class ProjectDeleted(ProjectEvent):
    """A project was deleted (`project_deleted`)."""


class SprintEvent(JiraEvent):
    """Something about one sprint."""

    sprint: EventSprint


class SprintCreated(SprintEvent):
    """A sprint was created (`sprint_created`)."""


class SprintUpdated(SprintEvent):
    """A sprint was changed (`sprint_updated`)."""


class SprintDeleted(SprintEvent):
    """A sprint was deleted (`sprint_deleted`)."""


class SprintStarted(SprintEvent):
    """A sprint began (`sprint_started`)."""


class SprintClosed(SprintEvent):
    """A sprint ended (`sprint_closed`)."""
