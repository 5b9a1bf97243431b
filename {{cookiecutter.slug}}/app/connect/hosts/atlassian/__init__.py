"""Jira and Confluence, for add-ons: the routers, the contexts, and every model that handlers take or return.

Atlassian Connect, spoken by sites in the cloud that installed the add-on and by the devhost.
"""

from typing import Annotated

from fastapi import Depends

from app.connect.hosts.atlassian.client.api import SiteClient, segment
from app.connect.hosts.atlassian.client.confluence import ConfluenceClient
from app.connect.hosts.atlassian.client.errors import (
    HostNotFound,
    HostRejected,
    LimitExceeded,
    RateLimited,
    SignatureRefused,
)
from app.connect.hosts.atlassian.client.jira import JiraClient
from app.connect.hosts.atlassian.client.models import Comment, Content, Issue, RemoteLink, Space, Version
from app.connect.hosts.atlassian.client.reports import AccountReports, Reported, StoredAccount
from app.connect.hosts.atlassian.client.webhooks import DynamicWebhook, Webhooks
from app.connect.hosts.atlassian.confluence_events import (
    BlogPostCreated,
    BlogPostEvent,
    BlogPostRemoved,
    BlogPostRestored,
    BlogPostTrashed,
    BlogPostUpdated,
    ContentCommentCreated,
    ContentCommentEvent,
    ContentCommentRemoved,
    ContentCommentUpdated,
    ContentFileCreated,
    ContentFileEvent,
    ContentFileRemoved,
    ContentFileUpdated,
    EventContent,
    EventContentComment,
    EventFile,
    EventSpace,
    PageCreated,
    PageEvent,
    PageMoved,
    PageRemoved,
    PageRestored,
    PageTrashed,
    PageUpdated,
    SpaceCreated,
    SpaceEvent,
    SpaceRemoved,
    SpaceUpdated,
)
from app.connect.hosts.atlassian.context import ConfluenceContext, JiraContext
from app.connect.hosts.atlassian.data_residency import DataMoves, Move, MoveRefused, declare_moves
from app.connect.hosts.atlassian.dialect import Storage
from app.connect.hosts.atlassian.dynamic import DynamicEvent
from app.connect.hosts.atlassian.jira_events import (
    AttachmentCreated,
    AttachmentDeleted,
    AttachmentEvent,
    ChangedField,
    Changelog,
    CommentCreated,
    CommentDeleted,
    CommentEvent,
    CommentUpdated,
    EventAttachment,
    EventComment,
    EventIssue,
    EventProject,
    EventSprint,
    EventWorklog,
    IssueCreated,
    IssueDeleted,
    IssueEvent,
    IssueUpdated,
    ProjectCreated,
    ProjectDeleted,
    ProjectEvent,
    ProjectUpdated,
    SprintClosed,
    SprintCreated,
    SprintDeleted,
    SprintEvent,
    SprintStarted,
    SprintUpdated,
    WorklogCreated,
    WorklogDeleted,
    WorklogEvent,
    WorklogUpdated,
)
from app.connect.hosts.atlassian.personal_data import PersonalData, report_accounts
from app.connect.hosts.atlassian.router import ConfluenceRouter, JiraRouter
from app.connect.hosts.atlassian.settings import AtlassianDetails
from app.connect.hosts.atlassian.wire import Account
from app.connect.hosts.protocol import ProofKind
from app.connect.serving.dependencies import context_of

JiraCtx = Annotated[JiraContext, Depends(context_of("jira"), scope="function")]
"""The context of a Jira tenant, in handlers and in FastAPI routes."""
JiraCallback = Annotated[JiraContext, Depends(context_of("jira", ProofKind.CONTEXT), scope="function")]
"""The same for a route that a script in a Jira page calls with `AP.context.getToken()`, and for no other route."""
ConfluenceCtx = Annotated[ConfluenceContext, Depends(context_of("confluence"), scope="function")]
"""The context of a Confluence tenant, in handlers and in FastAPI routes."""
ConfluenceCallback = Annotated[
    ConfluenceContext, Depends(context_of("confluence", ProofKind.CONTEXT), scope="function")
]
"""The same for a route that a script in a Confluence page calls with `AP.context.getToken()`, and for no other."""

__all__ = [
    "Account",
    "AccountReports",
    "AtlassianDetails",
    "AttachmentCreated",
    "AttachmentDeleted",
    "AttachmentEvent",
    "BlogPostCreated",
    "BlogPostEvent",
    "BlogPostRemoved",
    "BlogPostRestored",
    "BlogPostTrashed",
    "BlogPostUpdated",
    "ChangedField",
    "Changelog",
    "Comment",
    "CommentCreated",
    "CommentDeleted",
    "CommentEvent",
    "CommentUpdated",
    "ConfluenceCallback",
    "ConfluenceClient",
    "ConfluenceContext",
    "ConfluenceCtx",
    "ConfluenceRouter",
    "Content",
    "ContentCommentCreated",
    "ContentCommentEvent",
    "ContentCommentRemoved",
    "ContentCommentUpdated",
    "ContentFileCreated",
    "ContentFileEvent",
    "ContentFileRemoved",
    "ContentFileUpdated",
    "DataMoves",
    "DynamicEvent",
    "DynamicWebhook",
    "EventAttachment",
    "EventComment",
    "EventContent",
    "EventContentComment",
    "EventFile",
    "EventIssue",
    "EventProject",
    "EventSpace",
    "EventSprint",
    "EventWorklog",
    "HostNotFound",
    "HostRejected",
    "Issue",
    "IssueCreated",
    "IssueDeleted",
    "IssueEvent",
    "IssueUpdated",
    "JiraCallback",
    "JiraClient",
    "JiraContext",
    "JiraCtx",
    "JiraRouter",
    "LimitExceeded",
    "Move",
    "MoveRefused",
    "PageCreated",
    "PageEvent",
    "PageMoved",
    "PageRemoved",
    "PageRestored",
    "PageTrashed",
    "PageUpdated",
    "PersonalData",
    "ProjectCreated",
    "ProjectDeleted",
    "ProjectEvent",
    "ProjectUpdated",
    "RateLimited",
    "RemoteLink",
    "Reported",
    "SignatureRefused",
    "SiteClient",
    "Space",
    "SpaceCreated",
    "SpaceEvent",
    "SpaceRemoved",
    "SpaceUpdated",
    "SprintClosed",
    "SprintCreated",
    "SprintDeleted",
    "SprintEvent",
    "SprintStarted",
    "SprintUpdated",
    "Storage",
    "StoredAccount",
    "Version",
    "Webhooks",
    "WorklogCreated",
    "WorklogDeleted",
    "WorklogEvent",
    "WorklogUpdated",
    "declare_moves",
    "report_accounts",
    "segment",
]
