"""What the caller may do is asked of the site, as the add-on; what it does not plainly grant is not had."""

from typing import Any

import pytest
from starlette.responses import JSONResponse

from app.conformance import Stage
from app.connect.errors import BadRequest, NotAllowed
from tests.hosts.atlassian.attacks import case_of
from tests.hosts.atlassian.opening import opened
from tests.hosts.atlassian.product import ADMIN, OTHER
from tests.hosts.atlassian_case import ConfluenceCase, JiraCase

pytestmark = pytest.mark.one_database


class TestPermission:
    make_case = JiraCase

    async def test_of_the_site_is_asked_for(self, stage: Stage) -> None:
        guest = await stage.install()
        async with opened(stage, guest, ADMIN) as ctx:
            await ctx.require_permission("ADMINISTER")
        async with opened(stage, guest, OTHER) as ctx:
            with pytest.raises(NotAllowed, match="ADMINISTER"):
                await ctx.require_permission("ADMINISTER")
        assert [body for _, _, body in case_of(stage).product.calls] == [
            {"accountId": user, "globalPermissions": ["ADMINISTER"]} for user in (ADMIN, OTHER)
        ]

    async def test_of_a_project_or_issue_is_asked_for(self, stage: Stage) -> None:
        guest = await stage.install()
        async with opened(stage, guest, ADMIN) as ctx:
            await ctx.require_permission("EDIT_ISSUES", issue_id="10001")
            await ctx.require_permission("ADMINISTER_PROJECTS", project_id=10_000)
            with pytest.raises(BadRequest):
                await ctx.require_permission("EDIT_ISSUES", issue_id="TP-1")
        async with opened(stage, guest, OTHER) as ctx:
            with pytest.raises(NotAllowed):
                await ctx.require_permission("EDIT_ISSUES", issue_id=10_001)
        asked = case_of(stage).product.calls[0][2]
        assert asked["projectPermissions"] == [{"permissions": ["EDIT_ISSUES"], "projects": [], "issues": [10_001]}]

    @pytest.mark.parametrize(
        "granted",
        [
            {},
            {"projectPermissions": []},
            {"projectPermissions": [{"permission": "OTHER", "projects": [], "issues": [10_001]}]},
            {"projectPermissions": [{"permission": "EDIT_ISSUES", "projects": [], "issues": [10_002]}]},
            {"projectPermissions": [{"permission": "EDIT_ISSUES", "issues": "10001"}]},
            {"projectPermissions": ["EDIT_ISSUES"]},
        ],
        ids=range(6),
    )
    async def test_that_the_site_does_not_plainly_grant_is_not_had(self, stage: Stage, granted: Any) -> None:
        guest = await stage.install()
        case_of(stage).product.answers = [JSONResponse(granted)]
        async with opened(stage, guest, ADMIN) as ctx:
            with pytest.raises(NotAllowed):
                await ctx.require_permission("EDIT_ISSUES", issue_id=10_001)

    async def test_is_not_had_by_nobody_nor_when_the_site_cannot_be_asked(self, stage: Stage) -> None:
        guest = await stage.install()
        async with opened(stage, guest) as ctx:
            with pytest.raises(NotAllowed):
                await ctx.require_permission("ADMINISTER")
        assert case_of(stage).product.calls == []
        case_of(stage).product.answers = [JSONResponse({}, 400)]
        async with opened(stage, guest, ADMIN) as ctx:
            with pytest.raises(NotAllowed):
                await ctx.require_permission("ADMINISTER")


class TestConfluencePermission:
    make_case = ConfluenceCase

    async def test_permissions_are_asked_for(self, stage: Stage) -> None:
        guest = await stage.install()
        async with opened(stage, guest, ADMIN) as ctx:
            await ctx.require_permission("update", page_id="7")
            await ctx.require_permission("administer")
        async with opened(stage, guest, OTHER) as ctx:
            for asked in (
                {"operation": "update", "page_id": "7"},
                {"operation": "administer"},
                {"operation": "update"},
            ):
                with pytest.raises(NotAllowed):
                    await ctx.require_permission(**asked)
