"""What Forge calls the events of Jira and Confluence, `avi:<product>:<verb>:<object>`: one handler takes both.

An event that is not here has no counterpart: it comes by the webhooks of Connect alone.
"""

from collections.abc import Mapping

_SAME = {
    "jira": """
        issuelink_created issuelink_deleted worklog_created worklog_updated worklog_deleted attachment_created
        attachment_deleted project_created project_updated project_deleted project_archived user_created user_updated
        user_deleted filter_created filter_updated filter_deleted issuetype_created issuetype_updated issuetype_deleted
        issue_created issue_updated issue_deleted comment_deleted version_created version_updated version_deleted
        version_moved version_released version_unreleased version_merged
    """,
    "confluence": """
        page_created page_updated page_moved page_trashed page_restored page_removed page_viewed page_children_reordered
        blog_created blog_updated blog_trashed blog_restored blog_removed blog_viewed
        comment_created comment_updated comment_removed
        attachment_created attachment_updated attachment_removed attachment_restored attachment_trashed
        attachment_viewed space_created space_updated space_removed user_created user_removed group_created
        group_removed relation_created relation_deleted
    """,
}
"""Events that both name by the same object and verb, or nearly so."""
_OTHERWISE = {
    "jira": {
        "comment_created": "avi:jira:commented:issue",
        "issue_property_set": "avi:jira:set:issue-property",
        "issue_property_deleted": "avi:jira:deleted:issue-property",
        "project_soft_deleted": "avi:jira:softdeleted:project",
        "project_restored_deleted": "avi:jira:restored:project",
        "project_restored_archived": "avi:jira:unarchived:project",
        "sprint_created": "avi:jira-software:created:sprint",
        "sprint_updated": "avi:jira-software:updated:sprint",
        "sprint_deleted": "avi:jira-software:deleted:sprint",
        "sprint_started": "avi:jira-software:started:sprint",
        "sprint_closed": "avi:jira-software:closed:sprint",
        "board_created": "avi:jira-software:created:board",
        "board_updated": "avi:jira-software:updated:board",
        "board_deleted": "avi:jira-software:deleted:board",
        "board_configuration_changed": "avi:jira-software:configuration-changed:board",
        "jira_expression_evaluation_failed": "avi:jira:failed:expression",
    },
    "confluence": {},
}
_PREFIXED = ("issue_", "version_")
"""Beginnings of Jira's names that Connect writes with `jira:` before them."""
_OBJECTS = {"blog": "blogpost", "space": "space:V2"}


def _counterparts(product: str) -> Mapping[str, str]:
    found = dict(_OTHERWISE[product])
    for name in _SAME[product].split():
        what, _, verb = name.partition("_")
        what = _OBJECTS.get(what, what) if product == "confluence" else what
        verb = "deleted" if verb == "removed" else verb
        own = f"jira:{name}" if product == "jira" and name.startswith(_PREFIXED) else name
        found[own] = f"avi:{product}:{verb}:{what}"
    return found


FORGE_NAMES: Mapping[str, Mapping[str, str]] = {product: _counterparts(product) for product in _SAME}
"""For each product, Connect's name of an event to Forge's."""


def forge_name(product: str, event: str) -> str | None:
    """Return what Forge calls an event of Connect; None where it has none like it."""
    return FORGE_NAMES[product].get(event)
