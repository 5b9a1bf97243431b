"""Atlassian's scripts of both sides of a frame, in Chromium: in pages in the devhost, and around pages of ours."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from strangers.ace import DESCRIPTOR, Addon, running_addon
from strangers.browser import find_chromium
from strangers.environments import STRANGERS, clean_settings, find_node, node_modules
from strangers.host import DEVELOPER, LOBBY, Host
from strangers.processes import Conversation, conversing, serving
from strangers.sites import JIRA, Site
from tools.paths import REPOSITORY, TEMPLATE

NAME = "atlassian-connect-js"


@dataclass(frozen=True)
class Browser:
    """A page in Chromium, as the driver has it open."""

    driver: Conversation

    def do(self, act: str, **arguments: object) -> Any:  # noqa: ANN401 - each act has its own answer
        answer = self.driver.do(act, **arguments)
        assert not (isinstance(answer, dict) and "error" in answer), answer
        return answer

    def open(self, url: str, served: dict[str, str]) -> None:
        """Open a page in which some addresses are served from Atlassian's package."""
        self.do("open", executable=find_chromium(), url=url, served=served)

    def see(self, text: str, *, selector: str = "#log", frame: str = "") -> str:
        """Wait until something shows a text."""
        return str(self.do("see", selector=selector, text=text, frame=frame))

    def click(self, name: str, *, frame: str = "") -> None:
        self.do("click", name=name, frame=frame)

    def run(self, script: str, argument: object = None, *, frame: str = "") -> Any:  # noqa: ANN401 - what it returns
        return self.do("run", script=script, argument=argument, frame=frame)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a browser that opens nothing yet."""
    command = [find_node("node"), str(STRANGERS / NAME / "drive.js")]
    with conversing(NAME, command, {"NODE_PATH": str(node_modules(NAME))}) as driver:
        yield Browser(driver)


PANEL = 'section[aria-label="Panel"] iframe'
DIALOG = "dialog iframe"


@pytest.fixture(scope="module")
def addon(host: Host) -> Iterator[Addon]:
    """Return the add-on on Atlassian's framework, installed in Jira."""
    with running_addon(host, "jira") as running:
        running.site.install_on_page(running.url + DESCRIPTOR)
        yield running


@pytest.fixture(scope="module", params=["Atlassian's", "the devhost's"])
def script(request: pytest.FixtureRequest, addon: Addon) -> dict[str, str]:
    """Return what stands at the address of the script that pages load: the real one, and the devhost's stand-in."""
    served = {f"{addon.site.base_url}/atlassian-connect/all.js": "all.js"}
    return served if request.param == "Atlassian's" else {}


@pytest.fixture
def issue(browser: Browser, addon: Addon, script: dict[str, str]) -> Browser:
    """Look at an issue as Developer, where the add-on shows its panel."""
    browser.open(f"{addon.site.base_url}/browse/TP-1?user={DEVELOPER}", script)
    browser.see('user "devhost:00000002"', frame=PANEL)
    return browser


class TestScriptInTheDevhost:
    def test_is_answered_by_callbacks_and_promises(self, issue: Browser) -> None:
        for text in ('called back "context-qsh"', 'promised "context-qsh"', 'locale "en_US"', "data null"):
            issue.see(text, frame=PANEL)
        assert issue.see('location "/jira/browse/TP-1"', frame=PANEL)
        assert '"issue":{"id":"10002","key":"TP-1"' in issue.see("context {", frame=PANEL)
        assert issue.do("heard") == []

    def test_gets_a_token_with_which_the_addon_calls_the_site(self, issue: Browser) -> None:
        issue.click("call", frame=PANEL)
        issue.see('addon "app"', frame=PANEL)

    def test_calls_the_site_as_who_looks(self, issue: Browser, addon: Addon) -> None:
        issue.click("ask", frame=PANEL)
        issue.see('me "Developer"', frame=PANEL)
        issue.click("write", frame=PANEL)
        issue.see("written 20", frame=PANEL)
        assert addon.site.issue("TP-1")["properties"]["page"] == {"state": "by a page"}
        issue.click("refused", frame=PANEL)
        issue.see("refused 404", frame=PANEL)

    def test_opens_a_dialog_and_hears_what_it_says(self, issue: Browser) -> None:
        issue.click("dialog", frame=PANEL)
        issue.see('data {"build":7}', frame=DIALOG)
        issue.see("By a script", selector="dialog h2")
        assert '"7"' in issue.see("7", selector="#asked", frame=DIALOG)
        for name in ("tell", "tell", "shout", "close"):
            issue.click(name, frame=DIALOG)
        issue.do("gone", selector="dialog")
        log = issue.see('closed {"answer":"yes"}', frame=PANEL)
        assert log.count('told ["all",2]') == 2
        assert log.count("once true") == 1
        assert log.count('shouted "everybody"') == 1

    def test_closes_a_dialog_by_the_key_for_that(self, issue: Browser) -> None:
        issue.click("dialog", frame=PANEL)
        issue.see("user", frame=DIALOG)
        issue.do("press", frame=DIALOG, key="Escape")
        issue.do("gone", selector="dialog")
        issue.see("closed null", frame=PANEL)

    def test_shows_a_flag_grows_and_goes_elsewhere(self, issue: Browser) -> None:
        issue.click("flag", frame=PANEL)
        issue.see("Done: The build passed", selector="#notices")
        issue.click("grow", frame=PANEL)
        issue.do("wait", script=f"document.querySelector('{PANEL}').clientHeight > 800")
        issue.click("go", frame=PANEL)
        issue.see("The build is slow", selector="h1")


OURS = "com.example.framed"
CDN = "https://connect-cdn.atl-paas.net"
"""Where the products have their script; pages of ours load it from there in production."""
FRAME = "#place iframe"


@dataclass(frozen=True)
class Ours:
    """An add-on of ours, installed in Jira and in the lobby."""

    url: str
    site: Site
    client_id: str


@pytest.fixture(scope="module")
def ours(host: Host, project_python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ours]:
    """Run an add-on of ours with the script that production has."""
    folder = tmp_path_factory.mktemp("ours")
    settings = clean_settings(
        PYTHONPATH=str(REPOSITORY / TEMPLATE),
        SECRET_KEYS=uuid.uuid4().hex + uuid.uuid4().hex,
        DATABASE_URL=f"sqlite+aiosqlite:///{folder / 'addon.db'}",
        ATLASSIAN_KEYS_URL=f"{host.base_url}/install-keys",
        ATLASSIAN_SCRIPT_URL=f"{CDN}/all.js",
    )

    def command(port: int) -> list[str]:
        settings["BASE_URL"] = f"http://127.0.0.1:{port}"
        return [project_python, str(STRANGERS / NAME / "addon.py"), str(port)]

    path = "/jira/atlassian-connect.json"
    with serving("addon-in-frames", command, path=path, folder=folder, settings=settings) as port:
        address, site = f"http://127.0.0.1:{port}", Site(host, JIRA)
        site.install_on_page(address + path)
        client_id = host.install(f"{address}/hipchat/capabilities.json", room=LOBBY)["client_id"]
        yield Ours(address, site, client_id)


def show(browser: Browser, host: Host, url: str, facts: dict[str, object]) -> None:
    """Open a page of the product, at the devhost's own address, with a page of ours in a frame."""
    served = {f"{host.base_url}/real/{name}": name for name in ("host.html", "connect-host.js", "jquery.js")}
    served |= {f"{CDN}/all.js": "all.js", f"{CDN}/themes/*": "theme.css", f"{CDN}/surfaces.css": "surfaces.css"}
    browser.open(f"{host.base_url}/real/host.html", served)
    browser.run("show(given)", {"url": url, "addon": OURS, "module": "report", "facts": facts})


def complaints(browser: Browser) -> list[str]:
    """Return what the browser complains of, but for flags of features, which come from a server of the products."""
    return [one for one in browser.do("heard") if "Feature flag service is not initialised" not in one]


class TestPageOfJira:
    """A page of ours with the script that production loads, in a page with the script of the products."""

    @pytest.fixture
    def panel(self, browser: Browser, host: Host, ours: Ours) -> Browser:
        token = ours.site.context_token(OURS, issue="TP-1")
        url = ours.site.frames("/browse/TP-1")["report"]
        show(browser, host, url, {"token": token, "context": {"jira": {"issue": {"key": "TP-1"}}}})
        return browser

    def test_is_as_high_as_what_is_in_it_when_that_was_drawn_again_too(self, panel: Browser) -> None:
        assert panel.run("connect.refresh()", frame=FRAME) is True
        panel.run("document.querySelector('main').style.height = '900px'", frame=FRAME)
        panel.do("wait", script=f"document.querySelector('{FRAME}').clientHeight >= 900")
        assert complaints(panel) == []

    def test_gets_a_token_that_its_addon_believes(self, panel: Browser) -> None:
        asked = "fetch('/who', {method: 'POST', headers: {Authorization: `JWT ${await AP.context.getToken()}`}})"
        assert panel.run(f"(await {asked}).json()", frame=FRAME) == {"user": "devhost:00000001", "place": "TP-1"}
        assert panel.run("AP.context.getContext()", frame=FRAME) == {"jira": {"issue": {"key": "TP-1"}}}

    def test_hears_events(self, panel: Browser) -> None:
        panel.run("void AP.events.on('told', (...values) => { window.heard = values; })", frame=FRAME)
        panel.run("void connectHost.broadcastEvent('told', {addon_key: given}, [1, 'two'])", OURS)
        panel.do("wait", frame=FRAME, script="window.heard && heard[1] === 'two'")

    def test_wears_the_theme_of_the_product(self, panel: Browser) -> None:
        panel.run("void AP.theming.initializeTheming()", frame=FRAME)
        panel.do("wait", frame=FRAME, script="document.querySelector('link[data-theme=light]')?.sheet")
        assert panel.run("document.documentElement.dataset.theme", frame=FRAME).split()[1] == "light:light"
        assert complaints(panel) == []


class TestPageOfHipChat:
    """A page of ours with our own script, in a page with the script on which those of all Connect hosts are built."""

    @pytest.fixture
    def panel(self, browser: Browser, host: Host, ours: Ours) -> Browser:
        url = host.signed_url(ours.client_id, "webPanel", "report", room=LOBBY)
        show(browser, host, url, {"room": {"id": LOBBY, "name": "Lobby"}})
        return browser

    def test_is_as_high_as_what_is_in_it(self, panel: Browser) -> None:
        panel.run("document.querySelector('main').style.height = '900px'", frame=FRAME)
        panel.do("wait", script=f"document.querySelector('{FRAME}').clientHeight >= 900")
        assert complaints(panel) == []

    def test_asks_its_host_and_acts_in_it(self, panel: Browser) -> None:
        asked = "new Promise((resolve) => HipChat.room.getRoomDetails(resolve))"
        assert panel.run(asked, frame=FRAME) == {"id": LOBBY, "name": "Lobby"}
        panel.run("HipChat.room.open({roomId: 2})", frame=FRAME)
        panel.do("wait", script="calls.length")
        assert panel.run("calls") == [["room.open", {"roomId": 2}]]

    def test_hears_events(self, panel: Browser) -> None:
        panel.run("HipChat.register({told: (value) => { window.heard = value; }})", frame=FRAME)
        panel.run("void connectHost.broadcastEvent('told', {addon_key: given}, {a: 1})", OURS)
        panel.do("wait", frame=FRAME, script="window.heard && heard.a === 1")
