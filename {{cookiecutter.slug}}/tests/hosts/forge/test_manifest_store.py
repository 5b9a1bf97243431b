"""`store = "forge"` in `[forge]`: what it needs, and with what it does not go."""

import tomllib
from typing import Any

from pydantic import create_model

from app.connect import AddonRouter, ConfigForm
from app.connect.declare.addon import join
from app.connect.declare.manifest import read_manifest
from app.connect.hosts.forge.dialect import ForgeDialect
from tests.hosts.forge.apps import ABOUT, SECTIONS, complaints

SCOPES = '[forge]\nstore = "forge"\nscopes = ["read:jira-work", "storage:app"]\n'


def with_settings(fields: int) -> list[str]:
    """Return the complaints about settings of so many fields."""
    router = AddonRouter()
    names: dict[str, Any] = {f"field_{number}": (str, "") for number in range(fields)}
    router.settings(require_admin=False)(create_model("Choices", __base__=ConfigForm, **names))
    read = read_manifest(tomllib.loads(f"{ABOUT}\n{SCOPES}"), {"forge": SECTIONS["forge"]})
    return list(ForgeDialect().problems(join(read, [router], base_url="http://127.0.0.1:8000")))


class TestStore:
    def test_inside_forge_needs_its_scope_and_its_token(self) -> None:
        assert complaints(SCOPES) == []
        [said] = complaints('[forge]\nstore = "forge"\nscopes = ["read:jira-work"]')
        assert said == 'addon.toml: forge.store: needs a scope; add "storage:app" to forge.scopes'
        [said] = complaints(f"{SCOPES}systemToken = false")
        assert said.startswith("addon.toml: forge.store: Forge's storage is read with the app's token; remove")

    def test_inside_forge_is_out_of_reach_for_connect(self) -> None:
        jira = '[jira]\nscopes = ["READ"]\n'
        [said] = complaints(f"{jira}{SCOPES}")
        assert said.startswith("addon.toml: forge.store: what comes by Connect cannot reach Forge's storage")
        assert complaints(f"{jira}{SCOPES}connect = {{ modules = false }}") == []

    def test_inside_forge_keeps_25_settings(self) -> None:
        assert with_settings(25) == []
        [said] = with_settings(26)
        assert said.startswith("addon.toml: forge.store: Choices has over 25 fields")
