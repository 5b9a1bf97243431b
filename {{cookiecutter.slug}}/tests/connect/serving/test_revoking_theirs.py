"""All API tokens of one person end at once: by a call, on the settings page, and nobody else's."""

from typing import Any

import pytest

from app.connect.access.wishes import Wish
from app.connect.api_tokens.principal import Principal
from app.connect.tenancy.tenant import Caller
from devhost.world.installations import Installation
from tests.connect.asking import SETTINGS, header, host_token, page_token
from tests.connect.serving.holding import limited
from tests.support.running import RunningAddon


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def alive(addon: RunningAddon, token: str) -> bool:
    return (await addon.http.head("/api/tokens/current", headers=bearer(token))).status_code == 204


async def make(addon: RunningAddon, installation: Installation, person: str) -> dict[str, str]:
    """Make a token of a person, one that is made with it, and one that is made with that; return each by its name."""
    giver = Principal(await addon.tenant(installation), Caller(person, "UTC", "1"))
    wish = Wish("first", ["tokens.create", "reports.web.read"])
    made = {"first": (await addon.parts.api_tokens.issue(giver, wish)).secret}
    for name, giving in (("second", "first"), ("third", "second")):
        body: dict[str, Any] = {"name": name, "accesses": list(wish.accesses or ())}
        answer = await addon.http.post("/api/tokens", json=body, headers=bearer(made[giving]))
        made[name] = answer.json()["token"]
    return made


class TestCall:
    async def test_ends_what_the_person_made_and_what_was_made_with_that(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        theirs, others = await make(showcase, installation, "7"), await make(showcase, installation, "8")
        frame = header(await page_token(showcase, installation, ""))
        told = (await showcase.http.get("/api/tokens", headers=frame)).json()["items"]
        first = next(one["id"] for one in told if (one["name"], one["created_by"]) == ("first", "7"))
        assert {(one["created_by"], one["place"]) for one in told} == {("7", "1"), ("8", "1")}
        # Whatever made the others is gone: they are still theirs.
        assert (await showcase.http.delete(f"/api/tokens/{first}", headers=frame)).status_code == 204
        answer = await showcase.http.delete("/api/tokens?created_by=7", headers=frame)
        assert (answer.status_code, answer.content) == (204, b"")
        assert [await alive(showcase, token) for token in theirs.values()] == [False] * 3
        assert [await alive(showcase, token) for token in others.values()] == [True] * 3

    @pytest.mark.parametrize(
        ("holds", "query", "status"),
        [
            (["tokens.delete"], "?created_by=7", 204),
            (["tokens.read", "tokens.create"], "?created_by=7", 403),
            (["#", "!tokens.delete"], "?created_by=7", 403),
            (["tokens.delete"], "", 422),
            (["tokens.delete"], "?created_by=", 422),
            (["tokens.delete"], f"?created_by={'7' * 256}", 422),
        ],
        ids=["may", "may not", "is denied", "nobody", "empty", "long"],
    )
    async def test_is_for_who_may_revoke_each(
        self, showcase: RunningAddon, holds: list[str], query: str, status: int
    ) -> None:
        installation = await showcase.install()
        theirs = await make(showcase, installation, "7")
        token = await limited(showcase, installation, *holds)
        answer = await showcase.http.delete(f"/api/tokens{query}", headers=bearer(token))
        assert answer.status_code == status
        assert await alive(showcase, theirs["third"]) is (status != 204)

    async def test_ends_none_of_another_tenant(self, showcase: RunningAddon) -> None:
        one, other = await showcase.install(), await showcase.install(room_id=None)
        theirs = await make(showcase, one, "7")
        frame = header(await page_token(showcase, other, ""))
        assert (await showcase.http.delete("/api/tokens?created_by=7", headers=frame)).status_code == 204
        assert await alive(showcase, theirs["first"])


class TestSettingsPage:
    async def test_tells_from_where_and_by_whom_each_is(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        await make(showcase, installation, "7")
        page = await showcase.http.get(f"{SETTINGS}?signed_request={host_token(showcase, installation)}")
        assert page.text.count(" by 7 with another token in 1</dd>") == 2
        assert page.text.count(" by 7 in 1</dd>") == 1

    async def test_ends_those_of_a_person(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        theirs, others = await make(showcase, installation, "7"), await make(showcase, installation, "8")
        page = await showcase.http.get(f"{SETTINGS}?signed_request={host_token(showcase, installation)}")
        choice = page.text.partition('id="revoke-of-person"')[2].partition("</select>")[0]
        assert [person for person in ("7", "8") if f"<option>{person}</option>" in choice] == ["7", "8"]
        frame = header(await page_token(showcase, installation, ""))
        answer = await showcase.http.post("/hipchat/api-token/revoke-of", data={"person": "7"}, headers=frame)
        assert answer.json() == {"message": "Revoked: 3.", "refresh": True}
        assert [await alive(showcase, token) for token in (*theirs.values(), *others.values())] == [False] * 3 + [
            True
        ] * 3
