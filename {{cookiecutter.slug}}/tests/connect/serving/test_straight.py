"""What the front door answers itself is answered as by routing: methods, errors, middlewares, handlers of errors."""

import sys
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any

import httpx
import pytest
from fastapi import Request
from fastapi.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.connect.application import Application
from app.connect.errors import NotAuthenticated
from app.connect.http.front_door import MAX_BODY
from app.connect.settings import Settings
from tests.connect.asking import GLANCE, host_token
from tests.connect.showcase import DOCUMENT, make_routers
from tests.support.running import ADDON, RunningAddon

WITHOUT_ID = {"x-request-id", "date", "content-length"}


def said(answer: httpx.Response) -> tuple[int, dict[str, str]]:
    return answer.status_code, {name: value for name, value in answer.headers.items() if name not in WITHOUT_ID}


class TestMethods:
    async def test_head_says_what_get_says(self, showcase: RunningAddon) -> None:
        """GET is answered by the door, HEAD by routing."""
        installation = await showcase.install()
        for token in (host_token(showcase, installation), "none"):
            asked = {"signed_request": token}
            shown, headed = (
                await showcase.http.get(GLANCE, params=asked),
                await showcase.http.head(GLANCE, params=asked),
            )
            assert said(shown) == said(headed)

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "TRACE"])
    async def test_others_are_not_for_it(self, showcase: RunningAddon, method: str) -> None:
        assert (await showcase.http.request(method, GLANCE)).status_code == 405


class TestApplication:
    """An author changes the application after it was made, as in `app/main.py`."""

    @pytest.fixture
    def application(self, settings: Settings) -> Application:
        return Application(settings, make_routers(), document=DOCUMENT)

    async def ask(self, application: Application) -> httpx.Response:
        transport = httpx.ASGITransport(application.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ADDON) as http:
            # The first request has the stack of middlewares made; whoever comes later may pass it by.
            await http.get(GLANCE)
            answer = await http.get(GLANCE)
        await application.close()
        return answer

    async def test_middlewares_of_an_author_see_these_requests(self, application: Application) -> None:
        seen: list[str] = []

        class Probe:
            def __init__(self, app: ASGIApp) -> None:
                self.app = app

            async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
                seen.append(scope["path"])
                await self.app(scope, receive, send)

        application.app.add_middleware(Probe)
        assert (await self.ask(application)).status_code == 401
        assert seen == [GLANCE, GLANCE]

    async def test_what_traces_requests_sees_them(
        self, application: Application, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The stack is where frameworks hang their tracing; without an SDK nobody listens there."""
        entered: list[str] = []
        stack = application.app.router.__call__

        async def enter(scope: Scope, receive: Receive, send: Send) -> None:
            entered.append(scope["path"])
            await stack(scope, receive, send)

        monkeypatch.setattr(application.app, "router", enter)
        monkeypatch.setitem(sys.modules, "opentelemetry.sdk", ModuleType("opentelemetry.sdk"))
        assert (await self.ask(application)).status_code == 401
        assert entered == [GLANCE, GLANCE]

    async def test_otherwise_nothing_stands_in_between(
        self, application: Application, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delitem(sys.modules, "opentelemetry.sdk", raising=False)
        stacks: list[ASGIApp] = []
        build = application.app.build_middleware_stack

        def built() -> ASGIApp:
            stacks.append(stack := build())
            return stack

        monkeypatch.setattr(application.app, "build_middleware_stack", built)
        assert (await self.ask(application)).status_code == 401
        application.app.middleware_stack = None
        assert (await self.ask(application)).status_code == 401
        assert len(stacks) == 1

    async def test_handlers_of_errors_answer_here_too(self, application: Application) -> None:
        async def answer(_: Request, __: Exception) -> PlainTextResponse:
            return PlainTextResponse("Who are you?", status_code=418)

        application.app.add_exception_handler(NotAuthenticated, answer)
        assert (await self.ask(application)).text == "Who are you?"


class Between:
    """A middleware that does nothing: with it every request goes the long way."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


ODD: dict[str, dict[str, Any]] = {
    "no token": {"json": {}},
    "a token of nobody": {"json": {}, "headers": {"authorization": "JWT a.b.c"}},
    "no JSON": {"content": b"{", "headers": {"content-type": "application/json"}},
    "no body": {},
    "another type": {"content": b"a=b", "headers": {"content-type": "application/x-www-form-urlencoded"}},
    "a body too large": {"content": b" " * (MAX_BODY + 1), "headers": {"content-type": "application/json"}},
    "another site's page": {"json": {}, "headers": {"origin": "https://elsewhere.example"}},
    "another name": {"json": {}, "headers": {"host": "elsewhere.example"}},
    "a parameter": {"json": {}, "params": {"jwt": "a.b.c"}},
}
"""What may be posted to whatever takes events and installations."""


class TestPosts:
    """What a host posts to addresses that do not change."""

    @pytest.fixture
    async def applications(self, settings: Settings) -> AsyncIterator[tuple[Application, Application]]:
        """One that answers straight, and one where something stands in between."""
        made = [Application(settings, make_routers(), document=DOCUMENT) for _ in range(2)]
        made[1].app.add_middleware(Between)
        yield made[0], made[1]
        for one in made:
            await one.close()

    @staticmethod
    async def ask(application: Application, method: str, path: str, **request: Any) -> httpx.Response:
        transport = httpx.ASGITransport(application.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ADDON) as http:
            await http.get("/health/live")
            return await http.request(method, path, **request)

    @pytest.mark.parametrize("kind", sorted(ODD))
    async def test_are_answered_as_by_routing(
        self, applications: tuple[Application, Application], monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        direct, routed = applications
        posted = [
            path for path in direct.app.openapi()["paths"] if "/webhook/" in path or path.endswith("/installable")
        ]
        assert len(posted) > 2
        entered: list[str] = []
        stack = direct.app.router.__call__

        async def enter(scope: Scope, receive: Receive, send: Send) -> None:
            entered.append(scope["path"])
            await stack(scope, receive, send)

        monkeypatch.setattr(direct.app, "router", enter)
        posted = [
            path for path in direct.app.openapi()["paths"] if "/webhook/" in path or path.endswith("/installable")
        ]
        assert len(posted) > 2
        for path in posted:
            answers = [await self.ask(one, "POST", path, **ODD[kind]) for one in (direct, routed)]
            assert said(answers[0]) == said(answers[1])
            assert 400 <= answers[0].status_code < 500
        assert set(entered) == {"/health/live"}

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    async def test_take_no_other_method(self, applications: tuple[Application, Application], method: str) -> None:
        path = next(path for path in applications[0].app.openapi()["paths"] if "/webhook/" in path)
        answers = [await self.ask(one, method, path) for one in applications]
        assert [said(answer) for answer in answers] == [said(answers[0])] * 2
        assert answers[0].status_code == 405
