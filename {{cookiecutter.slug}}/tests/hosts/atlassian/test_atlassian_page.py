"""docs/atlassian.md: its sections and handlers, put together as they stand, are an add-on that both hosts take."""

import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from app.connect.application import ROOT
from app.connect.declare.addon import Addon, join
from app.connect.declare.manifest import read_manifest
from app.connect.declare.router import Router
from app.connect.hosts.atlassian.descriptor import describe
from app.connect.hosts.atlassian.dialect import AtlassianDialect
from tests.connect.projects import copy_project, run_in
from tests.hosts.atlassian.sections import ABOUT, BASE_URL, SECTIONS

PAGE = (ROOT / "docs" / "atlassian.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the blocks of the page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def write(root: Path) -> None:
    """Put every block of the page into the file that it names, in place of the example."""
    for path in [*(root / "app/addon").glob("*.py"), *(root / "tests/addon").glob("test_*.py")]:
        path.unlink()
    routers = []
    for source in blocks("python"):
        name = source.splitlines()[0].removeprefix("# ")
        (root / name).write_text(source, encoding="utf-8")
        named = re.findall(r"^(\w[\w, ]*) = .*Router\(", source, re.MULTILINE)
        routers += [f"{Path(name).stem}.{router}" for names in named for router in names.split(", ")]
    imports = ", ".join(sorted({router.partition(".")[0] for router in routers}))
    listed = f"from app.addon import {imports}\n\nrouters = ({', '.join(routers)},)\n"
    (root / "app/addon/__init__.py").write_text(listed, encoding="utf-8")
    (root / "addon.toml").write_text(ABOUT + "\n".join(blocks("toml")), encoding="utf-8")


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


class TestTests:
    def test_of_the_page_pass_with_its_code(self, tmp_path: Path) -> None:
        root = copy_project(tmp_path / "project")
        write(root)
        said = run_in(root, "-m", "pytest", "-q", "--no-postgres", "-p", "no:cacheprovider", "tests/addon")
        assert re.search(r"^3 passed", said, re.MULTILINE)
