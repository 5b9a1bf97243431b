"""Production believes no devhost: what `.env` names on a developer's machine is refused, not forgotten."""

from typing import Any

import pytest
from pydantic import SecretStr

from app.connect.application import Application
from app.connect.errors import ConfigurationError
from app.connect.hosts.atlassian import JiraRouter
from app.connect.hosts.atlassian.settings import AtlassianSettings
from app.connect.settings import Settings

DOCUMENT: dict[str, Any] = {
    "addon": {"key": "com.example.builds", "name": "Builds", "description": "Builds"},
    "jira": {"scopes": ["READ"]},
}


def start(settings: Settings, **named: Any) -> Application:
    public = settings.model_copy(
        update={"environment": "production", "base_url": "https://builds.example.com", "hosts": ("jira",)}
    )
    public = public.model_copy(update={"database_url": SecretStr("postgresql+psycopg://addon@127.0.0.1:9/addon")})
    given = {"jira": AtlassianSettings(_env_file=None, **named)}
    return Application(public, [JiraRouter()], document=DOCUMENT, host_settings=given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("keys_url", ("http://127.0.0.1:9000/install-keys",)),
        ("keys_url", ("https://keys.example.com", "http://keys.example.com")),
        ("oauth_url", "http://127.0.0.1:9000/authorization"),
    ],
)
async def test_is_refused_with_what_to_do(settings: Settings, name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=rf"ATLASSIAN_{name.upper()} names http://.+ remove the line"):
        start(settings, **{name: value})


async def test_starts_with_https_or_nothing(settings: Settings) -> None:
    for named in ({}, {"keys_url": ("https://keys.example.com",), "oauth_url": "https://auth.example.com"}):
        await start(settings, **named).close()
