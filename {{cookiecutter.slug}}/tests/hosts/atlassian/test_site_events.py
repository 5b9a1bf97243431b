"""What a site says in parallel and out of order ends in one state (reference 4.3; matrix row 5)."""

import pytest
from sqlalchemy import update

from app.conformance import Guest, Sent, Stage
from app.connect.hosts.protocol import ProofKind
from app.connect.tenancy.tables import InstallationRow
from tests.hosts.atlassian.attacks import case_of, install_of, signed
from tests.hosts.atlassian_case import JiraCase, SiteCase
from tests.support.clock import ago


class TestSiteEvents:
    """Enabled and disabled are signed with the installation's secret."""

    make_case = JiraCase

    @pytest.mark.parametrize("event", ["enabled", "disabled"])
    async def test_of_an_unknown_installation_are_401(self, stage: Stage, event: str) -> None:
        case = case_of(stage)
        assert (await stage.send(case.lifecycle(await case.guest(), event))).status == 401

    async def test_of_an_uninstall_that_is_unknown_is_204(self, stage: Stage) -> None:
        case = case_of(stage)
        assert (await stage.send(case.lifecycle(await case.guest(), "uninstalled"))).status == 204

    async def test_disabled_after_uninstalled_is_taken_and_changes_nothing(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await stage.install()
        disabled = case.lifecycle(guest, "disabled")
        assert (await stage.send(case.uninstall(guest))).status == 204
        before = await stage.installations()
        assert (await stage.send(disabled)).status == 204
        assert [row[1] for row in await stage.installations()] == [row[1] for row in before]

    @pytest.mark.parametrize("events", [("disabled", "uninstalled"), ("uninstalled", "disabled"), ("uninstalled",) * 2])
    async def test_at_the_end_may_come_in_any_order_or_at_once(self, stage: Stage, events: tuple[str, ...]) -> None:
        case = case_of(stage)
        guest = await stage.install()
        answers = await stage.together([case.lifecycle(guest, event) for event in events])
        assert {one.status for one in answers} == {204}
        assert (await stage.enter(guest)).status == 401
        await stage.settle()
        assert await stage.tenant(guest) is None
        assert stage.ran.count(("uninstalled", guest.client_key)) == 1

    async def test_that_came_late_do_not_undo_what_is_newer(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await case.guest()
        assert (await stage.send(signed(case, guest, install_of(case, guest), iat=ago(20)))).status == 204
        late = self._dated(case, guest, "disabled", ago(10))
        assert (await stage.send(self._dated(case, guest, "enabled", ago(5)))).status == 204
        assert (await stage.send(late)).status == 204
        assert (await stage.enter(guest)).status == 200

    async def test_reinstall_of_a_disabled_one_serves_again(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await stage.install()
        await stage.send(case.suspend(guest))
        assert (await stage.send(case.renew(guest))).status == 204
        assert (await stage.enter(guest)).status == 200

    async def test_two_installs_at_once_are_both_taken_and_the_newer_counts(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await case.guest()
        renewed = Guest(guest.client_key, "another-secret-of-the-site-0123456789")
        older = signed(case, guest, install_of(case, guest), iat=ago(30))
        newer = signed(case, guest, install_of(case, guest, sharedSecret=renewed.secret))
        answers = await stage.together([newer, older])
        assert {one.status for one in answers} == {204}
        known = await stage.application.lifecycle.known("jira", guest.client_key)
        assert known is not None
        assert known.secret == renewed.secret

    async def test_install_from_before_an_uninstall_brings_nothing_back(self, stage: Stage) -> None:
        """Not while the row is there, and not when all of it is purged; the site is told that it failed."""
        case = case_of(stage)
        guest = await case.guest()
        late = signed(case, guest, install_of(case, guest), iat=ago(20), sub="late")
        assert (await stage.send(signed(case, guest, install_of(case, guest), iat=ago(30)))).status == 204
        assert (await stage.send(self._gone(case, guest, ago(10)))).status == 204
        assert (await stage.send(late)).error()["code"] == "install_refused"
        await stage.settle()
        assert await stage.tenant(guest) is None
        assert (await stage.send(late)).status == 400
        assert await stage.installations() == []
        again = signed(case, guest, install_of(case, guest), iat=ago(10))
        assert (await stage.send(again)).status == 204
        assert (await stage.enter(guest)).status == 200

    async def test_uninstall_that_overtakes_its_install_wins(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await case.guest()
        assert (await stage.send(self._gone(case, guest, ago(10)))).status == 204
        assert (await stage.send(signed(case, guest, install_of(case, guest), iat=ago(20)))).status == 400
        assert await stage.installations() == []

    @pytest.mark.parametrize("event", ["enabled", "disabled"])
    async def test_signed_with_the_secret_before_are_taken_in_its_five_minutes(self, stage: Stage, event: str) -> None:
        case = case_of(stage)
        guest = await stage.install()
        await stage.send(case.suspend(guest) if event == "enabled" else case.resume(guest))
        under_way = case.lifecycle(guest, event)
        secret = "another-secret-of-the-site-0123456789"
        assert (
            await stage.send(signed(case, guest, install_of(case, guest, sharedSecret=secret), sub="x"))
        ).status == 204
        assert (await stage.send(under_way)).status == 204
        async with stage.application.database.session() as session:
            await session.execute(update(InstallationRow).values(previous_until=ago(1)))
        assert (await stage.send(under_way)).status == 401

    async def test_enabled_is_taken_before_its_install_is_stored_only_after_it_is(self, stage: Stage) -> None:
        """It cannot be verified before, and is sent again by nobody: an install serves without it."""
        case = case_of(stage)
        guest = await case.guest()
        enabled = case.lifecycle(guest, "enabled")
        assert (await stage.send(enabled)).status == 401
        assert (await stage.send(case.install(guest))).status == 204
        assert (await stage.enter(guest)).status == 200
        assert (await stage.send(enabled)).status == 204
        assert (await stage.enter(guest)).status == 200

    def _gone(self, case: SiteCase, guest: Guest, moment: int) -> Sent:
        return signed(case, guest, case.posted("uninstalled", case.site(guest)), iat=moment)

    def _dated(self, case: SiteCase, guest: Guest, event: str, moment: int) -> Sent:
        sent = case.posted(event, case.site(guest))
        return case.carry(sent, case.sign(guest, sent, ProofKind.LIFECYCLE, iat=moment))
