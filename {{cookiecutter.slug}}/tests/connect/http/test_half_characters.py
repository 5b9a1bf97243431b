"""Half a surrogate pair in any text that reaches the database: a text cut in an emoji is no error of ours."""

import json
from typing import Any

import pytest

from app.connect.database.store import TenantStore
from tests.connect.asking import header, page_token, signed, status
from tests.support.databases import dead_entries
from tests.support.running import RunningAddon

HALVES = ("\ud83d", "\ude00", "cut \ud83d", "\ude00\ud83d")
JSON = {"Content-Type": "application/json"}


def written(document: object) -> bytes:
    """Write JSON with escapes, as hosts do; httpx cannot encode what is sent here."""
    return json.dumps(document).encode()


@pytest.mark.parametrize("half", HALVES, ids=range(len(HALVES)))
class TestHandlers:
    async def test_get_a_message_that_can_be_stored(self, showcase: RunningAddon, half: str) -> None:
        installation = await showcase.install()
        sender = {"id": 1, "name": f"Ann {half}", "mention_name": half}
        message = {"id": "m1", "message": f"/show {half}", "from": sender}
        room = {"id": 1, "name": f"Lobby {half}"}
        for event, item in (
            ("room_message", {"message": message, "room": room}),
            ("room_enter", {"sender": sender, "room": room}),
        ):
            body = {"event": event, "item": item, "oauth_client_id": installation.client_id}
            key = "said" if event == "room_message" else event
            answer = await showcase.http.post(
                f"/hipchat/webhook/{key}", content=written(body), headers=JSON | header(signed(installation))
            )
            assert answer.status_code == 204, (event, answer.text)
        await showcase.settle()
        store = TenantStore(showcase.parts.database, (await showcase.tenant(installation)).id)
        assert "\ufffd" in await store.get("said")
        assert "\ufffd" in await store.get("entered")
        assert await dead_entries(showcase.parts.database) == []

    async def test_get_what_a_program_sent(self, showcase: RunningAddon, half: str) -> None:
        installation = await showcase.install()
        bearer = {"Authorization": f"Bearer {await showcase.api_token(installation)}"}
        body = written({"name": half, "number": 1})
        answer = await showcase.http.post("/showcase/report", content=body, headers=JSON | bearer)
        assert answer.status_code == 201
        assert "\ufffd" in answer.json()["name"]


@pytest.mark.parametrize("half", ["%ed%a0%80", "%ed%b0%80", "a%ed%a0%bdz"])
class TestForms:
    async def test_are_refused(self, showcase: RunningAddon, half: str) -> None:
        installation = await showcase.install()
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for path, key in (("/hipchat/settings", ""), ("/hipchat/form/vote", "list")):
            by_page = header(await page_token(showcase, installation, key))
            answer = await showcase.http.post(
                path, content=f"greeting={half}&who={half}&points=1", headers=form | by_page
            )
            assert 400 <= answer.status_code < 500, (path, answer.text)


@pytest.mark.parametrize("half", HALVES, ids=range(len(HALVES)))
class TestTokens:
    async def test_that_name_such_a_person_or_place_are_refused(self, showcase: RunningAddon, half: str) -> None:
        installation = await showcase.install()
        changes: list[dict[str, Any]] = [
            {"sub": half},
            {"context": {"room_id": half}},
            {"context": {"room_id": 1, "user_tz": half}},
            {"jti": half},
            {half: 1},
        ]
        for change in changes:
            assert await status(showcase, signed(installation, **change)) == 401, change
