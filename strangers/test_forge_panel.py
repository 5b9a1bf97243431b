"""The example's panel for Forge: bundled with @forge/bridge as docs/forge.md says, and at work in a site that moved."""

import json
import re
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from strangers.browser import find_chromium
from strangers.environments import STRANGERS, built_panel, clean_settings, find_node, node_modules
from strangers.host import DEVELOPER, Host
from strangers.processes import Conversation, conversing, serving
from tools.paths import REPOSITORY, TEMPLATE
from tools.servers import free_port
from tools.walk import create_api_token, report_build, wait_for
from tools.walk_site import Site, settings_of
from tools.web import call

NAME = "forge-panel"
SIZES = {"320": (320, 640), "768": (768, 1024), "1280": (1280, 860)}
BUILDS: tuple[dict[str, Any], ...] = (
    {"name": "web", "number": 1, "status": "failed", "branch": "feature/TP-7-login", "url": "https://ci.example/1"},
    {"name": "integration_tests_of_the_whole_application_without_any_space", "number": 2, "status": "passed"},
    {"name": "<img src=x onerror=alert(1)>", "number": 3, "status": "passed", "branch": "TP-7 <b>bold</b>"},
)
LONG_BRANCH = f"feature/TP-7-{'x' * 80}"
NONE_YET = "No builds yet. They are shown here once your CI server reports one from a branch that names this issue"


class TestBundle:
    def test_is_made_by_the_documented_command(self) -> None:
        assert "\n    make panel " in (REPOSITORY / TEMPLATE / "docs" / "forge.md").read_text(encoding="utf-8")
        built = built_panel() / "forge" / "build"
        assert {path.name for path in built.iterdir()} == {"index.html", "panel.css", "panel.js"}
        assert (built / "panel.js").stat().st_size < 150_000

    def test_is_of_exact_versions_and_leaves_no_lock_file(self) -> None:
        folder = built_panel() / "forge"
        wanted = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        versions = [*wanted["dependencies"].values(), *wanted["devDependencies"].values()]
        assert [one for one in versions if not re.fullmatch(r"\d+\.\d+\.\d+", one)] == []
        assert [path.name for path in folder.iterdir() if "lock" in path.name] == []

    def test_has_no_script_and_no_style_that_is_in_no_file(self) -> None:
        """What Forge's policy refuses; addresses are seen from the folder, since Forge serves it below a path."""
        page = (built_panel() / "forge" / "build" / "index.html").read_text(encoding="utf-8")
        assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", page) == []
        assert re.findall(r"<script([^>]*)>([^<]*)</script>", page) == [(' src="panel.js" defer', "")]
        assert re.findall(r'href="(\w+\.\w+)"', page) == ["panel.css"]


@dataclass(frozen=True)
class Moved:
    """A site that went from Connect to the app, with builds of one of its issues."""

    host: Host
    addon: str
    number: str
    manifest: str


@dataclass(frozen=True)
class Panel:
    """The panel in Chromium."""

    driver: Conversation
    site: Moved

    def do(self, act: str, **arguments: object) -> Any:  # noqa: ANN401 - each act has its own answer
        answer = self.driver.do(act, **arguments)
        assert not (isinstance(answer, dict) and "error" in answer), answer
        return answer

    def open(self, issue: str, *, size: str = "1280", scheme: str = "light", holds: bool = False) -> None:
        """Look at an issue as Developer."""
        width, height = SIZES[size]
        url = f"{self.site.host.base_url}/jira/browse/{issue}?user={DEVELOPER}"
        options = {"width": width, "height": height, "scheme": scheme, "holds": holds}
        self.do("open", executable=find_chromium(), url=url, **options)

    def see(self, text: str, *, selector: str = "#said") -> str:
        """Wait until a part of the panel shows a text, and return all that it shows."""
        return str(self.do("see", selector=selector, text=text))

    def ask(self, script: str) -> Any:  # noqa: ANN401 - what it returns
        return self.do("ask", script=script)


@pytest.fixture(scope="module")
def moved(host: Host, project_python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    """Install the example by Connect, give a CI server a token, move the site, and let that server report."""
    folder = tmp_path_factory.mktemp("panel")
    settings = clean_settings(
        PYTHONPATH=str(REPOSITORY / TEMPLATE),
        SECRET_KEYS=uuid.uuid4().hex + uuid.uuid4().hex,
        DATABASE_URL=f"sqlite+aiosqlite:///{folder / 'addon.db'}",
        FORGE_JWKS_URL=f"{host.base_url}/.well-known/jwks.json",
        **settings_of(host.base_url),
    )
    addon = [project_python, str(STRANGERS / NAME / "addon.py")]

    def command(port: int) -> list[str]:
        settings["BASE_URL"] = f"http://127.0.0.1:{port}"
        return [*addon, str(port)]

    with serving("addon-of-the-panel", command, path="/health/ready", folder=folder, settings=settings) as port:
        address = f"http://127.0.0.1:{port}"
        site = Site(host.base_url, address)
        site.install()
        _, page = site.open_frame(f"/plugins/servlet/ac/{site.key}/settings", "settings")
        token = create_api_token(f"{address}/jira/api-token", page)
        done = subprocess.run(
            [*addon, "manifest"], env=settings, cwd=folder, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        manifest = done.stdout
        written = built_panel() / "manifest.yml"
        written.write_text(manifest, encoding="utf-8")
        body = {"manifest": str(written), "move": True, "variables": {"BASE_URL": address}}
        made = call("POST", f"{host.control}/_devhost/forge/install", body=body)
        assert made.status == 201, made.text
        for build in BUILDS:
            report_build(address, token, {"branch": LONG_BRANCH, **build})
        wait_for(site.properties, what="property of the issue")
        number = made.json()["id"].rpartition("/")[2]
        settled = {"state": "failed", "failing": 1}
        wait_for(lambda: [one for one in site.properties() if one == settled], what="property of all builds")
        yield Moved(host, address, number, manifest)


@pytest.fixture(scope="module")
def driver() -> Iterator[Conversation]:
    command = [find_node("node"), str(STRANGERS / NAME / "drive.js")]
    with conversing(NAME, command, {"NODE_PATH": str(node_modules(NAME))}) as running:
        yield running


@pytest.fixture
def panel(driver: Conversation, moved: Moved) -> Panel:
    return Panel(driver, moved)


class TestPanel:
    def test_shows_the_builds_that_were_reported(self, panel: Panel) -> None:
        panel.open("TP-7")
        shown = panel.see("3 builds, newest first.")
        assert shown.startswith("Builds of TP-7")
        titles = panel.ask("[...document.querySelectorAll('#builds li > :first-child')].map((one) => one.textContent)")
        assert [title.rpartition(" ")[2] for title in titles] == ["#3", "#2", "#1"]
        assert "feature/TP-7-login" in shown
        assert "<img src=x onerror=alert(1)> #3" in shown
        assert panel.ask("document.querySelectorAll('img, b').length") == 0
        assert panel.do("heard") == []

    def test_says_that_it_loads_and_that_there_are_none(self, panel: Panel) -> None:
        panel.open("TP-2", holds=True)
        panel.see("Loading builds ...")
        panel.do("release")
        assert "such as feature/TP-2-login." in panel.see(NONE_YET)
        assert panel.ask("document.getElementById('said').role ?? said.getAttribute('role')") == "status"
        assert panel.do("heard") == []

    def test_is_used_by_keys_alone(self, panel: Panel) -> None:
        panel.open("TP-7")
        panel.see("3 builds")
        panel.do("focus")
        assert panel.do("press", keys=["Tab"]) == "failed-only"
        panel.do("press", keys=["Space"])
        panel.see("1 build, newest first.")
        assert panel.do("press", keys=["Tab"]) == "web #1"
        panel.do("press", keys=["Enter"])
        assert panel.do("waitForOpened") == ["https://ci.example/1"]

    def test_says_where_none_failed(self, panel: Panel) -> None:
        panel.open("TP-2")
        panel.see(NONE_YET)
        panel.do("click", role="checkbox", name="Failed only")
        panel.see("No build of this issue failed.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
class TestLooks:
    def test_fit_and_can_be_read(self, panel: Panel, size: str, scheme: str) -> None:
        panel.open("TP-7", size=size, scheme=scheme)
        panel.see("3 builds")
        assert panel.ask("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        panel.do("whole")
        wide = (
            "[...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > innerWidth)"
        )
        assert panel.ask(f"{wide}.map((one) => one.outerHTML)") == []
        small = "[...document.querySelectorAll('label, button:not([hidden])')].map((one) => one.offsetHeight)"
        assert min(panel.ask(small)) >= 24
        assert panel.ask("document.documentElement.dataset.colorMode") == scheme
        light = panel.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert light == (scheme == "light")
        assert panel.do("violations") == []
        panel.do("shot", path=str(picture(f"{size}-{scheme}")))

    def test_wear_the_colours_of_the_product_where_it_has_them(self, panel: Panel, size: str, scheme: str) -> None:
        panel.open("TP-7", size=size, scheme=scheme)
        panel.see("3 builds")
        panel.ask("document.documentElement.style.setProperty('--ds-surface', 'rgb(1, 2, 3)')")
        assert panel.ask("getComputedStyle(document.body).backgroundColor") == "rgb(1, 2, 3)"
        # The theme that somebody chose in the product goes before what their machine prefers.
        other = "dark" if scheme == "light" else "light"
        panel.ask(f"document.documentElement.dataset.colorMode = '{other}'")
        assert panel.ask("getComputedStyle(document.documentElement).colorScheme") == other


class TestRemote:
    def test_that_is_gone_is_said_and_asked_again(self, panel: Panel) -> None:
        panel.open("TP-7")
        panel.see("3 builds")
        self.deploy(panel.site, f"http://127.0.0.1:{free_port(0)}")
        try:
            panel.do("click", role="checkbox", name="Failed only")
            shown = panel.see("The builds cannot be shown. Invalid response from remote", selector="[role=alert]")
            assert "web #1" not in shown
            assert panel.do("violations") == []
            panel.do("shot", path=str(picture("gone")))
            panel.do("focus")
            assert panel.do("press", keys=["Tab", "Tab"]) == "again"
            panel.do("press", keys=["Enter"])
            panel.see("The builds cannot be shown.", selector="[role=alert]")
        finally:
            self.deploy(panel.site, panel.site.addon)
        panel.do("press", keys=["Enter"])
        panel.see("1 build, newest first.")
        assert panel.ask("document.getElementById('problem').textContent") == ""
        assert panel.ask("document.activeElement.id") == "heading"

    def deploy(self, site: Moved, address: str) -> None:
        """Deploy the app with a remote at an address; without Connect modules where it is gone: it would be told."""
        manifest = yaml.safe_load(site.manifest.replace("${BASE_URL}", address))
        if address != site.addon:
            del manifest["connectModules"]
        body = {"manifest": manifest, "major": False}
        answer = call("POST", f"{site.host.control}/_devhost/forge/{site.number}/upgrade", body=body)
        assert answer.status == 200, answer.text


def picture(name: str) -> Path:
    """Return where a picture of the panel is kept, for people to look at."""
    folder = built_panel() / "pictures"
    folder.mkdir(exist_ok=True)
    return folder / f"{name}.png"
