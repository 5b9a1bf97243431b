"""An open page asks now and then whether its person may still see the place (decision 27), and ends when not."""

import pytest
from starlette.responses import JSONResponse

from app.conformance import Guest, Sent, Stage
from app.connect.hosts.atlassian.place import place_of
from app.connect.pages.page_tokens import Visit
from app.connect.tenancy.tenant import Caller
from tests.hosts.atlassian.attacks import case_of
from tests.hosts.atlassian.product import ADMIN, OTHER
from tests.hosts.atlassian_case import ConfluenceCase, JiraCase

pytestmark = pytest.mark.one_database


async def renewed(stage: Stage, guest: Guest, user: str, place: str | None) -> int:
    """Renew the token of a page that somebody opened at a place; return the status."""
    tenant = await stage.tenant(guest)
    assert tenant is not None
    token = stage.application.page_tokens.issue(tenant, Caller(user, None, place), Visit.begin("panel", "report"))
    sent = Sent("POST", f"/{stage.case.name}/page-token").with_header("authorization", f"JWT {token}")
    return (await stage.send(sent)).status


CHECKED = "POST /rest/api/3/permissions/check"


class TestJiraPage:
    make_case = JiraCase

    @pytest.mark.parametrize(
        ("place", "read", "asked"),
        [
            ("TP-1", "GET /rest/api/3/issue/TP-1?fields=project", {"projects": [], "issues": [1]}),
            ("TP", "GET /rest/api/3/project/TP", {"projects": [1], "issues": []}),
        ],
    )
    async def test_of_who_may_not_see_the_place_any_more_ends(
        self, stage: Stage, place: str, read: str, asked: dict[str, list[int]]
    ) -> None:
        guest = await stage.install()
        assert await renewed(stage, guest, ADMIN, place) == 200
        assert await renewed(stage, guest, OTHER, place) == 403
        calls = case_of(stage).product.calls
        assert [f"{method} {target}" for method, target, _ in calls] == [read, CHECKED] * 2
        assert [body["accountId"] for _, _, body in calls if body] == [ADMIN, OTHER]
        assert calls[1][2]["projectPermissions"] == [{"permissions": ["BROWSE_PROJECTS"], **asked}]

    async def test_goes_on_where_the_site_cannot_say(self, stage: Stage) -> None:
        guest = await stage.install()
        product = case_of(stage).product
        assert await renewed(stage, guest, OTHER, None) == 200
        assert product.calls == []
        product.answers = [JSONResponse({"errorMessages": ["no such issue, or not for you"]}, 404)]
        assert await renewed(stage, guest, OTHER, "TP-2") == 200
        product.answers = [JSONResponse({}, 400)]
        assert await renewed(stage, guest, OTHER, "TP-3") == 200
        product.answers = [JSONResponse([])]
        assert await renewed(stage, guest, OTHER, "TP-4") == 200


class TestConfluencePage:
    make_case = ConfluenceCase

    async def test_of_who_may_not_read_it_any_more_ends(self, stage: Stage) -> None:
        guest = await stage.install()
        assert [await renewed(stage, guest, user, "7") for user in (ADMIN, OTHER)] == [200, 403]
        assert [target for _, target, _ in case_of(stage).product.calls] == [
            "/wiki/rest/api/content/7/permission/check"
        ] * 2

    async def test_in_a_space_ends_with_its_home_page(self, stage: Stage) -> None:
        guest = await stage.install()
        product = case_of(stage).product
        statuses = []
        for user in (ADMIN, OTHER):
            product.answers = [JSONResponse({"id": 1, "key": "DOC", "homepage": {"id": 77}})]
            statuses.append(await renewed(stage, guest, user, "DOC"))
        assert statuses == [200, 403]
        assert {target for _, target, _ in product.calls} == {"/wiki/rest/api/content/77/permission/check"}

    @pytest.mark.parametrize("space", [{"id": 1, "key": "DOC"}, {"homepage": None}, {"homepage": {}}, []], ids=range(4))
    async def test_in_a_space_without_a_home_page_goes_on(self, stage: Stage, space: object) -> None:
        guest = await stage.install()
        case_of(stage).product.answers = [JSONResponse(space)]
        assert await renewed(stage, guest, OTHER, "DOC") == 200

    async def test_that_the_add_on_does_not_see_itself_goes_on(self, stage: Stage) -> None:
        guest = await stage.install()
        case_of(stage).product.answers = [JSONResponse({}, 404)]
        assert await renewed(stage, guest, OTHER, "8") == 200


def test_space_is_named_by_its_key_so_that_a_number_is_a_page() -> None:
    assert place_of({"confluence": {"space": {"id": 9, "key": "DOC"}}}) == "DOC"
    assert place_of({"confluence": {"content": {"id": 7}, "space": {"id": 9, "key": "DOC"}}}) == "7"
    assert place_of({"confluence": {"space": {"id": 9}}}) == "9"
