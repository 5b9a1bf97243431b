"""The key server of Forge: cold, down, slow, confused, rotating, and asked by many at once (reference 5, 14)."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from app.connect.hosts.forge.jwks import AGAIN_AFTER, FAILED_FOR, OLD_AFTER, KeySet, KeySets, KeysUnavailable
from app.connect.keys.jwt import TokenRefused
from app.connect.network.fetch import Outbound
from devhost.testing import Routes
from tests.connect.waiting import until
from tests.hosts.forge.cloud import JWKS, KEYS, jwk
from tests.hosts.forge.stage import ForgeStage, issue_event

pytestmark = pytest.mark.one_database

GOOD = jwk("forge", "key-1")
BAD: dict[str, Response] = {
    "is down": PlainTextResponse("", 503),
    "is confused": PlainTextResponse("<html>hello</html>"),
    "is huge": JSONResponse({"keys": [GOOD], "padding": "x" * 100_000}),
    "redirects": RedirectResponse("https://evil.example/keys"),
    "is empty": JSONResponse({"keys": []}),
    "has no list": JSONResponse({"keys": "none"}),
    "has a thousand keys": JSONResponse({"keys": [{"kid": "x"}] * 1_000}),
    "has a short key": JSONResponse({"keys": [GOOD | {"n": GOOD["n"][:100]}]}),
    "has a key of another kind": JSONResponse({"keys": [GOOD | {"kty": "EC"}]}),
    "has a key for encryption": JSONResponse({"keys": [GOOD | {"use": "enc"}]}),
    "has a weak exponent": JSONResponse({"keys": [GOOD | {"e": "Aw"}]}),
    "has a key that is no number": JSONResponse({"keys": [GOOD | {"n": "?" * 400}]}),
}


class TestColdServer:
    @pytest.mark.parametrize("name", BAD)
    async def test_that_misbehaves_is_503_and_nothing_is_stored(self, forge: ForgeStage, name: str) -> None:
        forge.cloud.answers.append(BAD[name])
        site = forge.cloud.new_site()
        answer = await forge.send(forge.cloud.event(site, issue_event()))
        assert (answer.status, answer.error()["code"]) == (503, "forge_keys_unavailable")
        assert await forge.tenant(site) is None

    async def test_that_is_not_there_is_503(self, forge: ForgeStage) -> None:
        forge.cloud.network.remove(KEYS)
        assert (await forge.send(forge.cloud.event(forge.cloud.new_site(), issue_event()))).status == 503


class TestWarmServer:
    async def test_that_goes_down_leaves_its_keys_in_force(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        assert (await forge.send(forge.cloud.event(site, issue_event(1)))).status == 204
        forge.cloud.network.remove(KEYS)
        assert (await forge.send(forge.cloud.event(site, issue_event(2)))).status == 204

    async def test_that_lacks_the_key_in_use_is_401(self, forge: ForgeStage) -> None:
        forge.cloud.keys = {"key-2": "other"}
        assert (await forge.send(forge.cloud.event(forge.cloud.new_site(), issue_event()))).status == 401

    async def test_is_asked_once_by_a_hundred_requests(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        answers = await asyncio.gather(
            *(forge.send(forge.cloud.call(site, "double", {"count": number})) for number in range(100))
        )
        assert {one.status for one in answers} == {200}
        assert forge.cloud.asked_for_keys == 1

    async def test_is_asked_once_more_by_thousands_of_unknown_ids(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        await forge.send(forge.cloud.event(site, issue_event()))
        for number in range(200):
            answer = await forge.send(forge.cloud.event(site, issue_event(), kid=f"made-up-{number}"))
            assert answer.status == 401
        assert forge.cloud.asked_for_keys == 1
        assert (await forge.send(forge.cloud.event(site, issue_event(2)))).status == 204


class Server:
    """A key server with a clock beside it."""

    def __init__(self) -> None:
        self.keys = {"key-1": "forge"}
        self.asked = 0
        self.is_down = False
        self.go = asyncio.Event()
        self.go.set()
        self.now = 1_000.0
        self.hosts: list[str] = []
        self.answer: Response | None = None
        """What is answered instead."""
        network = Routes()
        app = Starlette(routes=[Route("/.well-known/jwks.json", self._give), Route("/keys", self._give)])
        for origin in (
            KEYS,
            "https://evil.example",
            *(f"https://forge.cdn.{name}.example" for name in ("one", "two", "three")),
        ):
            network.add(origin, app)
        self.client = Outbound(production=True, transport=network)
        self.set = KeySet(self.client, JWKS, clock=lambda: self.now)

    async def _give(self, request: Request) -> Response:
        self.asked += 1
        self.hosts.append(request.headers["host"])
        await self.go.wait()
        if self.answer is not None and request.url.path != "/keys":
            return self.answer
        if self.is_down:
            return PlainTextResponse("", 503)
        return JSONResponse({"keys": [jwk(name, kid) for kid, name in self.keys.items()]})


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    yield made
    made.go.set()
    await made.client.aclose()


class TestKeySet:
    async def test_asks_once_a_minute_for_what_is_not_there(self, server: Server) -> None:
        await server.set.get("key-1")
        for _ in range(3):
            with pytest.raises(TokenRefused, match="not known"):
                await server.set.get("key-2")
        assert server.asked == 1
        server.keys["key-2"] = "other"
        server.now += AGAIN_AFTER - 1
        with pytest.raises(TokenRefused):
            await server.set.get("key-2")
        server.now += 1
        assert await server.set.get("key-2")
        assert server.asked == 2

    async def test_asks_no_more_for_thousands_of_made_up_keys(self, server: Server) -> None:
        key = await server.set.get("key-1")
        for number in range(5_000):
            with pytest.raises(TokenRefused):
                await server.set.get(f"made-up-{number}")
        assert server.asked == 1
        assert await server.set.get("key-1") is key

    async def test_is_fetched_once_for_a_hundred_that_want_a_new_key(self, server: Server) -> None:
        await server.set.get("key-1")
        server.keys["key-2"] = "other"
        server.now += AGAIN_AFTER
        found = await asyncio.gather(*(server.set.get("key-2") for _ in range(100)))
        assert (len({id(one) for one in found}), server.asked) == (1, 2)

    @pytest.mark.parametrize("name", BAD)
    async def test_is_kept_when_its_server_misbehaves_later(self, server: Server, name: str) -> None:
        """Nothing that is no key set takes the place of one, and no redirect is followed."""
        key = await server.set.get("key-1")
        server.answer = BAD[name]
        server.now += AGAIN_AFTER
        with pytest.raises(KeysUnavailable):
            await server.set.get("key-2")
        assert await server.set.get("key-1") is key
        assert set(server.hosts) == {KEYS.removeprefix("https://")}

    async def test_does_not_know_whether_there_is_a_key_while_its_server_is_down(self, server: Server) -> None:
        server.is_down = True
        for _ in range(3):
            with pytest.raises(KeysUnavailable):
                await server.set.get("key-1")
        assert server.asked == 1
        server.is_down = False
        server.now += FAILED_FOR
        assert await server.set.get("key-1")

    async def test_goes_on_with_its_keys_while_its_server_is_down(self, server: Server) -> None:
        key = await server.set.get("key-1")
        server.is_down = True
        server.now += OLD_AFTER + 1
        assert await server.set.get("key-1") is key
        with pytest.raises(KeysUnavailable):
            await server.set.get("key-2")
        assert await server.set.get("key-1") is key

    async def test_forgets_a_key_that_was_withdrawn(self, server: Server) -> None:
        await server.set.get("key-1")
        server.keys = {"key-2": "other"}
        server.now += OLD_AFTER + 1
        await server.set.get("key-1")

        async def is_gone() -> bool:
            try:
                await server.set.get("key-1")
            except TokenRefused:
                return True
            return False

        await until(is_gone)
        assert await server.set.get("key-2")

    async def test_is_given_to_others_when_one_gives_up(self, server: Server) -> None:
        server.go.clear()
        first, second = (asyncio.create_task(server.set.get("key-1")) for _ in range(2))

        async def is_asked() -> bool:
            return server.asked == 1

        await until(is_asked)
        first.cancel()
        server.go.set()
        assert await second
        assert server.asked == 1

    async def test_of_a_server_that_drips_is_given_up(self) -> None:
        async def drip(_: Request) -> Response:
            async def pieces() -> AsyncIterator[bytes]:
                yield b'{"keys": ['
                await asyncio.Event().wait()

            return StreamingResponse(pieces(), media_type="application/json")

        network = Routes()
        network.add(KEYS, Starlette(routes=[Route("/.well-known/jwks.json", drip)]))
        client = Outbound(production=True, transport=network, timeout=0.1)
        with pytest.raises(KeysUnavailable):
            await asyncio.wait_for(KeySet(client, JWKS).get("key-1"), 10)
        await client.aclose()


class TestIsolatedClouds:
    TEMPLATE = "https://forge.cdn.{icLabel}.example/.well-known/jwks.json"

    def sets(self, server: Server, template: str = TEMPLATE) -> KeySets:
        return KeySets(server.client, JWKS, template, clock=lambda: server.now)

    async def test_are_served_where_a_template_says_so(self, server: Server) -> None:
        assert await self.sets(server).get("key-1", "one")
        assert server.hosts == ["forge.cdn.one.example"]

    async def test_are_refused_without_one(self, server: Server) -> None:
        with pytest.raises(TokenRefused, match="FORGE_ISOLATED_JWKS_URL"):
            await self.sets(server, "").get("key-1", "one")
        assert server.asked == 0

    async def test_that_are_made_up_do_not_push_out_one_that_is_served(self, server: Server) -> None:
        sets = self.sets(server)
        await sets.get("key-1", "one")
        for number in range(50):
            server.now += 1
            with pytest.raises(KeysUnavailable):
                await sets.get("key-1", f"made-up-{number}")
        asked = server.asked
        assert await sets.get("key-1", "one")
        assert server.asked == asked

    async def test_that_are_made_up_are_asked_for_once_a_second(self, server: Server) -> None:
        sets = self.sets(server)
        for name in ("one", "two", "three"):
            try:
                await sets.get("key-1", name)
            except KeysUnavailable:
                continue
        assert server.hosts == ["forge.cdn.one.example"]
