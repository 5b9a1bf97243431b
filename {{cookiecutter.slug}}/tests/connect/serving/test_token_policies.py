"""Tokens that are made with a policy: in a call, and on the settings page."""

import pytest

from tests.connect.asking import SETTINGS, header, host_token, page_token
from tests.connect.serving.holding import limited
from tests.support.running import RunningAddon


class TestCall:
    async def test_makes_a_token_with_a_policy(self, showcase: RunningAddon) -> None:
        frame = header(await page_token(showcase, await showcase.install(), ""))
        made = await showcase.http.post("/api/tokens", json={"name": "Mine", "policy": "mine"}, headers=frame)
        assert (made.status_code, made.json()["accesses"]) == (201, ["reports.1.*"])
        told = await showcase.http.get(f"/api/tokens/{made.json()['id']}", headers=frame)
        assert told.json()["policy"] == "mine"
        bearer = {"Authorization": f"Bearer {made.json()['token']}"}
        for name, status in (("1", 200), ("web", 403)):
            assert (await showcase.http.get(f"/showcase/reports/{name}", headers=bearer)).status_code == status

    @pytest.mark.parametrize(
        ("wish", "said"),
        [
            ({"policy": "writers"}, "There are: readers, mine."),
            ({"policy": "readers", "accesses": ["reports.#"]}, "not both"),
            ({}, "'accesses', or 'policy'"),
            ({"policy": None}, "'accesses', or 'policy'"),
            ({"policy": ""}, "policy"),
            ({"policy": ["readers"]}, "policy"),
            ({"policy": "x" * 41}, "policy"),
        ],
        ids=str,
    )
    async def test_refuses_what_says_not_what_the_token_may_do(
        self, showcase: RunningAddon, wish: dict[str, object], said: str
    ) -> None:
        frame = header(await page_token(showcase, await showcase.install(), ""))
        answer = await showcase.http.post("/api/tokens", json={"name": "CI"} | wish, headers=frame)
        assert answer.status_code == 422
        assert said in answer.text

    async def test_gives_no_more_than_the_token_that_asks_holds(self, showcase: RunningAddon) -> None:
        giver = await limited(showcase, await showcase.install(), "tokens.create", "reports.web.read")
        answer = await showcase.http.post(
            "/api/tokens", json={"name": "CI", "policy": "readers"}, headers={"Authorization": f"Bearer {giver}"}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "access_refused")


class TestSettingsPage:
    async def test_offers_the_policies(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        page = await showcase.http.get(f"{SETTINGS}?signed_request={host_token(showcase, installation)}")
        choice = page.text.partition('<select id="token-policy"')[2].partition("</select>")[0]
        assert [text for text in ("readers", "mine") if f'value="{text}"' in choice] == ["readers", "mine"]

    async def test_makes_a_token_with_the_one_that_was_chosen(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        frame = header(await page_token(showcase, installation, ""))
        for fields, status in (
            ({"policy": "readers", "accesses": ""}, 201),
            ({"policy": "", "accesses": "reports.web.read"}, 201),
            ({"policy": "readers", "accesses": "reports.#"}, 422),
            ({"policy": "writers"}, 422),
        ):
            answer = await showcase.http.post("/hipchat/api-token", data=fields, headers=frame)
            assert answer.status_code == status, fields
            if status == 422:
                assert [field["path"] for field in answer.json()["error"]["fields"]] == ["policy"]
        found = await showcase.parts.api_tokens.page(await showcase.tenant(installation))
        assert [(facts.policy, facts.accesses) for facts in found] == [
            (None, ("reports.web.read",)),
            ("readers", ("reports.*.read",)),
        ]
        page = await showcase.http.get(f"{SETTINGS}?signed_request={host_token(showcase, installation)}")
        assert "(<code>readers</code> as it was then)" in page.text
