"""What stops a start, or is said at one, because nothing would work after it."""

import logging
from pathlib import Path

import pytest

from app.connect.application import Application
from app.connect.errors import ConfigurationError
from app.connect.hosts.hipchat.settings import HipChatSettings
from app.connect.settings import Settings, load_settings
from tests.connect.showcase import DOCUMENT, make_routers
from tests.support.running import RunningAddon

OTHER = "Zk3vN9qLxT2wRb7uYh5sPz8dFm4gCa6eQk1oXi0nVbW8"


def application(settings: Settings, **changes: object) -> Application:
    given = settings.model_dump(exclude_unset=True) | changes
    return Application(load_settings(_env_file=None, **given), make_routers(), document=DOCUMENT)


class TestKeys:
    async def test_that_open_nothing_stop_the_start(self, showcase: RunningAddon, settings: Settings) -> None:
        await showcase.install()
        await showcase.settle()
        other = application(settings, secret_keys=OTHER)
        with pytest.raises(ConfigurationError, match="Put the key that was in use back"):
            async with other.lifespan(other.app):
                pass

    async def test_of_an_empty_database_may_be_any(self, settings: Settings) -> None:
        other = application(settings, secret_keys=OTHER)
        async with other.lifespan(other.app):
            pass


class TestNames:
    async def test_that_are_nearly_settings_are_said(
        self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / ".env").write_text("SECRET_KEY=x\nHIPCHAT_ORIGIN=y\nPOSTGRES_PASSWORD=z\n", encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        other = application(settings)
        caplog.clear()
        async with other.lifespan(other.app):
            pass
        said = [one.getMessage() for one in caplog.records if ".env" in one.getMessage()]
        assert said == [
            ".env: SECRET_KEY is no setting and changes nothing. Did you mean SECRET_KEYS?",
            ".env: HIPCHAT_ORIGIN is no setting and changes nothing. Did you mean HIPCHAT_ORIGINS?",
        ]


class TestOrigins:
    def start(self, settings: Settings, monkeypatch: pytest.MonkeyPatch, origins: str) -> None:
        monkeypatch.setenv("HIPCHAT_ORIGINS", origins)
        assert load_settings(HipChatSettings).origins == ((origins,) if origins else ())
        application(settings, environment="production", base_url="https://builds.example.com", secret_keys=OTHER)

    def test_without_https_stop_a_start_in_production(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(ConfigurationError, match="In production write https"):
            self.start(settings, monkeypatch, "http://chat.example.com")

    def test_that_are_missing_are_said(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING):
            self.start(settings, monkeypatch, "")
        assert "no chat host can install" in caplog.text
