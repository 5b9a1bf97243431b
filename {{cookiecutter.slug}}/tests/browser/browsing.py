# mypy: disable-error-code="import-not-found"
# The driver is installed where these tests run, and not where all files are checked.
"""A real browser, a real devhost and the real add-on, each in a process of its own."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Frame, Page, sync_playwright
from starlette.types import ASGIApp

from devhost.app import create_devhost
from tests.browser.stage import Stage

ROOT = Path(__file__).resolve().parents[2]
# The package is a wrapper around the script; only the script is needed.
SETTLED = """Promise.allSettled(document.getAnimations()
    .filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime))
    .map((one) => one.finished))"""
AXE = files("axe_playwright_python") / "axe.min.js"
KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL"
PATIENCE = 60  # seconds until a process must serve; a busy machine takes long to import everything
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZES = {"wide": (1280, 860), "middle": (768, 1024), "narrow": (360, 740)}


@dataclass
class Pair:
    """Addresses of a devhost and of the add-on that it offers."""

    host: str
    addon: str

    @property
    def descriptor(self) -> str:
        return f"{self.addon}/hipchat/capabilities.json"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    message = f"{url} is not served: run the command by hand to see why"
    raise RuntimeError(message)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Start the add-on and a devhost that offers it."""
    with running(tmp_path) as here:
        yield here


@contextmanager
def running(tmp_path: Path, **settings: str) -> Iterator[Pair]:
    """Run the add-on, with settings of a test's own, and a devhost that offers it; `{host}` is that one's address."""
    here = Pair(host=f"http://127.0.0.1:{free_port()}", addon=f"http://127.0.0.1:{free_port()}")
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SECRET_KEYS": KEY,
        "BASE_URL": here.addon,
        "DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'addon.db'}",
        **{name: value.replace("{host}", here.host) for name, value in settings.items()},
    }
    commands = {
        f"{here.addon}/health/live": ["uvicorn", "app.main:app", "--port", here.addon.rpartition(":")[2]],
        f"{here.host}/static/devhost.svg": [
            "devhost",
            "--port",
            here.host.rpartition(":")[2],
            "--addon",
            here.descriptor,
        ],
    }
    running = []
    with (tmp_path / "servers.log").open("wb") as log:
        try:
            for url, command in commands.items():
                process = subprocess.Popen(  # noqa: S603 - our own two programs
                    [sys.executable, "-m", *command], cwd=ROOT, env=environment, stdout=log, stderr=log
                )
                running.append(process)
                wait_for(url, process)
            yield here
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(PATIENCE)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("There is no Chromium: apt-get install chromium", pytrace=False)
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else [*FLAGS]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> Iterator[tuple[Stage, str]]:
    """Serve a foreign add-on, and a devhost that has it installed; return the add-on and the host's address.

    Its pages use the host's script; with the parameter `bridge` they use ours.
    """
    origin, address = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    addon = Stage(origin, uses_bridge=getattr(request, "param", "") == "bridge")
    with serving(addon, origin), serving(create_devhost(address), address):
        body = {"url": f"{origin}/descriptor", "room_id": 1}
        httpx.post(f"{address}/_devhost/install", json=body, trust_env=False).raise_for_status()
        yield addon, address


@contextmanager
def serving(app: ASGIApp, origin: str) -> Iterator[None]:
    """Serve an app at an address of this machine."""
    port = int(origin.rpartition(":")[2])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    end = time.monotonic() + PATIENCE
    while not server.started and time.monotonic() < end:
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


@dataclass
class Walker:
    """A page as one person uses it; it remembers every complaint of the browser and of axe."""

    page: Page
    name: str
    folder: Path | None
    complaints: list[str] = field(default_factory=list)

    def heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def forgive(self, text: str) -> None:
        """Forget the one complaint about what was done wrong on purpose."""
        (expected,) = [one for one in self.complaints if text in one]
        self.complaints.remove(expected)

    def go(self, view: str) -> None:
        """Show a part of the room's page; a narrow screen shows one part at a time."""
        self.page.wait_for_selector("body[data-ready]")
        if not self.name.startswith("wide"):
            self.page.get_by_role("navigation", name="Views").get_by_role("button", name=view).click()
        elif view in ("Wire", "Break it"):
            self.page.get_by_role("tab", name=view).click()

    def check(self, step: str) -> None:
        """Keep a picture, and let axe look at the page and at the add-on's pages in it."""
        if self.folder is not None:
            self.page.wait_for_timeout(200)
            self.page.screenshot(path=self.folder / f"{self.name}-{step}.png")
        self.complaints += [f"{step}: {one}" for one in self.violations()]

    def violations(self) -> list[str]:
        """List what axe finds wrong with the page and with the add-ons' pages in it."""
        return [one for frame in self.page.frames for one in violations(frame)]


def violations(frame: Frame) -> list[str]:
    """List what axe finds wrong with one page."""
    # A page whose style is still on its way has the browser's own colours.
    frame.wait_for_load_state("load")
    frame.evaluate(AXE.read_text(encoding="utf-8"))
    # Colours under way from one to another are nobody's choice.
    frame.evaluate(SETTLED)
    found = frame.evaluate("axe.run(document, {iframes: false}).then((result) => result.violations)")
    return [
        f"{one['id']} ({one['help']}): {node['html'][:200]} {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.fixture(params=[(size, scheme) for size in ("wide", "narrow") for scheme in ("light", "dark")], ids="-".join)
def walker(request: pytest.FixtureRequest, chromium: Browser, pair: Pair) -> Iterator[Walker]:
    """Open a page of one width and scheme."""
    size, scheme = request.param
    with opened(chromium, pair.host, size=size, scheme=scheme, folder=request.config.getoption("--screenshots")) as one:
        yield one


@pytest.fixture
def visitor(request: pytest.FixtureRequest, chromium: Browser, stage: tuple[Stage, str]) -> Iterator[Walker]:
    """Open a wide page of the devhost beside the foreign add-on."""
    folder = request.config.getoption("--screenshots")
    with opened(chromium, stage[1], size="wide", scheme="light", folder=folder) as one:
        yield one


@pytest.fixture(params=SIZES)
def measurer(request: pytest.FixtureRequest, chromium: Browser, stage: tuple[Stage, str]) -> Iterator[Walker]:
    """Open a page of each width beside the foreign add-on."""
    folder = request.config.getoption("--screenshots")
    with opened(chromium, stage[1], size=request.param, scheme="light", folder=folder) as one:
        yield one


@contextmanager
def opened(browser: Browser, address: str, *, size: str, scheme: str, folder: str | None) -> Iterator[Walker]:
    """Open a page in a context of its own, and listen to the browser's complaints."""
    width, height = SIZES[size]
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        base_url=address,
        locale="en-GB",
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    one = Walker(page, f"{size}-{scheme}", Path(folder) if folder else None)
    page.on("console", one.heard)
    page.on("pageerror", lambda error: one.complaints.append(str(error)))
    yield one
    context.close()
