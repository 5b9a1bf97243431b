"""Installs that anybody posts: a host that never answers holds up nobody but itself."""

import asyncio

import httpx
from starlette.types import Receive, Scope, Send

from app.connect.network.arrivals import WAITING
from tests.connect.probe import ProbedAddon
from tests.connect.waiting import until
from tests.hosts.hipchat.installs import OTHER, body_of_other_host


class SilentHost:
    """Takes requests and answers none until it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.speak = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        await self.speak.wait()
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


class TestInstalls:
    MANY = WAITING + 20

    async def test_from_a_silent_host_leave_an_honest_one_alone(self, probed: ProbedAddon) -> None:
        silent = SilentHost()
        probed.devhost.transport.add(OTHER, silent)
        answers: list[httpx.Response] = []

        async def post(number: int) -> None:
            body = body_of_other_host(oauthId=f"client-{number}")
            answers.append(await probed.http.post("/hipchat/installed", json=body))

        posted = [asyncio.create_task(post(number)) for number in range(self.MANY)]

        async def are_put_off() -> bool:
            return len(answers) == self.MANY - WAITING - 1

        await until(are_put_off)
        assert {answer.status_code for answer in answers} == {503}
        assert {answer.headers["Retry-After"] for answer in answers} == {"2"}
        assert {answer.json()["error"]["code"] for answer in answers} == {"busy"}
        assert silent.asked == 1
        installation = await asyncio.wait_for(probed.install(), 4)
        assert (await probed.tenant(installation)).is_installed
        silent.speak.set()
        await asyncio.gather(*posted)
        assert {answer.status_code for answer in answers} == {400, 503}

    async def test_of_more_than_an_install_needs_are_not_read(self, probed: ProbedAddon) -> None:
        body = body_of_other_host(extra="x" * 65_536)
        answer = await probed.http.post("/hipchat/installed", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
