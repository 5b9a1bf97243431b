"""What happens on a site reaches the triggers of its apps: named by Forge, in five seconds, and again if need be."""

import asyncio
import time
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.deliveries import Call
from devhost.dialects.forge.host import ForgeHost
from devhost.dialects.forge.knobs import ForgeKnobs
from devhost.testing import Devhost
from tests.devhost.forge.remote import ORIGIN, Remote, document, manifest

PATH = "/forge/events"


def names(remote: Remote) -> list[str]:
    """List the events that the remote was told of, the install left out."""
    return [one["eventType"] for one in remote.body_of(PATH) if "installed" not in one["eventType"]]


async def refusing(request: Request) -> Response:
    return JSONResponse({}, status_code=500)


class TestSite:
    async def test_tells_of_issues(self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation) -> None:
        made = await forge.sites.create_issue("Made", user="Developer")
        await forge.sites.update_issue(made.key, status="Done", user="Developer")
        await forge.sites.comment(made.key, "Well", user="Developer")
        await forge.sites.delete_issue(made.key, user="Developer")
        assert names(remote) == [
            "avi:jira:created:issue",
            "avi:jira:updated:issue",
            "avi:jira:commented:issue",
            "avi:jira:deleted:issue",
        ]
        updated, commented = remote.bodies[-3], remote.bodies[-2]
        assert updated["issue"]["key"] == made.key
        assert updated["issue"]["fields"]["status"]["name"] == "Done"
        assert updated["changelog"]["items"][0]["toString"] == "Done"
        assert (updated["atlassianId"], updated["selfGenerated"]) == ("devhost:00000002", False)
        assert int(updated["timestamp"]) == pytest.approx(time.time() * 1000, abs=60_000)
        assert commented["comment"]["author"]["accountId"] == "devhost:00000002"

    async def test_tells_of_a_new_assignee_twice(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        await forge.sites.update_issue("TP-1", assignee=forge.sites.person("Developer"))
        assert sorted(names(remote)) == ["avi:jira:assigned:issue", "avi:jira:updated:issue"]

    async def test_tells_of_pages_by_their_own_names(self, forge: ForgeHost, remote: Remote) -> None:
        await forge.install(manifest(), site="wiki")
        page = await forge.sites.create_page("New")
        await forge.sites.update_page(page.id, title="Newer")
        assert names(remote) == ["avi:confluence:created:page", "avi:confluence:updated:page"]
        assert remote.bodies[-1]["content"]["title"] == "Newer"
        assert remote.bodies[-1]["content"]["space"]["key"] == "DOC"
        assert remote.claims[-1]["app"]["apiBaseUrl"].startswith("http://127.0.0.1:9000/ex/confluence/")

    async def test_tells_only_the_apps_that_are_installed_there(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        await forge.sites.create_page("New")
        assert names(remote) == []

    async def test_tells_of_any_event_that_somebody_lets_happen(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        assert await forge.fire("avi:jira:created:version") == []
        [call] = await forge.fire("avi:jira:created:issue", {"issue": {"key": "X-1"}})
        assert (call.status, remote.bodies[-1]["issue"]) == (200, {"key": "X-1"})


class TestSelf:
    async def test_is_ignored_where_the_manifest_says_so(
        self, devhost: Devhost, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        await comment_as_app(devhost, forge, installed)
        assert names(remote) == []
        [call] = [one for one in forge.deliveries() if one.event == "avi:jira:commented:issue"]
        assert "ignoreSelf" in call.note

    async def test_is_said_where_it_is_not_ignored(self, devhost: Devhost, forge: ForgeHost, remote: Remote) -> None:
        trigger = {"key": "issues", "endpoint": "events", "events": ["avi:jira:commented:issue"]}
        installed = await forge.install(manifest(modules={"trigger": [trigger]}))
        await comment_as_app(devhost, forge, installed)
        assert [one["selfGenerated"] for one in remote.body_of(PATH)] == [True]
        # What a person does meanwhile is not the app's doing.
        await forge.sites.comment("TP-1", "A person")
        assert [one["selfGenerated"] for one in remote.body_of(PATH)] == [True, False]


async def comment_as_app(devhost: Devhost, forge: ForgeHost, installed: ForgeInstallation) -> None:
    body = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": []}]}
    answer = await devhost.client.post(
        f"{forge.state.api_url(installed.site)}/rest/api/3/issue/TP-1/comment",
        json={"body": body},
        headers={"authorization": f"Bearer {forge.access_token(installed)}"},
    )
    assert answer.status_code == 201
    await forge.settle()


class TestRetry:
    async def test_comes_four_times_a_minute_apart_with_its_context(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        remote.answers[PATH] = refusing
        await forge.sites.update_issue("TP-1", status="Done")
        for count in range(1, 5):
            await forge.advance(59)
            assert len(names(remote)) == count
            await forge.advance(1)
            body = remote.bodies[-1]
            assert body["retryContext"] == {
                "retryCount": count,
                "retryReason": "INVALID_REMOTE_INVOCATION_ERROR",
                "retryData": None,
            }
        await forge.advance(240)
        assert len(names(remote)) == 5
        # The body is the same, and each token a new one.
        first, *others = [one for one in remote.body_of(PATH) if "updated:issue" in one["eventType"]]
        assert all({**one, "retryContext": None} == first | {"retryContext": None} for one in others)
        assert len({one["jti"] for one in remote.claims}) == len(remote.claims)

    async def test_ends_when_it_is_taken(self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation) -> None:
        remote.answers[PATH] = refusing
        await forge.sites.update_issue("TP-1", status="Done")
        del remote.answers[PATH]
        await forge.advance(60)
        await forge.advance(240)
        assert len(names(remote)) == 2

    async def test_says_that_the_token_was_refused(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        # The remote does not know of the minute that passed.
        remote.environments = set()
        await forge.sites.update_issue("TP-1", status="Done")
        remote.environments = {"DEVELOPMENT"}
        await forge.advance(60)
        assert remote.bodies[-1]["retryContext"]["retryReason"] == "INVALID_FORGE_INVOCATION_TOKEN"

    async def test_says_that_five_seconds_were_over(self) -> None:
        assert ForgeKnobs().event_timeout == 5
        async with Devhost() as devhost:
            devhost.forge.state.knobs.event_timeout = 0.1
            remote = Remote(devhost)
            devhost.serve(ORIGIN, remote)
            await devhost.forge.install(manifest())

            async def late(request: Request) -> Response:
                await asyncio.sleep(30)
                return Response()

            remote.answers[PATH] = late
            await devhost.sites.update_issue("TP-1", status="Done")
            del remote.answers[PATH]
            await devhost.forge.advance(60)
            assert remote.bodies[-1]["retryContext"]["retryReason"] == "TIMEOUT_ERROR"

    async def test_is_not_for_an_app_that_is_gone(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        remote.answers[PATH] = refusing
        await forge.sites.update_issue("TP-1", status="Done")
        await forge.uninstall(installed)
        await forge.advance(300)
        assert len(names(remote)) == 1

    async def test_may_be_nested_as_documentation_has_it(self) -> None:
        async with Devhost() as devhost:
            devhost.forge.state.knobs.nested_events = True
            remote = Remote(devhost)
            devhost.serve(ORIGIN, remote)
            await devhost.forge.install(manifest())
            remote.answers[PATH] = refusing
            await devhost.sites.update_issue("TP-1", status="Done")
            await devhost.forge.advance(60)
            assert remote.bodies[-1].keys() == {"payload"}
            assert remote.bodies[-1]["payload"]["retryContext"]["retryCount"] == 1

    async def test_comes_by_the_clock_alone(self) -> None:
        async with Devhost() as devhost:
            devhost.forge.state.knobs.retry_seconds = 0.2
            remote = Remote(devhost)
            devhost.serve(ORIGIN, remote)
            await devhost.forge.install(manifest())
            came = asyncio.Event()

            async def refuse_once(request: Request) -> Response:
                remote.answers[PATH] = taken
                return JSONResponse({}, status_code=500)

            async def taken(request: Request) -> Response:
                came.set()
                return Response(status_code=204)

            remote.answers[PATH] = refuse_once
            await devhost.sites.update_issue("TP-1", status="Done")
            await asyncio.wait_for(came.wait(), 20)


class TestFault:
    async def test_sends_twice_or_holds_back(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        forge.faults.duplicate(2)
        await forge.sites.update_issue("TP-1", status="Done")
        assert len(names(remote)) == 2
        forge.mend()
        forge.faults.hold_deliveries()
        await forge.sites.update_issue("TP-1", status="To Do")
        await forge.sites.comment("TP-1", "Well")
        assert len(names(remote)) == 2
        forge.mend()
        await forge.release()
        assert names(remote)[2:] == ["avi:jira:commented:issue", "avi:jira:updated:issue"]


class TestLicence:
    async def test_is_needed_where_a_trigger_says_so(self, forge: ForgeHost, remote: Remote) -> None:
        trigger: dict[str, Any] = {
            "key": "paid",
            "endpoint": "events",
            "events": ["avi:jira:updated:issue"],
            "filter": {"appIsLicensed": True},
        }
        installed = await forge.install(document(modules={"trigger": [trigger]}))
        await forge.sites.update_issue("TP-1", status="Done")
        assert names(remote) == []
        installed.license = {"active": True}
        await forge.sites.update_issue("TP-1", status="To Do")
        assert names(remote) == ["avi:jira:updated:issue"]


class TestSchedule:
    async def test_begins_after_five_minutes_and_comes_by_its_interval(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        await forge.advance(299)
        assert remote.told("/forge/hourly") == []
        await forge.advance(61)
        assert len(remote.told("/forge/hourly")) == 1
        assert remote.body_of("/forge/hourly")[0]["context"] == {
            "cloudId": installed.site.cloud_id,
            "moduleKey": "refresh",
            "site": f"ari:cloud:jira::site/{installed.site.cloud_id}",
        }
        await forge.advance(3 * 3600)
        assert len(remote.told("/forge/hourly")) == 4

    async def test_can_be_called_now(self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation) -> None:
        call = await forge.run_schedule(installed, "refresh")
        assert isinstance(call, Call)
        assert (call.status, remote.told("/forge/hourly")) == (200, ["ok"])

    async def test_ends_with_the_app(self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation) -> None:
        await forge.uninstall(installed)
        await forge.advance(2 * 3600)
        assert remote.told("/forge/hourly") == []
