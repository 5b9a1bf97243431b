"""How the Builds add-on behaves, told from the host's side and a CI server's."""

from tests.support.running import RunningAddon


async def report(addon: RunningAddon, token: str, **changes: object) -> int:
    body = {"name": "web", "number": 1, "status": "failed", "url": "https://ci.example.com/web/1"} | changes
    answer = await addon.http.post("/api/builds", json=body, headers={"Authorization": f"Bearer {token}"})
    await addon.settle()
    return answer.status_code


class TestReportingABuild:
    async def test_puts_a_card_into_the_room(self, addon: RunningAddon) -> None:
        installation = await addon.install()
        assert await report(addon, await addon.api_token(installation)) == 201
        last = addon.devhost.host.timeline(1)[-1]
        assert last.text == "web #1 failed."
        assert last.color == "red"
        assert last.card is not None
        assert last.card["title"] == "web #1"

    async def test_changes_the_glance(self, addon: RunningAddon) -> None:
        installation = await addon.install()
        before = await addon.devhost.host.glance(installation.client_id, "builds")
        await report(addon, await addon.api_token(installation))
        pushed = addon.devhost.host.glances(1)[0]
        asked = await addon.devhost.host.glance(installation.client_id, "builds")
        assert before["label"]["value"] == "No builds yet"
        assert pushed.data == asked
        assert asked["label"]["value"] == "<b>1</b> failing"
