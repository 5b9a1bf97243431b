"""Calls where the site's clock is not ours, and the end of what was given for a time (reference 10, 11)."""

import time

import pytest
from starlette.responses import JSONResponse

from app.conformance import Stage
from app.connect.hosts.atlassian import SignatureRefused
from tests.hosts.atlassian.attacks import case_of
from tests.hosts.atlassian.opening import opened
from tests.hosts.atlassian.product import ADMIN
from tests.hosts.atlassian_case import JiraCase

pytestmark = pytest.mark.one_database


class TestClock:
    """The site's clock is another one: it lets half a minute pass, and a longer way is no end of the installation."""

    make_case = JiraCase

    @pytest.mark.parametrize("ahead", [-25, 0, 25, 150])
    async def test_may_differ_as_much_as_the_site_lets_it(self, stage: Stage, ahead: float) -> None:
        guest = await stage.install()
        case_of(stage).product.clock_ahead = ahead
        async with opened(stage, guest) as ctx:
            assert await ctx.jira.get("rest/api/3/myself")

    @pytest.mark.parametrize("ahead", [-90, 600])
    async def test_that_is_wrong_refuses_calls_and_ends_nothing(self, stage: Stage, ahead: float) -> None:
        """A wrong clock of ours is refused by every site at once, so a refused call is no doubt."""
        guest = await stage.install()
        case_of(stage).product.clock_ahead = ahead
        async with opened(stage, guest) as ctx:
            with pytest.raises(SignatureRefused):
                await ctx.jira.get("rest/api/3/myself")
        await stage.settle()
        assert (await stage.enter(guest)).status == 200


class TestUserToken:
    """Access tokens for calls as a user: one for as long as it lives (matrix 12)."""

    make_case = JiraCase

    async def test_that_the_site_takes_no_more_is_replaced_once(self, stage: Stage) -> None:
        guest = await stage.install()
        product = case_of(stage).product
        async with opened(stage, guest) as ctx:
            await ctx.as_user(ADMIN).get("rest/api/3/myself")
            product.answers = [JSONResponse({}, 401)]
            assert await ctx.as_user(ADMIN).get("rest/api/3/myself")
            assert len(product.assertions) == 2
            product.answers = [JSONResponse({}, 401), JSONResponse({}, 401)]
            with pytest.raises(SignatureRefused):
                await ctx.as_user(ADMIN).get("rest/api/3/myself")
        assert len(product.assertions) == 3

    async def test_that_has_ended_is_asked_for_anew(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        guest, began = await stage.install(), time.time()
        now = [began]
        product = case_of(stage).product
        monkeypatch.setattr(stage.application.tokens["jira"], "_clock", lambda: now[0])
        async with opened(stage, guest) as ctx:
            for later, asked in ((0.0, 1), (800.0, 1), (841.0, 2), (842.0, 2)):
                now[0] = began + later
                await ctx.as_user(ADMIN).get("rest/api/3/myself")
                assert len(product.assertions) == asked, later
