"""What Forge calls the events of Jira and Confluence."""

import pytest

from app.connect.hosts.atlassian.events import TYPED
from app.connect.hosts.forge.event_names import FORGE_NAMES, forge_name
from app.connect.hosts.forge.published import events

ALONE = {"jira": {"comment_updated"}, "confluence": set[str]()}
"""Events with a model that Forge has nothing like."""


class TestNames:
    @pytest.mark.parametrize(
        ("product", "event", "name"),
        [
            ("jira", "jira:issue_updated", "avi:jira:updated:issue"),
            ("jira", "comment_created", "avi:jira:commented:issue"),
            ("jira", "sprint_closed", "avi:jira-software:closed:sprint"),
            ("jira", "jira:version_released", "avi:jira:released:version"),
            ("jira", "project_restored_archived", "avi:jira:unarchived:project"),
            ("confluence", "page_removed", "avi:confluence:deleted:page"),
            ("confluence", "blog_trashed", "avi:confluence:trashed:blogpost"),
            ("confluence", "space_created", "avi:confluence:created:space:V2"),
            ("confluence", "label_added", None),
        ],
    )
    def test_are_those_of_the_same_event(self, product: str, event: str, name: str | None) -> None:
        assert forge_name(product, event) == name

    @pytest.mark.parametrize("product", ["jira", "confluence"])
    def test_are_published(self, product: str) -> None:
        assert {name for name in FORGE_NAMES[product].values() if name not in events()} == set()

    @pytest.mark.parametrize("product", ["jira", "confluence"])
    def test_are_known_of_every_typed_event(self, product: str) -> None:
        assert {name for name in TYPED[product] if forge_name(product, name) is None} == ALONE[product]

    @pytest.mark.parametrize("product", ["jira", "confluence"])
    def test_tell_two_events_apart(self, product: str) -> None:
        names = list(FORGE_NAMES[product].values())
        assert len(names) == len({*names})
