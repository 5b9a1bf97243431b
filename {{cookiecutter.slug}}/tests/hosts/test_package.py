"""A host of somebody else: installed as a package it serves, runs the suite, and stops the start when it is broken."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.conformance.sending import Sent, send
from app.conformance.stage import ABOUT, BASE_URL
from app.connect import AddonRouter, Ctx, Page
from app.connect.application import ROOT, Application
from app.connect.errors import ConfigurationError
from app.connect.hosts.loading import SHIPPED, installed_hosts
from app.connect.hosts.protocol import ProofKind
from app.connect.settings import Settings
from tests.hosts.conftest import install
from tests.hosts.hipchat_case import HipChatCase

PACKAGE = Path(__file__).parent / "package"
DOCUMENT: dict[str, Any] = {"addon": ABOUT, "pebble": {"panel": {"report": {"name": "Report"}}}}

HIPCHAT_PANEL = Sent("GET", "/hipchat/panel/report")


def entry_point() -> str:
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    place: str = project["entry-points"]["connect.hosts"]["pebble"]
    return place


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package as an installer leaves it: its modules, and a record with its entry point."""
    folder = install(tmp_path / "site", "pebble", entry_point())
    shutil.copytree(PACKAGE / "connect_pebble", folder / "connect_pebble", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.syspath_prepend(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "connect_pebble"]:
        monkeypatch.delitem(sys.modules, name)
    return folder


def make(
    settings: Settings, *, hosts: tuple[str, ...] = ("pebble",), document: Any = None, transport: Any = None
) -> Application:
    router = AddonRouter()

    @router.panel("report")
    async def report(ctx: Ctx) -> Page:
        return Page(ctx.host)

    return Application(
        settings.model_copy(update={"hosts": hosts}), [router], document=document or DOCUMENT, transport=transport
    )


class TestInstalledPackage:
    async def test_serves_once_hosts_names_it(
        self, settings: Settings, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PEBBLE_KEY", "the key that pebble's makers gave to the author")
        application = make(settings)
        label = await send(application.app, Sent("GET", "/pebble/label.json"), BASE_URL)
        module = await send(application.app, Sent("GET", "/pebble/panel/report"), BASE_URL)
        pin = await send(application.app, Sent.post("/pebble/pin", {}), BASE_URL)
        await application.close()
        assert label.json()["panel"] == f"{BASE_URL}/pebble/panel/report"
        assert (module.status, pin.status) == (401, 400)

    def test_settings_of_its_own_are_asked_for_by_name(self, settings: Settings, target: Path) -> None:
        with pytest.raises(ConfigurationError, match="PEBBLE_KEY: Field required"):
            make(settings)

    def test_problems_of_its_own_stop_the_start(
        self, settings: Settings, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PEBBLE_KEY", "the key that pebble's makers gave to the author")
        with pytest.raises(ConfigurationError, match=r"no section for the host 'pebble'"):
            make(settings, document={"addon": ABOUT})

    async def test_token_remembered_for_another_host_opens_nothing(
        self, settings: Settings, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither host binds its tokens, so nothing but the host itself tells the two apart in memory."""
        monkeypatch.setenv("PEBBLE_KEY", "the key that pebble's makers gave to the author")
        case = HipChatCase()
        document = {**DOCUMENT, "hipchat": case.section}
        application = make(settings, hosts=("hipchat", "pebble"), document=document, transport=case.transport)
        await case.begin(application.app, BASE_URL)
        guest = await case.guest()
        await send(application.app, case.install(guest), BASE_URL)
        token = case.sign(guest, HIPCHAT_PANEL, ProofKind.ENTRY)
        for sent, status in (
            (case.carry(HIPCHAT_PANEL, token), 200),
            (Sent("GET", "/pebble/panel/report").with_header("authorization", f"Pebble {token}"), 401),
        ):
            assert (await send(application.app, sent, BASE_URL)).status == status
        await application.close()
        await case.end()

    def test_shipped_host_is_not_replaced_by_a_package(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.syspath_prepend(install(tmp_path / "site", "hipchat", "stolen:FACTORY"))
        assert installed_hosts()["hipchat"] == SHIPPED["hipchat"]

    def test_passes_the_conformance_suite_outside_the_project(self, target: Path, tmp_path: Path) -> None:
        """As its author runs it: in a folder of their own, with nothing of our tests on the path."""
        own = tmp_path / "own"
        own.mkdir()
        for name in ("conftest.py", "test_pebble.py"):
            shutil.copy(PACKAGE / name, own)
        app = tmp_path / "project"
        app.mkdir()
        for name in ("app", "alembic.ini", "migrations"):
            (app / name).symlink_to(ROOT / name)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=strict", "."],
            cwd=own,
            env={**os.environ, "PYTHONPATH": f"{target}{os.pathsep}{app}", "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
            capture_output=True,
            text=True,
            timeout=500,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
        assert " passed" in done.stdout
        assert "skipped" not in done.stdout


class Unfinished:
    """What somebody else wrote, and did not finish."""

    class settings(BaseSettings):  # noqa: N801 - as the seam names it
        """Nothing to set."""

        model_config = SettingsConfigDict(env_prefix="UNFINISHED_")

    name = "unfinished"


class OtherName(Unfinished):
    section = dict
    name = "granite"

    def build(self) -> None:
        """Build nothing."""


UNFINISHED, OTHER_NAME = Unfinished(), OtherName()


class TestBrokenPackage:
    def test_missing_one_is_named_with_those_that_are_there(self, settings: Settings) -> None:
        with pytest.raises(ConfigurationError) as caught:
            make(settings)
        known = ", ".join(sorted([*SHIPPED, "echo"]))
        assert str(caught.value) == f"HOSTS names 'pebble', which is not installed. Known: {known}."

    @pytest.mark.parametrize(
        ("place", "said"),
        [
            ("connect_nowhere.host:FACTORY", "does not load: ModuleNotFoundError"),
            ("tests.hosts.test_package:NOTHING", "does not load: AttributeError"),
            ("tests.hosts.broken:FACTORY", "does not load: ZeroDivisionError"),
            ("tests.hosts.test_package:UNFINISHED", "it lacks section, build"),
            ("tests.hosts.test_package:OTHER_NAME", "its name is 'granite'"),
        ],
    )
    def test_broken_one_stops_the_start_with_one_sentence(
        self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, said: str
    ) -> None:
        monkeypatch.syspath_prepend(install(tmp_path / "site", "unfinished", place))
        with pytest.raises(ConfigurationError) as caught:
            make(settings, hosts=("unfinished",))
        assert said in str(caught.value)
        assert "unfinished" in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_broken_one_that_is_not_enabled_stops_nothing(
        self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.syspath_prepend(install(tmp_path / "site", "unfinished", "connect_nowhere.host:FACTORY"))
        section = {"panel": {"report": {"name": "Report"}}}
        assert list(make(settings, hosts=(), document={"addon": ABOUT, "hipchat": section}).hosts) == ["hipchat"]
