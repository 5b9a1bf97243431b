"""Metrics and tokens: none of a tenant's opens them, and one that should have been gone is told."""

import time

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from app.connect.api_tokens.table import ApiToken
from app.connect.serving import metrics
from app.connect.settings import Settings
from tests.connect.probe import ProbedAddon
from tests.connect.serving.holding import collect
from tests.connect.serving.test_metrics import TOKEN, read_metrics
from tests.support.running import RunningAddon


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"metrics_token": SecretStr(TOKEN)})


async def test_no_token_of_a_tenant_or_host_opens_them(showcase: RunningAddon) -> None:
    for kind, headers in (await collect(showcase)).headers.items():
        answer = await showcase.http.get("/metrics", headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), kind


async def test_tells_for_how_long(probed: ProbedAddon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "BELIEVED", 0.0)
    await probed.api_token(await probed.install())
    assert (await read_metrics(probed))["addon_api_tokens_overdue_seconds"] == 0
    await probed.change(update(ApiToken).values(expires_at=time.time() - 50))
    assert 50 <= (await read_metrics(probed))["addon_api_tokens_overdue_seconds"] < 150
