"""docs/atlassian.md: its sections and handlers, put together as they stand, are an add-on that both hosts take."""

import re
import tomllib
from types import ModuleType
from typing import Any

import pytest

from app.connect.application import ROOT
from app.connect.declare.addon import Addon, join
from app.connect.declare.manifest import read_manifest
from app.connect.declare.router import Router
from app.connect.hosts.atlassian.descriptor import describe
from app.connect.hosts.atlassian.dialect import AtlassianDialect
from tests.hosts.atlassian.sections import ABOUT, BASE_URL, SECTIONS

PAGE = (ROOT / "docs" / "atlassian.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the blocks of the page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def addon() -> Addon:
    """Join every block of the page."""
    routers: list[Router[Any]] = []
    for source in blocks("python"):
        module = ModuleType("app.addon.page")
        exec(compile(source, "docs/atlassian.md", "exec"), module.__dict__)  # noqa: S102 - the page is ours
        routers += [value for value in vars(module).values() if isinstance(value, Router)]
    document = tomllib.loads(ABOUT + "\n".join(blocks("toml")))
    return join(read_manifest(document, SECTIONS), routers, base_url=BASE_URL)


class TestPage:
    @pytest.mark.parametrize("host", SECTIONS)
    def test_is_an_add_on_that_the_host_takes(self, addon: Addon, host: str) -> None:
        assert AtlassianDialect(host).problems(addon) == []

    def test_says_which_addresses_are_made(self, addon: Addon) -> None:
        said = {path.replace("TP-7", "{issue.key}") for path in re.findall(r"# .*?GET (\S+)", PAGE)}
        made = {
            place.split("&of=")[0]
            for host in SECTIONS
            for place in re.findall(r'"(/(?:jira|confluence)/[^"]*)"', str(describe(addon, host)).replace("'", '"'))
        }
        assert said
        assert said - made == set()

    def test_counts_two_lines_for_a_page_in_the_top_navigation(self, addon: Addon) -> None:
        assert blocks("toml")[0].splitlines()[1:] == [
            "[jira.generalPages.hello]",
            'name = "Hello"',
            'location = "system.top.navigation.bar"',
        ]
        assert describe(addon, "jira")["modules"]["generalPages"][0]["url"] == "/jira/page/hello"
