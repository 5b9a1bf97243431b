"""The events of both products: models of those that are typed; the rest come as the host sent them.

Source: protocol reference 14.3.
"""

from collections.abc import Mapping
from difflib import get_close_matches

from app.connect.hosts.atlassian import confluence_events, jira_events
from app.connect.hosts.atlassian.wire import SiteEvent

JIRA: Mapping[str, type[SiteEvent]] = {
    "jira:issue_created": jira_events.IssueCreated,
    "jira:issue_updated": jira_events.IssueUpdated,
    "jira:issue_deleted": jira_events.IssueDeleted,
    "comment_created": jira_events.CommentCreated,
    "comment_updated": jira_events.CommentUpdated,
    "comment_deleted": jira_events.CommentDeleted,
    "worklog_created": jira_events.WorklogCreated,
    "worklog_updated": jira_events.WorklogUpdated,
    "worklog_deleted": jira_events.WorklogDeleted,
    "attachment_created": jira_events.AttachmentCreated,
    "attachment_deleted": jira_events.AttachmentDeleted,
    "project_created": jira_events.ProjectCreated,
    "project_updated": jira_events.ProjectUpdated,
    "project_deleted": jira_events.ProjectDeleted,
    "sprint_created": jira_events.SprintCreated,
    "sprint_updated": jira_events.SprintUpdated,
    "sprint_deleted": jira_events.SprintDeleted,
    "sprint_started": jira_events.SprintStarted,
    "sprint_closed": jira_events.SprintClosed,
}
CONFLUENCE: Mapping[str, type[SiteEvent]] = {
    "page_created": confluence_events.PageCreated,
    "page_updated": confluence_events.PageUpdated,
    "page_moved": confluence_events.PageMoved,
    "page_trashed": confluence_events.PageTrashed,
    "page_restored": confluence_events.PageRestored,
    "page_removed": confluence_events.PageRemoved,
    "blog_created": confluence_events.BlogPostCreated,
    "blog_updated": confluence_events.BlogPostUpdated,
    "blog_trashed": confluence_events.BlogPostTrashed,
    "blog_restored": confluence_events.BlogPostRestored,
    "blog_removed": confluence_events.BlogPostRemoved,
    "comment_created": confluence_events.ContentCommentCreated,
    "comment_updated": confluence_events.ContentCommentUpdated,
    "comment_removed": confluence_events.ContentCommentRemoved,
    "attachment_created": confluence_events.ContentFileCreated,
    "attachment_updated": confluence_events.ContentFileUpdated,
    "attachment_removed": confluence_events.ContentFileRemoved,
    "space_created": confluence_events.SpaceCreated,
    "space_updated": confluence_events.SpaceUpdated,
    "space_removed": confluence_events.SpaceRemoved,
}
TYPED: Mapping[str, Mapping[str, type[SiteEvent]]] = {"jira": JIRA, "confluence": CONFLUENCE}

_FURTHER: Mapping[str, str] = {
    "jira": """
        issuelink_created issuelink_deleted issue_property_set issue_property_deleted project_soft_deleted
        project_restored_deleted project_archived project_restored_archived jira:version_created jira:version_updated
        jira:version_deleted jira:version_moved jira:version_released jira:version_unreleased jira:version_merged
        user_created user_updated user_deleted option_voting_changed option_watching_changed
        option_unassigned_issues_changed option_subtasks_changed option_attachments_changed option_issuelinks_changed
        option_timetracking_changed board_created board_updated board_deleted board_configuration_changed
        filter_created filter_updated filter_deleted issuetype_created issuetype_updated issuetype_deleted
        jira_expression_evaluation_failed app_access_to_objects_blocked connect_addon_enabled connect_addon_disabled
    """,
    "confluence": """
        page_viewed page_children_reordered blog_moved blog_viewed attachment_restored attachment_trashed
        attachment_viewed content_created content_updated content_restored content_trashed
        content_permissions_updated label_added label_created label_deleted label_removed space_logo_updated
        space_permissions_updated group_created group_removed user_created user_deactivated user_followed
        user_reactivated user_removed relation_created relation_deleted search_performed login login_failed logout
        theme_enabled blueprint_page_created connect_addon_enabled connect_addon_disabled
    """,
}
NEAR = 0.85


def meant(host: str, name: str) -> str | None:
    """Return the event that a name is a misspelling of; None where it is like none: hosts add new ones."""
    known = (*TYPED[host], *_FURTHER[host].split())
    return None if name in known else next(iter(get_close_matches(name, known, 1, NEAR)), None)


def event_of(host: str, model: type[SiteEvent]) -> str:
    """Return the product's name of the event that a model describes; `LookupError` when it describes none."""
    for name, known in TYPED[host].items():
        if known is model:
            return name
    raise LookupError(model.__name__)
