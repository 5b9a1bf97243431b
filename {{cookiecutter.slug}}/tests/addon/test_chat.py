"""What the add-on says in a room; the two first tests are the ones the README shows."""

from tests.support.running import RunningAddon


class TestSayingBuilds:
    async def test_answers_in_the_room(self, addon: RunningAddon) -> None:
        await addon.install(room_id=1)
        await addon.devhost.host.say(1, "/builds", user="developer")
        await addon.settle()
        assert addon.devhost.said(1)[-1] == "No builds were reported yet."

    async def test_tries_again_when_the_host_fails(self, addon: RunningAddon) -> None:
        await addon.install(room_id=1)
        addon.devhost.host.faults.error(503, times=1)
        await addon.devhost.host.say(1, "/builds")
        await addon.settle()
        await addon.pass_time(minutes=1)
        assert addon.devhost.said(1)[-1] == "No builds were reported yet."

    async def test_helps_at_once(self, addon: RunningAddon) -> None:
        await addon.install(room_id=1)
        await addon.devhost.host.say(1, "/build-help")
        assert addon.devhost.said(1)[-1].startswith("Say /builds")


class TestQuietRooms:
    async def test_archived_room_gets_no_card(self, addon: RunningAddon) -> None:
        installation = await addon.install(room_id=1)
        token = await addon.api_token(installation)
        await addon.devhost.host.fire("room_archived", 1)
        await addon.settle()
        before = len(addon.devhost.said(1))
        build = {"name": "web", "number": 1, "status": "failed"}
        await addon.http.post("/api/builds", json=build, headers={"Authorization": f"Bearer {token}"})
        await addon.settle()
        assert len(addon.devhost.said(1)) == before
