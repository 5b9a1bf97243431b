"""Glances are data for clients of any origin; a refusal is not."""

from tests.connect.asking import GLANCE
from tests.support.running import RunningAddon


class TestGlances:
    async def test_any_origin_may_read_one_because_its_token_is_in_the_address(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        url = showcase.devhost.host.signed_url(installation.client_id, "glance", "status", room_id=1)
        answer = await showcase.http.get(url, headers={"Origin": "https://client.example"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"

    async def test_preflight_is_answered_alike(self, showcase: RunningAddon) -> None:
        answer = await showcase.http.options(GLANCE, headers={"Origin": "https://client.example"})
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["access-control-allow-methods"] == "GET"
        assert "access-control-allow-credentials" not in answer.headers

    async def test_refusal_is_not_for_every_origin(self, showcase: RunningAddon) -> None:
        answer = await showcase.http.get(GLANCE, headers={"Origin": "https://client.example"})
        assert answer.status_code == 401
        assert "access-control-allow-origin" not in answer.headers
