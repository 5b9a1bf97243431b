"""The first section of docs/atlassian.md, as it is written: two blocks, and the add-on is on a Jira site."""

import re
import tomllib
from collections.abc import AsyncIterator
from types import ModuleType

import httpx
import pytest

from app.connect.application import ROOT, Application
from app.connect.hosts.atlassian import AtlassianDetails
from app.connect.hosts.atlassian.settings import AtlassianSettings
from app.connect.settings import Settings
from devhost.testing import Devhost
from tests.support.running import ADDON

PAGE = (ROOT / "docs" / "atlassian.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("\n## A page in the top navigation\n")[2].partition("\n## ")[0]
[TOML] = re.findall(r"^```toml\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
[PYTHON] = re.findall(r"^```python\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
KEY = "com.example.hello"
ABOUT = f'[addon]\nkey = "{KEY}"\nname = "Hello"\ndescription = "Says hello"\n'
DESCRIPTOR = "/jira/atlassian-connect.json"


@pytest.fixture
async def application(settings: Settings, devhost: Devhost) -> AsyncIterator[Application]:
    """Serve what the section says to the devhost's sites."""
    module = ModuleType("app.addon.hello")
    exec(compile(PYTHON, "docs/atlassian.md", "exec"), module.__dict__)  # noqa: S102 - the page is ours
    state = devhost.sites.state
    named = AtlassianSettings(_env_file=None, keys_url=(state.keys_url,), oauth_url=state.authorization_url)
    application = Application(
        settings,
        [vars(module)["router"]],
        transport=devhost.transport,
        document=tomllib.loads(ABOUT + TOML),
        host_settings={"jira": named},
    )
    devhost.serve(ADDON, application.app)
    # The first request makes the key, for which the add-on's patience is not meant.
    assert (await devhost.client.get(f"{state.keys_url}/{state.keys.current[0]}")).status_code == 200
    yield application
    await application.close()


class TestWalkThrough:
    async def test_puts_a_page_into_the_top_navigation(self, application: Application, devhost: Devhost) -> None:
        installation = await devhost.sites.install(f"{ADDON}{DESCRIPTOR}")
        [page] = installation.descriptor.of_type("generalPages")
        assert (page["location"], page["name"]) == ("system.top.navigation.bar", {"value": "Hello"})
        frame = await devhost.open_module(KEY, "hello", user="developer")
        assert (frame.status, frame.text) == (200, "Hello, devhost:00000002")

    async def test_stores_what_the_install_says(self, application: Application, devhost: Devhost) -> None:
        installation = await devhost.sites.install(f"{ADDON}{DESCRIPTOR}")
        known = await application.lifecycle.known("jira", devhost.sites.site().client_key)
        assert known is not None
        assert known.secret == installation.secret
        details = known.tenant.details(AtlassianDetails)
        assert (details.base_url, details.product) == ("http://127.0.0.1:9000/jira", "jira")

    async def test_verifies_who_asks(self, application: Application, devhost: Devhost) -> None:
        await devhost.sites.install(f"{ADDON}{DESCRIPTOR}")
        for attack in ("unsigned", "no-algorithm", "own-secret", "replay"):
            answer = await devhost.sites.attack(attack, KEY)
            assert answer.status in (400, 401), attack
        transport = httpx.ASGITransport(application.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ADDON) as stranger:
            assert (await stranger.get(DESCRIPTOR)).json()["key"] == KEY
            assert (await stranger.get("/jira/page/hello")).status_code == 401
