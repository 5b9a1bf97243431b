"""Events as the sites send them: filtered, signed, named, and sent again."""

import pytest
from starlette.requests import Request
from starlette.responses import Response

from devhost.dialects.atlassian.accounts import account_id
from devhost.dialects.atlassian.host import AtlassianHost
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.dialects.atlassian.webhooks import HookDelivery
from tests.devhost.atlassian.foreign import DESCRIPTOR_URL, KEY, ForeignAddon, descriptor


class Failing:
    """Answers so many requests with a status, then takes them."""

    def __init__(self, status: int, times: int) -> None:
        self.status = status
        self.times = times

    async def __call__(self, _: Request) -> Response:
        self.times -= 1
        return Response(status_code=self.status if self.times >= 0 else 204)


class TestEvent:
    async def test_of_an_issue_is_signed_for_its_address_and_says_what_changed(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        [sent] = await sites.update_issue("TP-1", user="Developer", status="Done", summary="Log in", labels=[])
        assert (sent.status, sent.url) == (204, "http://127.0.0.1:8000/connect/hook?issue=TP-1")
        assert foreign.told("/hook") == ["ok"]
        body = foreign.bodies[-1]
        assert (body["webhookEvent"], body["issue_event_type_name"]) == ("jira:issue_updated", "issue_generic")
        assert body["user"]["accountId"] == account_id(sites.person("Developer"))
        assert [(one["field"], one["fromString"], one["toString"]) for one in body["changelog"]["items"]] == [
            ("status", "To Do", "Done"),
            ("summary", "Log in with a passkey", "Log in"),
        ]
        assert body["issue"]["fields"]["status"]["name"] == "Done"
        assert foreign.headers[-1]["x-atlassian-webhook-flow"] == "Primary"

    async def test_that_a_filter_leaves_out_is_not_sent(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        sites.site().tracker.add_project("XY", "Another")
        issue = await sites.create_issue("Elsewhere", project="XY")
        assert await sites.update_issue(issue.key, summary="Changed") == []

    async def test_with_a_filter_that_is_not_understood_is_noted(
        self, sites: AtlassianHost, foreign: ForeignAddon
    ) -> None:
        hook = {"event": "jira:issue_updated", "url": "/hook", "filter": "nonsense < 3"}
        foreign.descriptor = descriptor(modules={"webhooks": [hook]})
        await sites.install(DESCRIPTOR_URL)
        assert await sites.update_issue("TP-1", summary="Changed") == []
        assert "is not understood" in sites.deliveries()[-1].note

    async def test_comes_without_a_body_or_with_properties_as_the_webhook_asks(
        self, sites: AtlassianHost, foreign: ForeignAddon
    ) -> None:
        hooks = [
            {"event": "jira:issue_updated", "url": "/bare", "excludeBody": True},
            {"event": "jira:issue_updated", "url": "/full", "propertyKeys": ["x"]},
        ]
        foreign.descriptor = descriptor(modules={"webhooks": hooks})
        await sites.install(DESCRIPTOR_URL)
        sites.issue("TP-1").properties |= {"x": 1, "y": 2}
        await sites.update_issue("TP-1", summary="Changed")
        heard = dict(zip([path for path, _ in foreign.heard], foreign.bodies, strict=True))
        assert heard["POST /bare"] is None
        assert heard["POST /full"]["issue"]["properties"] == {"x": 1}

    async def test_of_any_name_is_fired(self, sites: AtlassianHost, foreign: ForeignAddon) -> None:
        foreign.descriptor = descriptor(modules={"webhooks": [{"event": "sprint_started", "url": "/sprint"}]})
        await sites.install(DESCRIPTOR_URL)
        [sent] = await sites.fire("sprint_started", {"sprint": {"id": 3, "name": "Third"}})
        assert sent.ok
        assert foreign.bodies[-1]["sprint"]["name"] == "Third"

    async def test_of_a_page_has_no_identifier_as_confluence_sends_none(
        self, sites: AtlassianHost, foreign: ForeignAddon
    ) -> None:
        await sites.install(DESCRIPTOR_URL, site="wiki")
        page = next(iter(sites.site("wiki").library))
        [sent] = await sites.update_page(page.id, title="New title")
        assert sent.ok
        assert foreign.bodies[-1]["page"] | {"title": "New title", "version": 2} == foreign.bodies[-1]["page"]
        assert "x-atlassian-webhook-identifier" not in foreign.headers[-1]
        assert "webhookEvent" not in foreign.bodies[-1]

    async def test_is_not_sent_to_an_addon_that_is_disabled(
        self, sites: AtlassianHost, at_jira: SiteInstallation
    ) -> None:
        await sites.set_enabled(KEY, enabled=False)
        assert await sites.update_issue("TP-1", summary="Changed") == []


class TestRetry:
    async def test_has_the_same_identifier_and_says_the_how_manieth_it_is(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        sites.state.settings.webhook_retry_seconds = 0
        foreign.answers["/hook"] = Failing(503, times=2)
        [sent] = await sites.update_issue("TP-1", summary="Changed")
        assert sent.status == 503
        await sites.settle()
        assert [one.status for one in sent.attempts] == [503, 503, 204]
        headers = foreign.headers[-3:]
        assert len({one["x-atlassian-webhook-identifier"] for one in headers}) == 1
        assert [one.get("x-atlassian-webhook-retry") for one in headers] == [None, "1", "2"]

    @pytest.mark.parametrize(("status", "attempts"), [(500, 6), (429, 6), (400, 1), (401, 1)])
    async def test_is_made_five_times_and_not_after_a_final_answer(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon, status: int, attempts: int
    ) -> None:
        sites.state.settings.webhook_retry_seconds = 0
        foreign.answers["/hook"] = Failing(status, times=100)
        [sent] = await sites.update_issue("TP-1", summary="Changed")
        await sites.settle()
        assert len(sent.attempts) == attempts

    async def test_by_hand_has_the_same_identifier(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        [sent] = await sites.update_issue("TP-1", summary="Changed")
        again = await sites.redeliver(sent.id)
        assert isinstance(again, HookDelivery)
        first, second = (one["x-atlassian-webhook-identifier"] for one in foreign.headers[-2:])
        assert first == second == again.identifier


class TestFault:
    async def test_holds_deliveries_back_and_releases_the_newest_first(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        sites.faults.hold_deliveries()
        await sites.update_issue("TP-1", summary="First")
        await sites.update_issue("TP-1", summary="Second")
        assert foreign.told("/hook") == []
        await sites.release()
        assert [body["issue"]["fields"]["summary"] for body in foreign.bodies[-2:]] == ["Second", "First"]

    async def test_sends_twice(self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon) -> None:
        sites.faults.duplicate(2)
        await sites.update_issue("TP-1", summary="Changed")
        assert foreign.told("/hook") == ["ok", "ok"]

    async def test_signs_wrong(self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon) -> None:
        sites.faults.forge("wrong_key")
        [sent] = await sites.update_issue("TP-1", summary="Changed")
        assert (sent.status, foreign.told("/hook")) == (401, ["signature"])
