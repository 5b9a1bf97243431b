"""Metrics: the operator's collector reads them and nobody else, and they say how work stands."""

import ast
import re
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import update

from app.connect.serving import metrics
from app.connect.serving.metrics import Sample, write
from app.connect.settings import Settings
from app.connect.tenancy.tenant import TenantState
from app.connect.work import backlog
from app.connect.work.rows import InboxRow, Status
from tests.connect.probe import ProbedAddon
from tests.connect.rules.sources import core_sources, tree_of
from tests.support.running import ADDON, RunningAddon

pytestmark = pytest.mark.both_databases

TOKEN = "collector-0123456789-abcdefghijklmnop"


async def ask(addon: RunningAddon, headers: dict[str, str] | None = None) -> httpx.Response:
    return await addon.http.get("/metrics", headers=headers or {"Authorization": f"Bearer {TOKEN}"})


async def read_metrics(addon: RunningAddon) -> dict[str, float]:
    """Return what is told, by name and label."""
    answer = await ask(addon)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = [line for line in answer.text.splitlines() if not line.startswith("# ")]
    assert all(re.fullmatch(r'addon_[a-z_]+(\{[a-z]+="[^"\\]+"\})? [0-9.e+]+', line) for line in lines), answer.text
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def reasons_in_source() -> set[str]:
    """Read why entries end without their handler: what is given to `drop` and `count_ended`, or returned for them."""
    found: list[ast.expr | None] = []
    for node in (node for path in core_sources() for node in ast.walk(tree_of(path))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "count_ended":
                found += node.args[:1]
            elif node.func.attr == "drop":
                found += node.args[1:]
        elif isinstance(node, ast.FunctionDef) and node.name == "_why_over":
            found += [one.value for one in ast.walk(node) if isinstance(one, ast.Return)]
    parts = (part for one in found if one is not None for part in ast.walk(one) if isinstance(part, ast.Constant))
    return {part.value for part in parts if isinstance(part.value, str)}


class TestWithoutToken:
    async def test_there_is_no_such_route(self, showcase: RunningAddon) -> None:
        assert (await ask(showcase)).status_code == 404


class TestWithToken:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"metrics_token": SecretStr(TOKEN)})

    @pytest.fixture(autouse=True)
    def _believed_for_no_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(metrics, "BELIEVED", 0.0)

    @pytest.mark.parametrize(
        "text", ["", "Bearer", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", f"bearer  {TOKEN}", TOKEN, "Bearer \u00fc"]
    )
    async def test_nobody_else_gets_in(self, showcase: RunningAddon, text: str) -> None:
        headers: Any = {"Authorization": text.encode("latin-1")}
        answer = await showcase.http.get("/metrics", headers=headers, params={"token": TOKEN, "jwt": TOKEN})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert "METRICS_TOKEN" in answer.json()["error"]["message"]

    async def test_tells_what_waits_and_for_how_long(self, probed: ProbedAddon) -> None:
        await probed.install()
        await probed.settle()
        await probed.say("/probe one")
        probed.clock.ahead += 100
        found = await read_metrics(probed)
        assert found['addon_inbox_entries{state="ready"}'] == 1
        assert 100 <= found["addon_inbox_oldest_ready_seconds"] < 200
        await probed.settle()
        found = await read_metrics(probed)
        assert found['addon_inbox_entries{state="ready"}'] == found["addon_inbox_oldest_ready_seconds"] == 0

    async def test_tells_what_is_dead(self, probed: ProbedAddon) -> None:
        await probed.install()
        await probed.say("/probe one")
        await probed.change(update(InboxRow).values(status=Status.DEAD, lane=None))
        found = await read_metrics(probed)
        assert found['addon_inbox_entries{state="dead"}'] == len(await probed.entries("hipchat.probe")) + 1
        assert found['addon_inbox_entries{state="ready"}'] == 0

    async def test_tells_what_ended_without_its_handler(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.settle()
        await probed.say("/probe one")
        await probed.set_state(installation, TenantState.UNINSTALLED)
        await probed.settle()
        assert (await read_metrics(probed))['addon_inbox_ended_total{reason="its tenant was uninstalled"}'] == 1

    async def test_tells_of_what_never_ended_so_that_it_did_not(self, probed: ProbedAddon) -> None:
        found = await read_metrics(probed)
        reasons = {name.split('"')[1]: value for name, value in found.items() if name.startswith("addon_inbox_ended")}
        assert reasons == dict.fromkeys(reasons_in_source(), 0)
        assert len(reasons) == 5

    async def test_counts_no_further_than_it_says(self, probed: ProbedAddon, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(backlog, "MOST", 2)
        await probed.install()
        await probed.settle()
        for number in range(4):
            await probed.say(f"/probe {number}")
        assert (await read_metrics(probed))['addon_inbox_entries{state="ready"}'] == 2

    async def test_are_read_once_for_many_who_ask(self, probed: ProbedAddon, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(metrics, "BELIEVED", 3600.0)
        await probed.install()
        await probed.settle()
        before = await read_metrics(probed)
        await probed.say("/probe one")
        assert await read_metrics(probed) == before

    async def test_are_told_by_a_process_that_only_runs_handlers(self, probed: ProbedAddon) -> None:
        transport = httpx.ASGITransport(probed.parts.worker_app(), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ADDON) as http:
            assert (await http.get("/metrics")).status_code == 401
            answer = await http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert 'addon_inbox_entries{state="ready"} 0' in answer.text


class TestText:
    def test_keeps_a_label_in_its_quotes(self) -> None:
        sample = Sample("addon_x_total", "counter", "Things.", "reason", {'a "b"\n\\c': 3, "d": 0.25})
        assert write([sample]).decode() == (
            "# HELP addon_x_total Things.\n# TYPE addon_x_total counter\n"
            'addon_x_total{reason="a \\"b\\"\\n\\\\c"} 3\naddon_x_total{reason="d"} 0.25\n'
        )
