"""The page of Forge, and the frames of apps beside issues and pages."""

import html
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.attacks import ATTACKS
from devhost.dialects.forge.host import ForgeHost
from devhost.testing import Devhost
from tests.devhost.atlassian import foreign as connect
from tests.devhost.forge.remote import APP, ORIGIN, Remote, manifest
from tests.devhost.forge.test_lifecycle import Both, moving


async def read(devhost: Devhost, path: str, **query: str) -> str:
    answer = await devhost.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.text


async def press(devhost: Devhost, path: str, **form: str) -> str:
    """Send a form as a browser does, and return the page that follows."""
    answer = await devhost.client.post(path, data={"user": "1", **form}, follow_redirects=True)
    return html.unescape(answer.text)


class TestOverview:
    async def test_installs_from_text_with_the_line_ends_of_forms(self, devhost: Devhost, remote: Remote) -> None:
        given = manifest().replace("\n", "\r\n")
        page = await press(devhost, "/page/forge/install", site="jira", manifest=given, act="install")
        assert "Version 2.0.0 at Jira" in page
        assert "avi:forge:installed:app" in page
        assert "Call refresh (hour)" in page

    async def test_says_why_nothing_was_installed_and_keeps_the_text(self, devhost: Devhost) -> None:
        given = "app:\n  id: x\n"
        page = await press(devhost, "/page/forge/install", site="jira", manifest=given, act="install")
        assert "It was not installed." in page
        assert "app.id" in page
        assert "app:\n  id: x" in page

    async def test_gives_variables_to_a_manifest(self, devhost: Devhost, remote: Remote) -> None:
        given = manifest(environment={"variables": ["ADDRESS"]}, remotes=[{"key": "backend", "baseUrl": "${ADDRESS}"}])
        form = {"site": "jira", "manifest": given, "act": "install"}
        assert "give ADDRESS=..." in await press(devhost, "/page/forge/install", **form)
        assert "'x' is not NAME=value" in await press(devhost, "/page/forge/install", **form, variables="x")
        page = await press(devhost, "/page/forge/install", **form, variables=f"ADDRESS={ORIGIN} A=1")
        assert "Version 2.0.0 at Jira" in page
        assert remote.told("/forge/events") == ["ok"]

    async def test_moves_a_site_from_connect(self, devhost: Devhost, forge: ForgeHost, remote: Remote) -> None:
        addon = connect.ForeignAddon(devhost.transport)
        devhost.serve(connect.ORIGIN, Both(addon, remote))
        form = {"site": "jira", "manifest": json.dumps(moving()), "act": "move"}
        assert "install its descriptor there first" in await press(devhost, "/page/forge/install", **form)
        await devhost.sites.install(connect.DESCRIPTOR_URL)
        key = addon.tenant["clientKey"]
        await press(devhost, "/page/forge/install", **form)
        assert (addon.tenant["clientKey"], addon.tenant["installationId"]) == (key, forge.installation(APP).id)

    @pytest.mark.parametrize(
        ("form", "path", "seen"),
        [
            ({"schedule": "refresh"}, "/forge/hourly", "The remote answered 200."),
            ({"act": "upgrade"}, "/forge/events", "Version 3.0.0"),
            ({"act": "uninstall"}, "/forge/uninstall", "No app is installed."),
        ],
        ids=["schedule", "upgrade", "uninstall"],
    )
    async def test_has_a_button_for_every_act(
        self, devhost: Devhost, forge: ForgeHost, remote: Remote, form: dict[str, str], path: str, seen: str
    ) -> None:
        await press(devhost, "/page/forge/install", site="jira", manifest=manifest(), act="install")
        asked = len(remote.told(path))
        page = await press(devhost, "/page/forge/app", forge=forge.installation(APP).number, **form)
        assert len(remote.told(path)) == asked + 1
        assert seen in page

    async def test_installs_again_and_ends_tokens(
        self, devhost: Devhost, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        page = await press(devhost, "/page/forge/app", forge=installed.number, act="expire")
        assert "There were 1." in page
        await press(devhost, "/page/forge/app", forge=installed.number, act="reinstall")
        assert forge.installation(APP).id != installed.id

    async def test_has_every_attack_as_a_button_and_judges_the_answer(
        self, devhost: Devhost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        page = await read(devhost, "/forge")
        assert set(re.findall(r'name="attack" value="([^"]+)"', page)) == set(ATTACKS)
        page = await press(devhost, "/page/forge/attack", forge=installed.number, attack="hs256-modulus")
        assert "It was refused, as it should be." in page
        assert "The key server was asked 0 times meanwhile." in page

    async def test_breaks_the_key_server_and_moves_the_clock(
        self, devhost: Devhost, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        assert "broken: empty" in await press(devhost, "/page/forge/jwks", act="empty")
        assert "is well" in await press(devhost, "/page/forge/jwks", act="mend")
        await press(devhost, "/page/forge/clock", seconds="360")
        assert remote.told("/forge/hourly") == ["ok"]

    async def test_lets_no_time_pass_for_those_who_check_what_it_signs(
        self, devhost: Devhost, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        """An add-on in a process of its own has a clock of its own."""
        await press(devhost, "/page/forge/clock", seconds="7600")
        assert remote.told("/forge/hourly") == ["ok"] * 3
        assert remote.claims[-1]["iat"] <= forge.state.clock.now() <= time.time() + 1

    async def test_reads_a_manifest_by_the_name_of_its_file(
        self, devhost: Devhost, forge: ForgeHost, remote: Remote, tmp_path: Path
    ) -> None:
        (tmp_path / "manifest.yml").write_text(manifest(), encoding="utf-8")
        page = await press(devhost, "/page/forge/install", site="jira", manifest="manifest.yml", act="install")
        assert "Version 2.0.0 at Jira" in page
        assert forge.installation(APP).app.folder == tmp_path
        page = await press(devhost, "/page/forge/install", site="jira", manifest="other.yml", act="install")
        assert "The manifest other.yml cannot be read: No such file" in page

    async def test_releases_what_was_held_back(
        self, devhost: Devhost, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        forge.faults.hold_deliveries()
        await forge.sites.update_issue("TP-1", status="Done")
        assert "Release 1 held back" in await read(devhost, "/forge")
        await press(devhost, "/page/forge/release")
        assert len(remote.told("/forge/events")) == 2


class TestFrame:
    async def test_stands_beside_an_issue_in_a_sandbox(self, devhost: Devhost, installed: ForgeInstallation) -> None:
        page = await read(devhost, "/jira/browse/TP-1")
        [frame] = re.findall(r"<iframe[^>]*data-forge[^>]*>", page)
        assert f'data-forge="{installed.number}"' in frame
        assert 'sandbox="allow-scripts allow-forms allow-popups"' in frame
        assert "/page/forge/static/frames.js" in page
        [source] = re.findall(r'data-src="(/forge-ui/[^"]+)"', frame)
        answer = await devhost.client.get(html.unescape(source))
        assert "invokeRemote" in answer.text
        assert answer.headers["content-security-policy"].startswith("sandbox allow-scripts ")

    @pytest.mark.parametrize(
        ("content", "styles", "scripts"),
        [
            ({}, "'self'", "'self'"),
            ({"styles": ["unsafe-inline"]}, "'self' 'unsafe-inline'", "'self'"),
            (
                {"scripts": ["unsafe-eval", "sha256-4Su6mBWzEIFnH4pAGMOuaeBrstwJN4Z3pq/s1Kn4/KQ="]},
                "'self'",
                "unsafe-eval",
            ),
            ({"scripts": ["x'; script-src *"], "styles": ["*"]}, "'self'", "'self'"),
        ],
        ids=["nothing", "styles", "scripts", "no such source"],
    )
    async def test_runs_what_lies_in_files_and_what_the_manifest_allows_besides(
        self, devhost: Devhost, forge: ForgeHost, remote: Remote, content: dict[str, Any], styles: str, scripts: str
    ) -> None:
        permissions = {"scopes": ["read:jira-work"], "content": content}
        installed = await forge.install(manifest(permissions=permissions))
        answer = await devhost.client.get(f"/forge-ui/{installed.number}/panel/")
        policy = dict(one.strip().split(" ", 1) for one in answer.headers["content-security-policy"].split(";"))
        assert policy["style-src"] == styles
        assert scripts in policy["script-src"]
        assert "*" not in policy["script-src"]

    async def test_stands_on_no_page_of_another_site(self, devhost: Devhost, installed: ForgeInstallation) -> None:
        [page, *_] = devhost.sites.site("wiki").library
        assert "data-forge" not in await read(devhost, f"/wiki/spaces/DOC/pages/{page.id}")

    async def test_shows_what_was_built_beside_the_manifest(
        self, devhost: Devhost, forge: ForgeHost, remote: Remote, tmp_path: Path
    ) -> None:
        built = tmp_path / "static" / "main"
        built.mkdir(parents=True)
        (built / "index.html").write_text('<!doctype html><head><title>Mine</title></head><script src="main.js">')
        (built / "main.js").write_text("1")
        (tmp_path / "secret.txt").write_text("x")
        (tmp_path / "manifest.yml").write_text(manifest(), encoding="utf-8")
        installed = await forge.install(tmp_path / "manifest.yml")
        start = f"/forge-ui/{installed.number}/panel/"
        page = await read(devhost, start)
        assert page.index("/page/forge/static/bridge.js") < page.index("main.js")
        script = await devhost.client.get(f"{start}main.js")
        assert (script.text, script.headers["access-control-allow-origin"]) == ("1", "*")
        for path in ("..%2f..%2fsecret.txt", "another.js"):
            assert (await devhost.client.get(start + path)).status_code == 404


class TestBridge:
    async def ask(self, devhost: Devhost, installed: ForgeInstallation, command: str, data: Any = None) -> Any:
        body = {"forge": installed.number, "module": "panel", "site": "jira", "user": "2", "issue": "TP-2"}
        return await devhost.client.post("/page/forge/bridge", json={**body, "command": command, "data": data})

    async def test_invokes_the_remote_as_who_looks(
        self, devhost: Devhost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        data = {"path": "/forge/call/x", "method": "POST", "body": {"a": 1}, "invokeType": "ui-remote-fetch"}
        told = (await self.ask(devhost, installed, "invoke", data)).json()["value"]
        assert (told["success"], told["payload"]["body"]) == (True, {"path": "/forge/call/x"})
        assert (remote.bodies[-1], remote.claims[-1]["principal"]) == ({"a": 1}, "devhost:00000002")

    async def test_says_where_it_is(self, devhost: Devhost, installed: ForgeInstallation) -> None:
        found = (await self.ask(devhost, installed, "getContext")).json()["value"]
        assert (found["accountId"], found["extension"]["issue"]["key"]) == ("devhost:00000002", "TP-2")

    async def test_calls_directly_and_says_why_a_browser_would_not(
        self, devhost: Devhost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        data = {"remoteKey": "backend", "fetchRequestInit": {"path": "/forge/call/x", "method": "GET", "headers": []}}
        refused = await self.ask(devhost, installed, "fetchRemote", data)
        assert (refused.status_code, "Failed to fetch" in refused.text) == (400, True)

    @pytest.mark.parametrize("command", ["invoke", "showFlag"])
    async def test_refuses_what_it_does_not_play(
        self, devhost: Devhost, installed: ForgeInstallation, command: str
    ) -> None:
        assert (await self.ask(devhost, installed, command, {"functionKey": "x"})).status_code == 400

    async def test_answers_no_other_web_site(self, devhost: Devhost, installed: ForgeInstallation) -> None:
        answer = await devhost.client.post("/page/forge/bridge", json={}, headers={"origin": "null"})
        assert answer.status_code == 403
