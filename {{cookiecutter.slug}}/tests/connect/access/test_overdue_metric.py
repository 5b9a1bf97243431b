"""A token that should have been gone is told to the operator's collector."""

import time

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from app.connect.api_tokens.table import ApiToken
from app.connect.serving import metrics
from app.connect.settings import Settings
from tests.connect.probe import ProbedAddon
from tests.connect.serving.test_metrics import TOKEN, read_metrics


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"metrics_token": SecretStr(TOKEN)})


async def test_tells_for_how_long(probed: ProbedAddon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "BELIEVED", 0.0)
    await probed.api_token(await probed.install())
    assert (await read_metrics(probed))["addon_api_tokens_overdue_seconds"] == 0
    await probed.change(update(ApiToken).values(expires_at=time.time() - 50))
    assert 50 <= (await read_metrics(probed))["addon_api_tokens_overdue_seconds"] < 150
