"""Webhooks that the add-on registers by calls: the one event they all bring, and the schedule that keeps them.

A site takes one address for all of them (reference 14.4), so one handler gets what each of them finds.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from app.connect.declare.declarations import Schedule
from app.connect.hosts.atlassian.context import JiraContext
from app.connect.hosts.atlassian.jira_events import Changelog, EventComment, EventIssue, EventSprint, JiraEvent
from app.connect.hosts.atlassian.wire import Account

DYNAMIC = "dynamic"
"""What stands for the event of the handler, and its key: the address ends with it."""
WEEK = 7 * 24 * 3600
"""Seconds. The webhooks last 30 days, so a schedule that fails three times still keeps them."""


class DynamicEvent(JiraEvent):
    """What a registered webhook found: `name` is the host's name of the event, and the rest is what that has."""

    name: str = Field(alias="webhookEvent")
    webhook_ids: tuple[int, ...] = Field((), alias="matchedWebhookIds")
    """The webhooks that it is sent for."""
    issue: EventIssue | None = None
    changelog: Changelog = Changelog()
    comment: EventComment | None = None
    sprint: EventSprint | None = None
    version: Mapping[str, Any] | None = None
    issue_property: Mapping[str, Any] | None = Field(None, alias="property")

    @property
    def actor(self) -> Account | None:
        """Who caused it, where the host says so."""
        comment = self.comment or EventComment()
        return self.user or comment.update_author or comment.author

    @property
    def place(self) -> str | None:
        """The key of the issue."""
        return (self.issue and self.issue.key) or None


async def keep_webhooks(ctx: JiraContext) -> None:
    """Let the registered webhooks of a tenant last 30 days more."""
    await ctx.jira.webhooks.refresh([hook.id async for hook in ctx.jira.webhooks.all()])


KEEPING = Schedule("jira", "keep-webhooks", keep_webhooks, WEEK, None)
