"""The settings: one class, read from the environment and `.env`, refused with a way out when wrong."""

import secrets
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, overload
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.connect.errors import ConfigurationError

MINIMUM_KEY_LENGTH = 32
PLACEHOLDERS = ("change", "replace", "example", "secret", "placeholder", "your-")


def split_words(value: Any) -> Any:
    """Split a comma separated list; for the settings of hosts, too."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _base_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        is_whole = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        parts, is_whole = urlsplit(""), False
    has_spaces = any(character <= " " or character in "\\\x7f" for character in value)
    if parts.scheme not in {"http", "https"} or not is_whole or has_spaces or parts.query or parts.fragment:
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


T = TypeVar("T", bound=BaseSettings)
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_words)]
Keys = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(split_words)]


FROM_ENVIRONMENT = SettingsConfigDict(
    env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
)
"""How settings are read; a host's settings add their prefix."""


class Settings(BaseSettings):
    """What differs between one running add-on and another. Everything the host shows is in addon.toml."""

    model_config = FROM_ENVIRONMENT

    environment: Literal["development", "production"] = "development"
    """`development` applies migrations at start and lets hosts on this machine install."""

    base_url: Annotated[str, AfterValidator(_base_url)] = "http://127.0.0.1:8000"
    """The public address of this add-on; every URL in the descriptor starts with it."""

    database_url: Annotated[SecretStr, BeforeValidator(_database_url)] = SecretStr("sqlite+aiosqlite:///./addon.db")
    """Where the tenants are: SQLite for one process, PostgreSQL for more."""

    secret_keys: Keys = ()
    """Keys that seal secrets in the database and sign page tokens, newest first, comma separated."""

    hosts: Words = ()
    """The hosts this add-on serves, comma separated. Empty: every host that has a section in addon.toml."""

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


def unknown_names(file: Path, models: Iterable[type[BaseSettings]]) -> dict[str, str | None]:
    """Map each name in `.env` that no setting has to the setting that was probably meant, or None.

    Other programs may read that file, too (compose does), so a name without a near one need not be a mistake.
    """
    known = {
        f"{model.model_config.get('env_prefix') or ''}{field}".upper()
        for model in models
        for field in model.model_fields
    }
    named = dotenv_values(file) if file.is_file() else {}
    return {
        name: next(iter(get_close_matches(name.upper(), known, n=1, cutoff=0.75)), None)
        for name in named
        if name.upper() not in known
    }


@overload
def load_settings(**given: Any) -> Settings: ...
@overload
def load_settings(model: type[T], **given: Any) -> T: ...
def load_settings(model: type[BaseSettings] = Settings, **given: Any) -> BaseSettings:
    """Read the settings, or those of a host; a `ConfigurationError` lists every mistake with its fix."""
    try:
        return model(**given)
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_input=False, include_url=False):
            field = str(problem["loc"][0]) if problem["loc"] else ""
            name = f"{model.model_config.get('env_prefix') or ''}{field}".upper() if field else ""
            text = problem["msg"].removeprefix("Value error, ")
            lines.append(f"  {name + ': ' if name else ''}{text}")
        raise ConfigurationError("The settings (environment or .env) need mending:\n" + "\n".join(lines)) from None
