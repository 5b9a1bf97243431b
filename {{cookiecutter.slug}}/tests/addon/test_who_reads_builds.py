"""Whose token may report builds of a project, and whose may read them."""

from app.connect import Caller
from tests.support.running import RunningAddon

Headers = dict[str, str]


async def token_for(addon: RunningAddon, *accesses: str) -> Headers:
    """Create a token with these accesses, as the owner of one that may do everything."""
    everything = await addon.parts.serving.api_tokens.create(await addon.any_tenant(), Caller("1", None, None))
    made = await addon.http.post(
        "/api/tokens",
        json={"name": "CI", "accesses": accesses},
        headers={"Authorization": f"Bearer {everything}"},
    )
    return {"Authorization": f"Bearer {made.json()['token']}"}


async def report(addon: RunningAddon, headers: Headers, name: str, number: int = 1) -> int:
    build = {"name": name, "number": number, "status": "passed"}
    return (await addon.http.post("/api/builds", json=build, headers=headers)).status_code


class TestApi:
    async def test_a_project_reports_for_itself_and_for_no_other(self, addon: RunningAddon) -> None:
        web = await token_for(addon, "builds.web.report")
        assert await report(addon, web, "web") == 201
        assert await report(addon, web, "web.api") == 403
        assert (await addon.http.get("/api/builds?name=web", headers=web)).status_code == 403

    async def test_lists_the_builds_of_the_project_that_the_token_may_read(self, addon: RunningAddon) -> None:
        both = await token_for(addon, "builds.#", "!builds.secret.read")
        for name, number in (("web/ui", 9), ("web/ui", 10), ("secret", 1)):
            assert await report(addon, both, name, number) == 201
        answer = await addon.http.get("/api/builds", params={"name": "web/ui"}, headers=both)
        assert [build["number"] for build in answer.json()] == [10, 9]
        assert answer.json()[0] | {"reported_at": ""} == {
            "number": 10,
            "status": "passed",
            "branch": None,
            "url": None,
            "reported_at": "",
        }
        assert (await addon.http.get("/api/builds?name=secret", headers=both)).status_code == 403
        assert (await addon.http.get("/api/builds?name=web/ui&name=secret", headers=both)).status_code == 403
