"""The settings: one class, read from the environment and `.env`, refused with a way out when wrong."""

import logging
import os
import secrets
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, overload
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.connect.errors import ConfigurationError
from app.connect.machine import is_public, is_this_machine

log = logging.getLogger(__name__)

MINIMUM_KEY_LENGTH = 32
IN_ORDER = 0.6
"""The share of neighbours in the alphabet from which a key counts as typed; random ones stay below half of that."""
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


def _other_database_url(given: str | SecretStr | None) -> str | None:
    return _database_url(given) if given else None


T = TypeVar("T", bound=BaseSettings)
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_words)]
Keys = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(split_words)]


ENV_FILE = Path(".env")
"""Read where the add-on is started."""
FROM_ENVIRONMENT = SettingsConfigDict(
    env_file=ENV_FILE, extra="ignore", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
)
"""How settings are read; a host's settings add their prefix."""


class Settings(BaseSettings):
    """What differs between one running add-on and another. Everything the host shows is in addon.toml."""

    model_config = FROM_ENVIRONMENT

    environment: Literal["development", "production"] = "development"
    """`development` applies migrations at start, lets hosts on this machine install and answers this machine alone."""

    base_url: Annotated[str, AfterValidator(_base_url)] = "http://127.0.0.1:8000"
    """The public address of this add-on; every URL in the descriptor starts with it."""

    database_url: Annotated[SecretStr, BeforeValidator(_database_url)] = SecretStr("sqlite+aiosqlite:///./addon.db")
    """Where the tenants are: SQLite for one process, PostgreSQL for more."""

    migration_database_url: Annotated[SecretStr | None, BeforeValidator(_other_database_url)] = None
    """The same PostgreSQL database with the role that may change tables; `addon migrate` alone uses it."""

    secret_keys: Keys = ()
    """Keys that seal secrets in the database and sign page tokens, newest first, comma separated."""

    hosts: Words = ()
    """The hosts this add-on serves, comma separated. Empty: every host that has a section in addon.toml."""

    auth_backends: Words = ("page", "tokens")
    """Who may ask for an API token, comma separated, in the order in which they are asked: `page`, `tokens`,
    `passwords`, or the name of an entry point of `connect.backends`."""

    max_connections: Annotated[int, Field(ge=0)] = 800
    """Connections that one process serves at once. 0: what serves the add-on puts limits on connections itself."""

    head_seconds: Annotated[float, Field(gt=0)] = 15
    """Until a client has sent the head of a request, or is closed on."""

    body_seconds: Annotated[float, Field(gt=0)] = 60
    """Until it has sent the body; half of it may pass without a byte."""

    docs: Literal["auto", "on", "off"] = "auto"
    """Whether `/docs` and `/openapi.json` are served; `auto` serves them in development and not in production."""

    purge_after_days: Annotated[int, Field(ge=0, le=3650)] = 30
    """How long the data of a tenant is kept that its host no longer knows; a signed uninstall deletes it at once."""

    give_up_hours: Annotated[float, Field(gt=0, le=24 * 365)] = 24
    """How long a handler that fails is tried again; after that its entry is dead, and kept."""

    run_handlers: bool = True
    """Whether what serves requests runs the handlers, too; where it does not, `addon worker` runs them."""

    metrics_token: SecretStr = SecretStr("")
    """What opens `GET /metrics` to the operator's collector, as `Authorization: Bearer`. Empty: there is none."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """How much is logged."""

    @property
    def is_production(self) -> bool:
        """Tell whether shortcuts for development are off."""
        return self.environment == "production"

    @property
    def shows_docs(self) -> bool:
        """Tell whether the API's documentation is served."""
        return self.docs == "on" or (self.docs == "auto" and not self.is_production)

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = [*self._key_problems(), *self._address_problems(), *self._needs_problems()]
        if problems:
            raise ValueError("\n  ".join(problems))
        return self

    def _key_problems(self) -> Iterator[str]:
        if not self.secret_keys:
            yield f"SECRET_KEYS is missing; add this line to .env: SECRET_KEYS={secrets.token_urlsafe(48)}"
        for key in self.secret_keys:
            text = key.get_secret_value()
            if len(text) < MINIMUM_KEY_LENGTH:
                yield f"a key in SECRET_KEYS is shorter than {MINIMUM_KEY_LENGTH} characters; {_fresh_key()}"
            elif any(word in text.lower() for word in PLACEHOLDERS) or len(set(text)) < MINIMUM_KEY_LENGTH // 4:
                yield f"a key in SECRET_KEYS is a placeholder; {_fresh_key()}"
            elif self.is_production and _can_be_guessed(text):
                yield f"a key in SECRET_KEYS can be guessed; {_fresh_key()}"

        if 0 < len(self.metrics_token.get_secret_value()) < MINIMUM_KEY_LENGTH:
            yield f"METRICS_TOKEN is shorter than {MINIMUM_KEY_LENGTH} characters; {_fresh_key()}"

    def _address_problems(self) -> Iterator[str]:
        if not self.is_production:
            yield from self._problems_at_home()
        elif not self.base_url.startswith("https://"):
            yield (
                f"BASE_URL must start with https:// in production, and is {self.base_url}; hosts refuse plain http. "
                "Write the public address, such as https://builds.example.com"
            )
        urls = [make_url(each.get_secret_value()) for each in self._databases()]
        if any(url.get_backend_name() == "sqlite" or not url.username for url in urls[1:] and urls):
            yield "MIGRATION_DATABASE_URL is for PostgreSQL with two roles: name one in each address, or remove it"

    def _needs_problems(self) -> Iterator[str]:
        if not self.run_handlers and make_url(self.database_url.get_secret_value()).get_backend_name() == "sqlite":
            yield f"RUN_HANDLERS=no needs {WORKERS_NEED}, or remove the line"

    def _databases(self) -> list[SecretStr]:
        return [self.database_url, *([self.migration_database_url] if self.migration_database_url else [])]

    def _problems_at_home(self) -> Iterator[str]:
        """Say what would serve others with the shortcuts of development."""
        host = urlsplit(self.base_url).hostname or ""
        if is_public(host):
            yield f"BASE_URL names {host}, which others can reach; {GO_PUBLIC}"
        hosts = [host for url in self._databases() for host in _database_hosts(url)]
        elsewhere = [host for host in hosts if not is_this_machine(host)]
        if elsewhere:
            yield (
                f"DATABASE_URL or MIGRATION_DATABASE_URL names a server on another machine, {elsewhere[0]}; {GO_PUBLIC}"
            )


WORKERS_NEED = (
    "PostgreSQL, whose rows several processes can work on at once; name one in DATABASE_URL, such as "
    "postgresql://user:password@server/database"
)
GO_PUBLIC = "development is for this machine alone. Add this line to .env or the environment: ENVIRONMENT=production"


def _database_hosts(given: SecretStr) -> Iterator[str]:
    """Name every host that libpq would connect to; a socket's path is none."""
    url = make_url(given.get_secret_value())
    if url.drivername.startswith("sqlite"):
        return
    if "service" in url.query:
        yield f"the service {url.query['service']!r}"
    asked = [url.host or "", *url.normalized_query.get("host", ()), *url.normalized_query.get("hostaddr", ())]
    asked = [name for name in asked if name] or [os.environ.get("PGHOST", ""), os.environ.get("PGHOSTADDR", "")]
    for name in ",".join(asked).split(","):
        # In a query there may be a port behind it.
        host = name if name.count(":") != 1 else name.partition(":")[0]
        if host and host[0] not in "/@":
            yield host


def _can_be_guessed(key: str) -> bool:
    """Tell whether a key is one piece over and over, or the alphabet in order."""
    in_order = sum(abs(ord(one) - ord(other)) <= 1 for one, other in pairwise(key))
    return key in (key + key)[1:-1] or in_order > IN_ORDER * len(key)


def _fresh_key() -> str:
    return f"use a random one, such as {secrets.token_urlsafe(48)}"


def unknown_names(models: Iterable[type[BaseSettings]], *, file: Path = ENV_FILE) -> dict[str, str | None]:
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


def say_unknown_names(models: Iterable[type[BaseSettings]]) -> None:
    """Log each name in `.env` that is nearly a setting's."""
    for name, near in unknown_names(models).items():
        if near is not None:
            log.warning(".env: %s is no setting and changes nothing. Did you mean %s?", name, near)


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
