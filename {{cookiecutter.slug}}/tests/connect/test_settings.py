"""The settings: what is taken, what is refused, and that every refusal says what to write instead."""

import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from app.connect.application import ROOT
from app.connect.errors import ConfigurationError
from app.connect.hosts.hipchat.settings import HipChatSettings
from app.connect.hosts.loading import installed_hosts, load_factory
from app.connect.settings import Settings, load_settings
from tests.support.running import KEY


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("SECRET_KEYS", KEY)
    return monkeypatch


def refusal(model: type[BaseSettings] = Settings) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(model)
    return str(refused.value)


def host_settings() -> list[type[BaseSettings]]:
    """List the settings of every host that is installed."""
    return [load_factory(name).settings for name in installed_hosts()]


class TestDefaults:
    def test_need_a_key_and_nothing_else(self, environment: pytest.MonkeyPatch) -> None:
        settings: Settings = load_settings()
        assert settings.environment == "development"
        assert settings.base_url == "http://127.0.0.1:8000"
        assert settings.database_url.get_secret_value() == "sqlite+aiosqlite:///./addon.db"
        assert settings.hosts == ()
        assert (settings.docs, settings.log_level) == ("auto", "INFO")

    def test_of_hosts_need_nothing(self) -> None:
        hipchat = load_settings(HipChatSettings)
        assert (hipchat.origins, hipchat.frame_ancestors) == ((), ())

    def test_stand_for_variables_that_are_empty(self, environment: pytest.MonkeyPatch) -> None:
        for name in set(Settings.model_fields) - {"secret_keys"}:
            environment.setenv(name.upper(), "")
        assert load_settings() == load_settings(_env_file=None, secret_keys=KEY)

    def test_come_from_the_file_env_where_the_environment_says_nothing(self, environment: pytest.MonkeyPatch) -> None:
        Path(".env").write_text("LOG_LEVEL=DEBUG\nBASE_URL=https://from-file.test\n", encoding="utf-8")
        environment.setenv("BASE_URL", "https://from-environment.test")
        assert load_settings().log_level == "DEBUG"
        assert load_settings().base_url == "https://from-environment.test"


class TestSecretKeys:
    def test_are_taken_newest_first(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("SECRET_KEYS", f" {KEY[::-1]} , {KEY},")
        settings: Settings = load_settings()
        assert [key.get_secret_value() for key in settings.secret_keys] == [KEY[::-1], KEY]

    def test_that_are_missing_come_with_a_line_to_add(self, environment: pytest.MonkeyPatch) -> None:
        environment.delenv("SECRET_KEYS")
        line = re.search(r"add this line to \.env: SECRET_KEYS=(\S+)", refusal())
        assert line is not None
        environment.setenv("SECRET_KEYS", line[1])
        assert load_settings().secret_keys

    def test_that_are_short_are_refused(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("SECRET_KEYS", f"{KEY},{KEY[:31]}")
        assert "a key in SECRET_KEYS is shorter than 32 characters; use a random one, such as " in refusal()

    @pytest.mark.parametrize(
        "key",
        [
            "change-me-0123456789-abcdefghijklmnopqrstuvwxyz",
            "0123456789-REPLACE-abcdefghijklmnopqrstuvwxyz",
            "example-0123456789-abcdefghijklmnopqrstuvwxyz",
            "my-secret-0123456789-abcdefghijklmnopqrstuvwxyz",
            "x" * 64,
            "abcdefg" * 10,
        ],
    )
    def test_that_stand_for_one_are_refused(self, environment: pytest.MonkeyPatch, key: str) -> None:
        environment.setenv("SECRET_KEYS", key)
        said = refusal()
        assert "a key in SECRET_KEYS is a placeholder; use a random one, such as " in said
        assert key not in said

    def test_are_never_shown(self, environment: pytest.MonkeyPatch) -> None:
        assert KEY not in repr(load_settings())
        environment.setenv("BASE_URL", "nonsense")
        assert KEY not in refusal()


class TestDatabaseUrl:
    @pytest.mark.parametrize(
        ("given", "taken"),
        [
            ("postgres://u:p@[::1]/builds", "postgresql+psycopg://u:p@[::1]/builds"),
            ("postgresql://u:p@localhost/builds", "postgresql+psycopg://u:p@localhost/builds"),
            ("postgresql+psycopg://u:p@127.0.0.2/builds", "postgresql+psycopg://u:p@127.0.0.2/builds"),
            (
                "postgres://u:p%40@localhost:6543/b?sslmode=require",
                "postgresql+psycopg://u:p%40@localhost:6543/b?sslmode=require",
            ),
            ("postgres://u:p/w@localhost/builds", "postgresql+psycopg://u:p/w@localhost/builds"),
            ("sqlite:///./addon.db", "sqlite+aiosqlite:///./addon.db"),
            ("sqlite:////data/addon.db", "sqlite+aiosqlite:////data/addon.db"),
            ("sqlite+aiosqlite:///./addon.db", "sqlite+aiosqlite:///./addon.db"),
        ],
    )
    def test_is_taken_in_the_forms_that_clouds_hand_out(
        self, environment: pytest.MonkeyPatch, given: str, taken: str
    ) -> None:
        environment.setenv("DATABASE_URL", given)
        assert load_settings().database_url.get_secret_value() == taken

    @pytest.mark.parametrize("driver", ["mysql", "postgresql+asyncpg", "postgresql+psycopg2", "sqlite+pysqlite"])
    def test_with_another_driver_is_refused(self, environment: pytest.MonkeyPatch, driver: str) -> None:
        environment.setenv("DATABASE_URL", f"{driver}://u:hunter2@db/builds")
        said = refusal()
        assert f"DATABASE_URL: the driver {driver!r} is not supported; use postgresql+psycopg or" in said
        assert "hunter2" not in said

    @pytest.mark.parametrize(
        "url",
        ["nonsense", "://", "postgres://u:hunter2@db:port/builds", "postgres://u:hunter2@[::1/builds"],
    )
    def test_that_is_none_is_refused_without_its_password(self, environment: pytest.MonkeyPatch, url: str) -> None:
        environment.setenv("DATABASE_URL", url)
        said = refusal()
        assert "DATABASE_URL: write a SQLAlchemy URL, such as postgresql+psycopg://user:password@db/builds" in said
        assert "hunter2" not in said

    def test_is_never_shown(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("DATABASE_URL", "postgres://u:hunter2@localhost/builds")
        assert "hunter2" not in repr(load_settings())
        environment.setenv("LOG_LEVEL", "nonsense")
        assert "hunter2" not in refusal()


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        [
            "builds.example.com",
            "ftp://builds.example.com",
            "https://",
            "https://u:p@builds.example.com",
            "https://builds.example.com?x=1",
            "https://builds.example.com#x",
            "https://builds.example.com:port",
            "https://[::1",
        ],
    )
    def test_that_are_no_base_url_are_refused(self, environment: pytest.MonkeyPatch, url: str) -> None:
        environment.setenv("BASE_URL", url)
        assert "BASE_URL: write the public address of the add-on, such as https://builds.example.com" in refusal()

    def test_lose_the_slash_at_their_end(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("BASE_URL", "http://localhost:8000/addon/")
        assert load_settings().base_url == "http://localhost:8000/addon"

    @pytest.mark.parametrize("name", ["HIPCHAT_ORIGINS", "HIPCHAT_FRAME_ANCESTORS"])
    def test_of_hosts_are_taken_as_a_list(self, environment: pytest.MonkeyPatch, name: str) -> None:
        environment.setenv(name, "https://Chat.Example.com, http://127.0.0.1:9000/ ,")
        taken = getattr(load_settings(HipChatSettings), name.lower().removeprefix("hipchat_"))
        assert taken == ("https://chat.example.com", "http://127.0.0.1:9000")

    def test_of_any_host_are_asked_for_twice(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("HIPCHAT_ORIGINS", "https://chat.example.com,*")
        assert "add this line: HIPCHAT_ANY_HOST=true" in refusal(HipChatSettings)
        environment.setenv("HIPCHAT_ANY_HOST", "true")
        assert "*" in load_settings(HipChatSettings).origins

    def test_of_every_site_are_never_taken_for_frames(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("HIPCHAT_FRAME_ANCESTORS", "*")
        environment.setenv("HIPCHAT_ANY_HOST", "true")
        assert "HIPCHAT_FRAME_ANCESTORS is *" in refusal(HipChatSettings)

    @pytest.mark.parametrize(
        "path", ["v2/capabilities", "https://chat.example.com/v2", "/v2/capabilities?x=1", "/v2#x"]
    )
    def test_that_are_no_paths_are_refused(self, environment: pytest.MonkeyPatch, path: str) -> None:
        environment.setenv("HIPCHAT_CAPABILITIES_PATHS", path)
        assert "HIPCHAT_CAPABILITIES_PATHS lists paths, such as /v2/capabilities" in refusal(HipChatSettings)

    @pytest.mark.parametrize("name", ["HIPCHAT_ORIGINS", "HIPCHAT_FRAME_ANCESTORS"])
    @pytest.mark.parametrize(
        "origin",
        [
            "chat.example.com",
            "ftp://chat.example.com",
            "https://chat.example.com/path",
            "https://chat.example.com?x",
            "https://chat.example.com#x",
            "https://u:p@chat.example.com",
            "https://chat.example.com:port",
            "https://chat.example.com:0",
            "https://chat.exam ple.com",
            "https://[::1",
            "https://",
        ],
    )
    def test_of_hosts_that_are_no_origin_are_refused(
        self, environment: pytest.MonkeyPatch, name: str, origin: str
    ) -> None:
        environment.setenv(name, f"https://good.example,{origin}")
        said = refusal(HipChatSettings)
        assert f"{name}: {origin!r} is not an origin; write scheme and host, such as https://api.host.example" in said


class TestWords:
    def test_of_the_environment_are_two(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("ENVIRONMENT", "staging")
        assert "ENVIRONMENT: Input should be 'development' or 'production'" in refusal()

    def test_of_the_log_level_are_four(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("LOG_LEVEL", "verbose")
        assert "LOG_LEVEL: Input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'" in refusal()

    def test_of_several_mistakes_are_said_at_once(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("LOG_LEVEL", "verbose")
        environment.setenv("BASE_URL", "nonsense")
        said = refusal()
        assert "The settings (environment or .env) need mending:" in said
        assert len(said.splitlines()) == 3

    def test_that_go_together_are_said_at_once_too(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("SECRET_KEYS", "short")
        environment.setenv("ENVIRONMENT", "production")
        environment.setenv("BASE_URL", "http://builds.example.com")
        said = refusal()
        assert "a key in SECRET_KEYS is shorter" in said
        assert "BASE_URL must start with https://" in said
        assert len(said.splitlines()) == 3


class TestExampleFile:
    def test_names_exactly_the_settings(self) -> None:
        text = (ROOT / ".env.example").read_text(encoding="utf-8")
        named = re.findall(r"^(?:# )?([A-Z][A-Z_]+)=", text, re.MULTILINE)
        of_hosts = {
            f"{model.model_config.get('env_prefix')}{field}".upper()
            for model in host_settings()
            for field in model.model_fields
        }
        assert sorted(named) == sorted([*[name.upper() for name in Settings.model_fields], *of_hosts])

    def test_shows_the_defaults(self) -> None:
        text = (ROOT / ".env.example").read_text(encoding="utf-8")
        shown = {name.lower(): value for name, value in re.findall(r"^# ([A-Z][A-Z_]+)=(.*)$", text, re.MULTILINE)}
        core = {name: value for name, value in shown.items() if name in Settings.model_fields}
        assert load_settings(_env_file=None, secret_keys=KEY) == load_settings(_env_file=None, secret_keys=KEY, **core)
        for model in host_settings():
            prefix = str(model.model_config.get("env_prefix")).lower()
            own = {name.removeprefix(prefix): value for name, value in shown.items() if name.startswith(prefix)}
            assert own
            assert load_settings(model, _env_file=None) == load_settings(model, _env_file=None, **own)

    def test_works_once_a_key_is_filled_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        text = (ROOT / ".env.example").read_text(encoding="utf-8")
        Path(".env").write_text(text.replace("SECRET_KEYS=", f"SECRET_KEYS={KEY}"), encoding="utf-8")
        assert load_settings().secret_keys[0].get_secret_value() == KEY
