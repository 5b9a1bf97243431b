"""Covers whose an entry is: from what the directory knows, and from the database where that does not hold."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from tests.connect.probe import ProbedAddon


@pytest.fixture
def looks(probed: ProbedAddon) -> Iterator[list[str]]:
    """The statements that read a tenant to run an entry."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("SELECT") and "WHERE installations.id = " in statement:
            seen.append(statement)

    engine = probed.parts.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


class TestTenantOfAnEntry:
    async def test_is_not_read_again_while_it_is_known(self, probed: ProbedAddon, looks: list[str]) -> None:
        await probed.install()
        await probed.settle()
        looks.clear()
        for text in ("/probe 1", "/probe 2"):
            await probed.say(text)
        await probed.settle()
        assert probed.probe.texts == ["/probe 1", "/probe 2"]
        assert looks == []

    async def test_is_read_again_when_this_process_changed_it(self, probed: ProbedAddon, looks: list[str]) -> None:
        tenant = await probed.tenant(await probed.install())
        await probed.settle()
        await probed.say()
        probed.parts.forget(tenant)
        looks.clear()
        await probed.settle()
        assert probed.probe.texts == ["/probe"]
        assert len(looks) == 1

    async def test_of_its_lifecycle_is_always_read(self, probed: ProbedAddon, looks: list[str]) -> None:
        await probed.install()
        await probed.settle()
        assert "installed" in probed.probe.names
        assert looks
