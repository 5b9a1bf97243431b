"""The server of install keys: slow, down, confused or asked by many at once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from app.conformance import Guest, Sent, Stage
from app.conformance.stage import BASE_URL
from app.connect.hosts.atlassian import install_keys
from app.connect.hosts.atlassian.install_keys import MOST_AT_ONCE, UNKNOWN_FOR, InstallKeys, KeysUnavailable
from app.connect.keys.jwt import TokenRefused
from app.connect.network.fetch import Outbound
from devhost.testing import Routes
from tests.connect.waiting import until
from tests.hosts.atlassian.attacks import case_of
from tests.hosts.atlassian.product import FALLBACK, KEY_SERVER, pem, rs256, rsa_key
from tests.hosts.atlassian_case import JiraCase, SiteCase

pytestmark = pytest.mark.one_database


class _KeyServer:
    """A key server that misbehaves."""

    def __init__(self, answer: Response) -> None:
        async def give(_: Any) -> Response:
            return answer

        self.app = Starlette(routes=[Route("/{kid}", give)])


BAD_SERVERS = {
    "is down": PlainTextResponse("", 503),
    "is confused": PlainTextResponse("<html>hello</html>"),
    "sends too much": PlainTextResponse("x" * 20_000),
    "redirects": RedirectResponse("https://evil.example/key"),
    "sends a short key": PlainTextResponse("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"),
}


class TestKeyServer:
    make_case = JiraCase

    @pytest.mark.parametrize("name", BAD_SERVERS)
    async def test_that_misbehaves_is_503_and_nothing_is_stored(self, stage: Stage, name: str) -> None:
        case = case_of(stage)
        case.network.add(KEY_SERVER, _KeyServer(BAD_SERVERS[name]).app)
        guest = await case.guest()
        answer = await stage.send(case.install(guest))
        assert (answer.status, answer.error()["code"]) == (503, "install_keys_unavailable")
        assert await stage.installations() == []
        case.network.add(KEY_SERVER, case.product.key_server)
        assert (await stage.send(case.install(guest))).status == 204

    async def test_that_is_not_there_is_503(self, stage: Stage) -> None:
        case = case_of(stage)
        case.network.remove(KEY_SERVER)
        assert (await stage.send(case.install(await case.guest()))).status == 503


class TestCost:
    """What installs cost in keys: one fetch for each id, however many sites install."""

    make_case = JiraCase

    async def test_of_many_installs_is_one_fetch_for_each_key(self, stage: Stage) -> None:
        case = case_of(stage)
        case.product.keys["key-2"] = pem(rsa_key("atlassian-2"))
        guests = [await case.guest() for _ in range(12)]
        installs = [
            signed_by(case, guest, *(("key-1", "atlassian") if number % 2 else ("key-2", "atlassian-2")))
            for number, guest in enumerate(guests)
        ]
        assert {one.status for one in await stage.together(installs)} == {204}
        for guest in guests:
            assert (await stage.send(case.lifecycle(guest, "uninstalled"))).status == 204
        assert sorted(case.product.asked_for_keys) == ["key-1", "key-2"]

    async def test_of_a_server_that_never_answers_is_an_answer_in_time(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(install_keys, "PATIENCE", 0.2)
        case, held = case_of(stage), Held()
        held.go.clear()
        for server in (KEY_SERVER, FALLBACK):
            case.network.add(server, held.app)
        guest = await case.guest()
        async with asyncio.timeout(20):
            answer = await stage.send(case.install(guest))
        assert (answer.status, answer.error()["code"]) == (503, "install_keys_unavailable")
        assert await stage.installations() == []


def signed_by(case: SiteCase, guest: Guest, key_id: str, key: str) -> Sent:
    """Return an install signed with one of Atlassian's keys."""
    sent = case.posted("installed", case.site(guest))
    claims = case.product.claims(case.site(guest), sent.method, sent.target, aud=BASE_URL)
    return case.carry(sent, rs256(claims, rsa_key(key), kid=key_id))


class Held:
    """A key server that answers when it is let, and counts."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Response = Response(pem(rsa_key("atlassian")))
        self.go = asyncio.Event()
        self.go.set()
        self.app = Starlette(routes=[Route("/{kid}", self._give)])
        self.routes = Routes()
        self.routes.add(KEY_SERVER, self.app)

    def serve_fallback(self) -> None:
        self.routes.add(FALLBACK, self.app)

    async def is_asked(self, times: int) -> None:
        """Wait until it was."""

        async def enough() -> bool:
            return len(self.asked) >= times

        await until(enough)

    async def _give(self, request: Request) -> Response:
        self.asked.append(f"{request.headers['host']}/{request.path_params['kid']}")
        await self.go.wait()
        return self.answer


SITE = "https://a.atlassian.net/wiki"
FIRST, SECOND = (address.removeprefix("https://") for address in (KEY_SERVER, FALLBACK))


@pytest.fixture
async def held() -> Held:
    return Held()


@pytest.fixture
async def client(held: Held) -> AsyncIterator[Outbound]:
    outbound = Outbound(production=True, transport=held.routes)
    yield outbound
    await outbound.aclose()


class TestKeys:
    async def test_are_fetched_once_however_many_wait(self, held: Held, client: Outbound) -> None:
        keys = InstallKeys(client)
        held.go.clear()
        waiting = [asyncio.create_task(keys.get("key-1", site=SITE)) for _ in range(20)]
        await held.is_asked(1)
        held.go.set()
        found = await asyncio.gather(*waiting)
        assert len({id(one) for one in found}) == 1
        await keys.get("key-1", site=SITE)
        await keys.get("key-1", site="https://b.jira.com")
        assert held.asked == [f"{FIRST}/key-1"]

    async def test_are_still_fetched_when_who_asked_first_gives_up(self, held: Held, client: Outbound) -> None:
        keys = InstallKeys(client)
        held.go.clear()
        one, other = (asyncio.create_task(keys.get("key-1", site=SITE)) for _ in range(2))
        await held.is_asked(1)
        one.cancel()
        held.go.set()
        assert (await other).verify(b"", b"") is False
        assert held.asked == [f"{FIRST}/key-1"]

    async def test_that_are_unknown_are_not_asked_for_again_for_a_while(self, held: Held, client: Outbound) -> None:
        now = [0.0]
        keys = InstallKeys(client, clock=lambda: now[0])
        held.answer = PlainTextResponse("", 404)
        for _ in range(3):
            with pytest.raises(TokenRefused):
                await keys.get("new-key", site=SITE)
        assert held.asked == [f"{FIRST}/new-key"]
        now[0] += UNKNOWN_FOR
        held.answer = Response(pem(rsa_key("atlassian")))
        await keys.get("new-key", site=SITE)
        assert len(held.asked) == 2

    async def test_that_could_not_be_fetched_are_asked_for_again(self, held: Held, client: Outbound) -> None:
        keys = InstallKeys(client)
        held.answer = PlainTextResponse("", 500)
        with pytest.raises(KeysUnavailable):
            await keys.get("key-1", site=SITE)
        held.answer = Response(pem(rsa_key("atlassian")))
        await keys.get("key-1", site=SITE)

    async def test_come_from_the_second_server_when_the_first_is_down(self, held: Held, client: Outbound) -> None:
        held.routes.remove(KEY_SERVER)
        held.serve_fallback()
        await InstallKeys(client).get("key-1", site=SITE)
        assert held.asked == [f"{SECOND}/key-1"]

    async def test_that_the_first_server_does_not_know_are_not_asked_of_the_second(
        self, held: Held, client: Outbound
    ) -> None:
        held.serve_fallback()
        held.answer = PlainTextResponse("", 404)
        with pytest.raises(TokenRefused):
            await InstallKeys(client).get("key-1", site=SITE)
        assert held.asked == [f"{FIRST}/key-1"]

    @pytest.mark.parametrize(
        "key_id", ["../../x", "a/b", "a.b", "a?b", "a#b", "a%2e", "\u0661", "", "k" * 129, "a b", "a\n"], ids=range(11)
    )
    async def test_of_another_form_are_never_asked_for(self, held: Held, client: Outbound, key_id: str) -> None:
        with pytest.raises(TokenRefused):
            await InstallKeys(client).get(key_id, site=SITE)
        assert held.asked == []

    async def test_of_a_site_that_nobody_vouches_for_are_never_asked_for(self, held: Held, client: Outbound) -> None:
        for site in ("https://evil.example", "https://atlassian.net.evil.example", "http://127.0.0.1:9000"):
            with pytest.raises(TokenRefused, match="ATLASSIAN_KEYS_URL"):
                await InstallKeys(client).get("key-1", site=site)
        assert held.asked == []

    async def test_of_any_site_come_from_the_server_of_the_settings(self, held: Held, client: Outbound) -> None:
        held.serve_fallback()
        await InstallKeys(client, [FALLBACK]).get("key-1", site="http://127.0.0.1:9000")
        assert held.asked == [f"{SECOND}/key-1"]

    async def test_that_many_strangers_make_up_are_asked_for_a_few_at_a_time(
        self, held: Held, client: Outbound
    ) -> None:
        keys = InstallKeys(client)
        held.go.clear()
        held.answer = PlainTextResponse("", 404)
        tasks = [asyncio.create_task(keys.get(f"made-up-{number}", site=SITE)) for number in range(3 * MOST_AT_ONCE)]
        await held.is_asked(MOST_AT_ONCE)
        held.go.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(isinstance(one, KeysUnavailable) for one in answers) == 2 * MOST_AT_ONCE
        assert len(held.asked) == MOST_AT_ONCE
