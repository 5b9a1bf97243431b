"""A manifest is read from anywhere, and refused with what is wrong with it."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from devhost.dialects.forge.host import ForgeHost
from devhost.errors import InstallRefused
from devhost.testing import Devhost
from tests.devhost.forge.remote import ORIGIN, Remote, document, manifest


def endpoint(**changes: Any) -> dict[str, Any]:
    found = {"key": "events", "remote": "backend", "route": {"path": "/forge/events"}} | changes
    return {name: one for name, one in found.items() if one is not None}


WRONG: dict[str, tuple[Any, str]] = {
    "nothing": ("[]\n", "the document"),
    "member": (document(more=1), "more: no member of a manifest"),
    "id": (document(app={"id": "x"}), "app.id"),
    "runtime": (document(app={"runtime": 1}), "app.runtime"),
    "key": (document(modules={"jira:issueContext": [{"title": "x"}]}), "jira:issueContext: each module needs a key"),
    "twice": (document(connectModules={"jira:webPanels": [{"key": "panel"}]}), "'panel' is there 2 times"),
    "list": (document(modules={"jira:globalPage": {"key": "a"}}), "jira:globalPage: a list is needed"),
    "remote": (document(modules={"endpoint": [endpoint(remote="another")]}), "there is no remote 'another'"),
    "address": (document(remotes=[{"key": "backend", "baseUrl": "app.example"}]), "an absolute address"),
    "long": (document(remotes=[{"key": "b" * 24, "baseUrl": ORIGIN}]), "remotes[0].key"),
    "endpoint": (
        document(modules={"preUninstall": [{"key": "bye2", "endpoint": "nowhere"}]}),
        "there is no endpoint 'nowhere'",
    ),
    "route": (document(modules={"endpoint": [endpoint(route=None)]}), "needs route.path"),
    "user": (
        document(modules={"endpoint": [endpoint(auth={"appUserToken": {"enabled": True}})]}),
        "enables appUserToken, which no trigger has",
    ),
    "scope": (document(permissions={"scopes": ["read:app-system-token"]}), "a token needs one scope besides"),
    "interval": (
        document(modules={"scheduledTrigger": [{"key": "s", "endpoint": "hourly", "interval": "minute"}]}),
        "interval",
    ),
    "schedules": (
        document(
            modules={"scheduledTrigger": [{"key": f"s{n}", "endpoint": "hourly", "interval": "day"} for n in range(6)]}
        ),
        "scheduledTrigger: 5 at most",
    ),
    "connect": (document(connectModules={"jira:webPanels": [{"key": "p"}]}), "app.connect: key and remote"),
    "variable": (
        document(remotes=[{"key": "backend", "baseUrl": "${NOT_THERE}"}], environment={"variables": ["NOT_THERE"]}),
        "give NOT_THERE=..., or start the devhost with them",
    ),
}


class TestManifest:
    @pytest.mark.parametrize("name", WRONG)
    async def test_that_is_wrong_is_refused_and_says_where(self, forge: ForgeHost, remote: Remote, name: str) -> None:
        given, reason = WRONG[name]
        with pytest.raises(InstallRefused) as refused:
            await forge.install(given)
        assert reason in refused.value.reason
        assert forge.state.installations == []

    async def test_is_read_from_an_address(self, devhost: Devhost, forge: ForgeHost, remote: Remote) -> None:
        async def serving(scope: Any, receive: Any, send: Any) -> None:
            await PlainTextResponse(manifest())(scope, receive, send)

        devhost.serve("http://127.0.0.1:8001", serving)
        installed = await forge.install("http://127.0.0.1:8001/manifest.yml")
        assert remote.told("/forge/events") == ["ok"]
        assert (await forge.upgrade(installed)).app.version == "3.0.0"
        with pytest.raises(InstallRefused, match="cannot be fetched"):
            await forge.install("http://127.0.0.1:8002/manifest.yml", site="wiki")

    async def test_is_read_from_a_file(self, forge: ForgeHost, remote: Remote, tmp_path: Path) -> None:
        (tmp_path / "manifest.yml").write_text(manifest(), encoding="utf-8")
        installed = await forge.install(tmp_path / "manifest.yml")
        assert installed.app.folder == tmp_path
        with pytest.raises(InstallRefused, match="cannot be read"):
            await forge.install(tmp_path / "another.yml")

    async def test_may_be_json(self, forge: ForgeHost, remote: Remote) -> None:
        assert (await forge.install(json.dumps(document()))).works

    @pytest.mark.parametrize(
        ("text", "reason"),
        [("app: [", "not YAML"), ("# " + "x" * 210_000 + "\n", "larger than"), ("manifest", "its text, or an address")],
        ids=["yaml", "large", "word"],
    )
    async def test_that_cannot_be_read_is_refused(self, forge: ForgeHost, text: str, reason: str) -> None:
        with pytest.raises(InstallRefused, match=reason):
            await forge.install(text)

    async def test_gets_the_variables_of_its_environment(self, forge: ForgeHost, remote: Remote) -> None:
        given = document(
            environment={"variables": [{"key": "ADDRESS", "default": "http://127.0.0.1:1"}]},
            remotes=[{"key": "backend", "baseUrl": "${ADDRESS}"}],
        )
        installed = await forge.install(given, variables={"ADDRESS": ORIGIN})
        assert remote.told("/forge/events") == ["ok"]
        # They are the environment's, so a newer manifest gets them, too.
        await forge.upgrade(installed, given)
        assert remote.told("/forge/events") == ["ok", "ok"]

    async def test_gets_them_from_where_the_devhost_was_started(
        self, forge: ForgeHost, remote: Remote, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ADDRESS", ORIGIN)
        monkeypatch.setenv("HOME_OF_SECRETS", "x")
        given = document(environment={"variables": ["ADDRESS"]}, remotes=[{"key": "backend", "baseUrl": "${ADDRESS}"}])
        await forge.install(given)
        assert remote.told("/forge/events") == ["ok"]
        with pytest.raises(InstallRefused, match="HOME_OF_SECRETS"):
            await forge.install(document(translations="${HOME_OF_SECRETS}"), site="wiki")

    async def test_region_map_is_read_by_its_default(self, forge: ForgeHost, remote: Remote) -> None:
        await forge.install(
            document(remotes=[{"key": "backend", "baseUrl": {"default": ORIGIN, "EU": "http://127.0.0.1:1"}}])
        )
        assert remote.told("/forge/events") == ["ok"]
