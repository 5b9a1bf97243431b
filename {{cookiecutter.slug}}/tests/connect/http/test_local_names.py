"""In development the add-on serves its developer's machine: other names and other sites get nothing."""

import httpx
import pytest

from app.connect.application import Application
from app.connect.settings import Settings, load_settings
from tests.connect.http.good import INSTALL
from tests.connect.showcase import DOCUMENT, make_routers
from tests.support.running import KEY, RunningAddon

pytestmark = pytest.mark.one_database

PATHS = (
    "/",
    "/docs",
    "/openapi.json",
    "/health/live",
    "/hipchat/capabilities.json",
    "/static/connect/connect.js",
    "/nowhere",
)
REBOUND = (
    "attacker.example",
    "attacker.example:8000",
    "127.0.0.1.attacker.example",
    "localhost.attacker.example",
    "localhost@attacker.example",
    "0.0.0.0:8000",
    "169.254.169.254",
    "[::1",
    "",
)
FOREIGN = (
    {"origin": "https://attacker.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:9000"},
    {"origin": "http://127.0.0.1:8000.attacker.example"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


class TestNames:
    @pytest.mark.parametrize("host", REBOUND)
    async def test_that_are_not_of_this_machine_get_nothing(self, showcase: RunningAddon, host: str) -> None:
        """A site that gives its own name the address 127.0.0.1 neither reads nor makes the add-on call a port."""
        for path in PATHS:
            assert code_of(await showcase.http.get(path, headers={"host": host})) == (421, "wrong_host"), path
        before = len(showcase.devhost.host.wire)
        answer = await showcase.http.post("/hipchat/installed", json=INSTALL, headers={"host": host})
        assert code_of(answer) == (421, "wrong_host")
        assert len(showcase.devhost.host.wire) == before

    @pytest.mark.parametrize(
        "host", ["127.0.0.1:8000", "127.0.0.1", "localhost:1234", "LOCALHOST", "[::1]:8000", "a.localhost"]
    )
    async def test_of_this_machine_are_served(self, showcase: RunningAddon, host: str) -> None:
        for path in PATHS[:-1]:
            assert (await showcase.http.get(path, headers={"host": host})).status_code == 200, path

    async def test_of_the_base_url_are_served(self, settings: Settings) -> None:
        own = load_settings(
            Settings,
            _env_file=None,
            secret_keys=KEY,
            database_url=settings.database_url,
            base_url="http://builder.internal:8000",
        )
        application = Application(own, make_routers(), document=DOCUMENT)
        transport = httpx.ASGITransport(application.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://builder.internal") as http:
            served = await http.get("/health/live")
            other = await http.get("/health/live", headers={"host": "other.internal"})
        await application.close()
        assert (served.status_code, other.status_code) == (200, 421)


class TestOtherSites:
    @pytest.mark.parametrize("headers", FOREIGN, ids=lambda headers: "-".join(next(iter(headers.items()))))
    async def test_change_nothing(self, showcase: RunningAddon, headers: dict[str, str]) -> None:
        before = len(showcase.devhost.host.wire)
        for path in ("/hipchat/installed", "/hipchat/updated"):
            assert code_of(await showcase.http.post(path, json=INSTALL, headers=headers)) == (403, "cross_site"), path
        answer = await showcase.http.delete("/hipchat/installed/some", headers=headers)
        assert code_of(answer) == (403, "cross_site")
        assert len(showcase.devhost.host.wire) == before

    async def test_do_not_stop_the_add_ons_own_pages(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = await showcase.page_token(installation)
        own = {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin", "authorization": f"JWT {token}"}
        assert (await showcase.http.post("/hipchat/api-token", headers=own)).status_code == 201

    async def test_requests_with_a_proof_are_judged_by_it(self, showcase: RunningAddon) -> None:
        headers = {"origin": "null", "authorization": "JWT nonsense"}
        assert (await showcase.http.post("/hipchat/api-token", headers=headers)).status_code == 401


class TestProduction:
    async def test_leaves_names_to_the_proxy(self, settings: Settings) -> None:
        """Nothing is added to a request where it counts."""
        public = load_settings(
            Settings,
            _env_file=None,
            secret_keys=KEY,
            database_url=settings.database_url,
            base_url="https://builds.example.com",
            environment="production",
        )
        application = Application(public, make_routers(), document=DOCUMENT)
        assert [each.cls.__name__ for each in application.app.user_middleware] == ["FrontDoor"]  # type: ignore[attr-defined]
        await application.close()
