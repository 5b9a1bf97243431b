"""docs/forge.md: its sections and handlers, put together as they stand, are an app; its manifest is written down."""

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
from app.connect.hosts.forge.dialect import ForgeDialect
from app.connect.hosts.forge.section import ForgeSection
from tests.hosts.forge.apps import ABOUT, SECTIONS

PAGE = (ROOT / "docs" / "forge.md").read_text(encoding="utf-8")
GOLDEN = Path(__file__).with_name("manifest.yml")
JIRA = '[jira]\nscopes = ["READ"]\n'
"""What the page's add-on had before."""


def blocks(language: str) -> list[str]:
    """Return the blocks of the page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def addon() -> Addon:
    """Join every block of the page."""
    routers: list[Router[Any]] = []
    for source in blocks("python"):
        module = ModuleType("app.addon.page")
        exec(compile(source, "docs/forge.md", "exec"), module.__dict__)  # noqa: S102 - the page is ours
        routers += [value for value in vars(module).values() if isinstance(value, Router)]
    document = tomllib.loads(ABOUT + JIRA + "\n".join(blocks("toml")))
    sections = {name: SECTIONS[name] for name in ("jira", "forge")}
    return join(read_manifest(document, sections), routers, base_url="http://127.0.0.1:8000")


class TestPage:
    def test_is_an_app_that_forge_takes(self, addon: Addon) -> None:
        assert ForgeDialect().problems(addon) == []

    def test_makes_the_manifest_that_is_written_down(self, addon: Addon) -> None:
        """After a wanted change: write the new one over tests/hosts/forge/manifest.yml, and read the difference."""
        assert ForgeDialect().describe(addon).body.decode() == GOLDEN.read_text(encoding="utf-8")

    def test_counts_three_lines(self) -> None:
        first = [line.partition("   ")[0] for line in blocks("toml")[0].splitlines()[1:]]
        assert [line.partition(" =")[0] for line in first] == ["[forge]", "app", "scopes"]

    def test_names_only_what_the_section_has(self) -> None:
        table = PAGE[PAGE.index("| in `[forge]`") :].partition("\n\n")[0]
        named = {name.split(".")[0].split(" ")[0] for name in re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)}
        known = {info.alias for info in ForgeSection.model_fields.values()}
        assert named
        assert named - known == set()
