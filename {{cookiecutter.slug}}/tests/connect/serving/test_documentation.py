"""The API's documentation: from this origin alone, and in production only when somebody asked for it."""

import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from app.connect.application import Application
from app.connect.errors import ConfigurationError
from app.connect.serving import documentation
from app.connect.settings import Settings, load_settings
from tests.connect.showcase import DOCUMENT, make_routers
from tests.support.running import KEY

Open = Callable[..., httpx.AsyncClient]
SERVED = ("/docs", "/openapi.json", "/static/swagger/swagger-ui-bundle.js")


@pytest.fixture
async def production(settings: Settings) -> AsyncIterator[Open]:
    """Start the add-on in production, with more settings."""
    async with AsyncExitStack() as stack:

        def start(**given: str) -> httpx.AsyncClient:
            own = load_settings(
                Settings,
                _env_file=None,
                secret_keys=KEY,
                database_url=settings.database_url,
                environment="production",
                base_url="https://builds.example.com",
                **given,
            )
            application = Application(own, make_routers(), document=DOCUMENT)
            stack.push_async_callback(application.close)
            transport = httpx.ASGITransport(application.app, raise_app_exceptions=False)
            http = httpx.AsyncClient(transport=transport, base_url=own.base_url)
            stack.push_async_callback(http.aclose)
            return http

        yield start


class TestInProduction:
    async def test_is_off(self, production: Open) -> None:
        http = production()
        for path in (*SERVED, "/redoc", "/docs/oauth2-redirect"):
            assert (await http.get(path)).status_code == 404, path
        home = (await http.get("/")).text
        assert "/docs" not in home
        assert "openapi" not in home

    async def test_is_on_when_asked_for(self, production: Open) -> None:
        http = production(docs="on")
        for path in SERVED:
            assert (await http.get(path)).status_code == 200, path
        assert 'href="/docs"' in (await http.get("/")).text

    async def test_that_is_asked_for_and_not_installed_stops_the_start(
        self, production: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, documentation.PACKAGE, None)
        with pytest.raises(ConfigurationError, match="Add fastapi-swagger to the list `addon`"):
            production(docs="on")
        assert (await production().get("/health/live")).status_code == 200


class TestPage:
    async def test_loads_from_this_origin_alone(self, production: Open) -> None:
        http = production(docs="on")
        page = await http.get("/docs")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self';" in policy
        assert "https:" not in policy
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert len(loaded) == 4
        assert all(address.startswith("/static/") or address == "data:," for address in loaded)
        assert "<script>" not in page.text
        for address in loaded[1:]:
            assert (await http.get(address)).status_code == 200, address
