"""Production is never an accident: what development refuses to be, and what production asks for."""

import secrets

import pytest

from app.connect.errors import ConfigurationError
from app.connect.machine import is_public, is_this_machine
from app.connect.settings import Settings, load_settings
from tests.support.running import KEY

PRODUCTION = {"environment": "production", "base_url": "https://builds.example.com"}
WAY_OUT = "Add this line to .env or the environment: ENVIRONMENT=production"


def load(**given: str) -> Settings:
    return load_settings(Settings, _env_file=None, **{"secret_keys": KEY, **given})


def refusal(**given: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load(**given)
    return str(refused.value)


class TestDevelopment:
    @pytest.mark.parametrize(
        "url",
        [
            "https://builds.example.com",
            "http://builds.example.com:8000",
            "https://abc123.tunnel.example",
            "https://8.8.8.8",
            "https://[2606:4700::1111]:8443",
        ],
    )
    def test_refuses_an_address_that_others_reach(self, url: str) -> None:
        said = refusal(base_url=url)
        assert "BASE_URL names " in said
        assert WAY_OUT in said
        assert load(base_url=url.replace("http:", "https:"), environment="production").is_production

    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1:8123",
            "http://[::1]:8000",
            "http://localhost",
            "https://builds.localhost",
            "http://192.168.1.5:8000",
            "http://host.docker.internal:8000",
            "http://addon:8000",
            "https://builds.test",
        ],
    )
    def test_takes_an_address_of_this_machine_or_network(self, url: str) -> None:
        assert load(base_url=url).base_url == url

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql://addon:pw@db.example.com/builds",
            "postgresql://addon:pw@postgres:5432/addon",
            "postgresql://addon:pw@10.0.0.7/builds",
            "postgresql://addon:pw@/builds?host=db.example.com",
            "postgresql://addon:pw@/builds?host=localhost:5432&host=db.example.com:5432",
            "postgresql://addon:pw@localhost/builds?hostaddr=10.0.0.7",
            "postgresql://addon:pw@/builds?service=production",
        ],
    )
    def test_refuses_postgresql_on_another_machine(self, url: str) -> None:
        said = refusal(database_url=url)
        assert "DATABASE_URL or MIGRATION_DATABASE_URL names a server on another machine" in said
        assert WAY_OUT in said
        assert "addon:pw" not in said
        assert load(database_url=url, **PRODUCTION).is_production
        assert WAY_OUT in refusal(database_url="postgresql://addon:pw@localhost/builds", migration_database_url=url)

    def test_refuses_the_server_that_the_environment_of_libpq_names(self, monkeypatch: pytest.MonkeyPatch) -> None:
        local = "postgresql://addon:pw@/builds"
        assert load(database_url=local)
        monkeypatch.setenv("PGHOST", "db.example.com")
        assert "another machine, db.example.com" in refusal(database_url=local)
        assert load(database_url="postgresql://addon:pw@localhost/builds")

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql://addon:pw@localhost/builds",
            "postgresql://addon:pw@127.0.0.1:6432/builds",
            "postgresql://addon:pw@[::1]/builds",
            "postgresql://addon:pw@/builds?host=/var/run/postgresql",
            "sqlite:////data/addon.db",
        ],
    )
    def test_takes_a_database_of_this_machine(self, url: str) -> None:
        assert not load(database_url=url).is_production


class TestProduction:
    def test_starts_with_https_and_a_key(self) -> None:
        assert load(**PRODUCTION).is_production

    def test_refuses_plain_http(self) -> None:
        assert "BASE_URL must start with https:// in production" in refusal(
            environment="production", base_url="http://builds.example.com"
        )

    def test_refuses_the_default_address(self) -> None:
        assert "BASE_URL must start with https:// in production" in refusal(environment="production")

    @pytest.mark.parametrize(
        "key",
        [
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL",
            "zyxwvutsrqponmlkjihgfedcba9876543210zyxw",
            "0123456789abcdef" * 4,
            "correct-horse-battery!" * 2,
            "aabbccddeeffgghhiijjkkllmmnnooppqq",
        ],
    )
    def test_refuses_a_key_that_can_be_guessed(self, key: str) -> None:
        said = refusal(secret_keys=f"{KEY},{key}", **PRODUCTION)
        assert "a key in SECRET_KEYS can be guessed; use a random one, such as " in said
        assert key not in said

    def test_takes_keys_as_every_guide_makes_them(self) -> None:
        for _ in range(2_000):
            for key in (secrets.token_hex(32), secrets.token_urlsafe(48), secrets.token_hex(16)):
                assert len(load(secret_keys=key, **PRODUCTION).secret_keys) == 1

    def test_shows_documentation_only_when_asked(self) -> None:
        assert load().shows_docs
        assert not load(docs="off").shows_docs
        assert not load(**PRODUCTION).shows_docs
        assert load(docs="on", **PRODUCTION).shows_docs


class TestNames:
    def test_of_this_machine(self) -> None:
        assert all(map(is_this_machine, ("localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1")))
        assert not any(map(is_this_machine, ("localhost.example", "10.0.0.1", "::", "", "127.0.0.1.example")))

    def test_that_anybody_reaches(self) -> None:
        assert all(map(is_public, ("example.com", "localhost.example", "9.9.9.9", "2606:4700::1111")))
        assert not any(map(is_public, ("printer", "10.0.0.1", "fd00::1", "a.internal", "a.home.arpa", "")))
