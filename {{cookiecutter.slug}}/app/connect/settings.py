"""The settings: one class, read from the environment and `.env`, refused with a way out when wrong."""

import secrets
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.connect.errors import ConfigurationError
from app.connect.network.addresses import AddressRefused, origin_of

MINIMUM_KEY_LENGTH = 32
PLACEHOLDERS = ("change", "replace", "example", "secret", "placeholder", "your-")


def _split(value: Any) -> Any:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _origin(value: str) -> str:
    if value == "*":
        return value
    try:
        parts, origin = urlsplit(value), origin_of(value)
    except (ValueError, AddressRefused):
        parts, origin = urlsplit(""), ""
    if parts.scheme not in {"http", "https"} or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError(f"{value!r} is not an origin; write scheme and host, such as https://api.host.example")
    return origin


def _base_url(value: str) -> str:
    try:
        parts, _ = urlsplit(value), origin_of(value)
    except (ValueError, AddressRefused):
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or parts.query or parts.fragment:
        raise ValueError("write the public address of the add-on, such as https://builds.example.com")
    return value.rstrip("/")


def _database_url(given: str | SecretStr) -> str:
    """Accept the forms clouds hand out; name the driver, so that no default can change under us."""
    value = given.get_secret_value() if isinstance(given, SecretStr) else given
    for plain, driver in (
        ("postgres://", "postgresql+psycopg://"),
        ("postgresql://", "postgresql+psycopg://"),
        ("sqlite://", "sqlite+aiosqlite://"),
    ):
        if value.startswith(plain):
            value = driver + value.removeprefix(plain)
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise ValueError("write a SQLAlchemy URL, such as postgresql+psycopg://user:password@db/builds") from None
    if url.drivername not in {"postgresql+psycopg", "sqlite+aiosqlite"}:
        raise ValueError(f"the driver {url.drivername!r} is not supported; use postgresql+psycopg or sqlite+aiosqlite")
    return value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Origin = Annotated[str, AfterValidator(_origin)]
Origins = Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(_split)]
Keys = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """What differs between one running add-on and another. Everything the host shows is in addon.toml."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    environment: Literal["development", "production"] = "development"
    """`development` applies migrations at start and lets hosts on this machine install."""

    base_url: Annotated[str, AfterValidator(_base_url)] = "http://127.0.0.1:8000"
    """The public address of this add-on; every URL in the descriptor starts with it."""

    database_url: Annotated[SecretStr, BeforeValidator(_database_url)] = SecretStr("sqlite+aiosqlite:///./addon.db")
    """Where the tenants are: SQLite for one process, PostgreSQL for more."""

    secret_keys: Keys = ()
    """Keys that seal secrets in the database and sign page tokens, newest first, comma separated."""

    hosts: Words = ("hipchat",)
    """The hosts this add-on serves; each name is a shipped host or an entry point of `connect.hosts`."""

    hipchat_origins: Origins = ()
    """Origins that may install. Empty: this machine in development, nobody in production. `*`: any https host."""

    hipchat_frame_ancestors: Origins = ()
    """Origins besides the tenant's own web address that may frame the pages (desktop clients)."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """How much is logged."""

    @property
    def is_production(self) -> bool:
        """Tell whether shortcuts for development are off."""
        return self.environment == "production"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.secret_keys:
            raise ValueError(f"SECRET_KEYS is missing; add this line to .env: SECRET_KEYS={secrets.token_urlsafe(48)}")
        for key in self.secret_keys:
            text = key.get_secret_value()
            if len(text) < MINIMUM_KEY_LENGTH:
                raise ValueError(
                    f"a key in SECRET_KEYS is shorter than {MINIMUM_KEY_LENGTH} characters; {_fresh_key()}"
                )
            if any(word in text.lower() for word in PLACEHOLDERS) or len(set(text)) < MINIMUM_KEY_LENGTH // 4:
                raise ValueError(f"a key in SECRET_KEYS is a placeholder; {_fresh_key()}")
        if self.is_production and not self.base_url.startswith("https://"):
            raise ValueError("BASE_URL must start with https:// in production; hosts refuse plain http")
        return self


def _fresh_key() -> str:
    return f"use a random one, such as {secrets.token_urlsafe(48)}"


def load_settings(**given: Any) -> Settings:
    """Read the settings; a `ConfigurationError` lists every mistake with its fix."""
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_input=False, include_url=False):
            name = str(problem["loc"][0]).upper() if problem["loc"] else ""
            text = problem["msg"].removeprefix("Value error, ")
            lines.append(f"  {name + ': ' if name else ''}{text}")
        raise ConfigurationError("The settings (environment or .env) need mending:\n" + "\n".join(lines)) from None
