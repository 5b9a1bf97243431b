"""A committed manifest beside the one made now: what differs, and what customers must approve (reference 11)."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from app.connect.errors import ConfigurationError
from app.connect.hosts.forge.manifest.approval import compare
from app.connect.hosts.forge.manifest.yaml_text import read_yaml, write_yaml
from app.connect.hosts.kept import Differences
from tests.hosts.forge.apps import LEAST, document, event, manifest, schedule

Manifest = dict[str, Any]
REGIONS = {"default": "https://a.example.com", "EU": "https://eu.example.com"}


def between(before: Manifest, after: Manifest) -> Differences:
    """Compare two manifests."""
    return compare(write_yaml(before), after)


def changed(change: Callable[[Manifest], object], *, by: Manifest | None = None) -> Differences:
    """Compare a manifest with what a change makes of it."""
    before = by or manifest(LEAST)
    after = deepcopy(before)
    change(after)
    return between(before, after)


class TestSame:
    def test_says_nothing(self) -> None:
        made = document(LEAST)
        assert made.compare(made.body) == Differences(())

    def test_has_other_comments_and_another_order(self) -> None:
        made = manifest(LEAST)
        other = b"# mine\n" + write_yaml(dict(reversed(made.items())))
        assert compare(other, made) == Differences(())

    def test_has_its_modules_in_another_order(self) -> None:
        made = manifest(LEAST)
        other = deepcopy(made)
        other["modules"]["endpoint"].reverse()
        assert between(other, made) == Differences(())


class TestDifferences:
    def test_are_named_as_deep_as_they_are(self) -> None:
        made = document(LEAST)
        found = made.compare(
            made.body.replace(b"/forge/hourly", b"/mine").replace(b"read:jira-work", b"read:jira-user")
        )
        assert found.lines == (
            'modules.endpoint.forge-hourly.route.path: is "/mine" in the file and "/forge/hourly" now',
            'permissions.scopes: "read:jira-work" is missing in the file',
            'permissions.scopes: "read:jira-user" is in the file, and nothing asks for it',
        )

    def test_name_what_came_and_what_went(self) -> None:
        before, after = manifest(LEAST, [schedule("tidy", "day")]), manifest(f"{LEAST}access = {{ userAccess = true }}")
        assert between(before, after).lines == (
            "app.access: is missing in the file",
            "modules.endpoint.forge-every-tidy: is in the file, and nothing asks for it any more",
            "modules.scheduledTrigger.forge-every-tidy-trigger: is in the file, and nothing asks for it any more",
        )

    def test_tell_a_number_from_a_text(self) -> None:
        assert changed(lambda made: made["app"].update(description=["1"])).lines
        one = {"app": {"x": 1}}
        assert between(one, {"app": {"x": True}}).lines == ("app.x: is 1 in the file and True now",)

    def test_name_another_order_where_it_counts(self) -> None:
        found = changed(lambda made: made["permissions"]["scopes"].reverse())
        assert found.lines == ("permissions.scopes: is in another order",)
        assert found.approvals == ()


class TestApproval:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda made: made["permissions"]["scopes"].append("x"), 'The scope "x" is new.'),
            (lambda made: made["remotes"].append({"key": "two"}), 'The remote "two" is new.'),
            (
                lambda made: made["remotes"][0].update(baseUrl="https://b.example.com"),
                'The address of the remote "backend" changes from ${BASE_URL} to https://b.example.com.',
            ),
            (
                lambda made: made["remotes"][0].update(
                    baseUrl={"default": "${BASE_URL}", "EU": "https://e.example.com"}
                ),
                'The remote "backend" has an address for another region, EU.',
            ),
            (
                lambda made: made["remotes"][0].update(configurable={"name": "a", "description": "b"}),
                'The remote "backend" is now run by the customer.',
            ),
            (lambda made: made["modules"]["endpoint"].append({"key": "e"}), 'The endpoint "e" is new.'),
            (
                lambda made: made["modules"]["endpoint"][0]["route"].update(path="/x"),
                'The endpoint "forge-events" changes.',
            ),
            (
                lambda made: made["permissions"].update(external={"images": ["https://a.example"]}),
                "What the app reaches grows: images https://a.example.",
            ),
            (lambda made: made.update(services=[{"key": "addon"}]), "The app runs in containers for the first time."),
        ],
        ids=["scope", "remote", "address", "region", "configurable", "endpoint", "route", "egress", "services"],
    )
    def test_is_asked_for(self, change: Callable[[Manifest], object], said: str) -> None:
        assert changed(change).approvals == (said,)

    def test_is_asked_for_the_use_of_a_scope_for_people_who_are_away(self) -> None:
        after = manifest('[forge.scopes]\n"read:jira-work" = { allowImpersonation = true }')
        assert between(manifest(LEAST), after).approvals == (
            'The scope "read:jira-work" is used in the name of people who are away.',
        )

    def test_is_asked_for_data_that_must_stay_and_not_for_data_that_need_no_longer(self) -> None:
        free, bound = (manifest(f"{LEAST}remote = {{ inScopeEUD = {value} }}") for value in ("false", "true"))
        assert between(free, bound).approvals == ('The remote "backend" now stores data that must stay in its region.',)
        assert between(bound, free).approvals == ()
        # A remote that says nothing counts as one that stores it.
        assert between(free, {**free, "remotes": [{"key": "backend", "baseUrl": "${BASE_URL}"}]}).approvals

    @pytest.mark.parametrize(
        "change",
        [
            lambda made: made["permissions"]["scopes"].pop(),
            lambda made: made["modules"]["endpoint"].pop(),
            lambda made: made["remotes"][0]["baseUrl"].pop("EU"),
            lambda made: made["permissions"]["external"].pop("images"),
            lambda made: made["modules"]["trigger"].append({"key": "more", "events": ["avi:jira:viewed:issue"]}),
        ],
        ids=["scope", "endpoint", "region", "egress", "trigger"],
    )
    def test_is_not_asked_for_less_nor_for_another_event(self, change: Callable[[Manifest], object]) -> None:
        text = f'{LEAST}external.images = ["https://a.example"]\n'
        before = manifest(text)
        before["remotes"][0]["baseUrl"] = dict(REGIONS)
        found = changed(change, by=before)
        assert found.lines
        assert found.approvals == ()

    def test_is_not_asked_for_a_new_handler(self) -> None:
        text = f'[jira]\nscopes = ["READ"]\n{LEAST}'
        found = between(manifest(text), manifest(text, [event("jira", "issues", "jira:issue_updated")]))
        assert found.lines
        assert found.approvals == ()


class TestFile:
    @pytest.mark.parametrize("text", [b"a: [", b"\xff\xfe", b"- a", b""], ids=["broken", "bytes", "list", "empty"])
    def test_that_is_none_is_told_how_to_write_it(self, text: bytes) -> None:
        with pytest.raises(ConfigurationError, match=r"addon manifest > manifest\.yml"):
            read_yaml(text)

    def test_never_makes_objects(self) -> None:
        with pytest.raises(ConfigurationError, match="It is not YAML"):
            read_yaml(b"a: !!python/object/apply:os.getcwd []")
