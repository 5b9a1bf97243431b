"""The conformance suite: what every host must hold to, as test classes over a `HostCase`.

In your tests say `pytest_plugins = ["app.conformance"]` in conftest.py, and then:

    class TestMine(Conformance, Pausing):
        make_case = MyCase

`Conformance` is for every host; `SignedLifecycle`, `Replying`, `Pausing`, `Binding`, `HintedUninstalls`,
`ProvenUninstalls`, `Enrolling`, `Granting` and `Administering` are for those whose case can do that. One that is left
out is a failure.
"""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from app.conformance.calling import Administering, Enrolling, Granting
from app.conformance.case import (
    Binds,
    Enrols,
    Grants,
    Guest,
    Hear,
    HintsUninstalls,
    HostCase,
    Listens,
    Pauses,
    ProvesUninstalls,
    SignsLifecycle,
    TellsAdministrators,
)
from app.conformance.delivering import Replying
from app.conformance.installing import Pausing
from app.conformance.leaving import HintedUninstalls, ProvenUninstalls
from app.conformance.proving import STRANGER, Binding, SignedLifecycle
from app.conformance.sending import Sent
from app.conformance.stage import Stage, sqlite_at
from app.conformance.suite import CallConformance, Conformance
from app.connect.application import ROOT
from app.connect.database.engine import Database
from app.connect.database.schema import migrate


@pytest_asyncio.fixture(loop_scope="function")
async def conformance_database(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Copy a migrated database for one test; the migrations run once a process."""
    template = tmp_path_factory.getbasetemp() / "conformance.db"
    if not template.exists():
        database = Database(sqlite_at(template))
        await migrate(database, ROOT)
        await database.dispose()
    shutil.copy(template, tmp_path / "addon.db")
    return sqlite_at(tmp_path / "addon.db")


@pytest.fixture
def case(request: pytest.FixtureRequest) -> HostCase:
    """Play the host anew."""
    make: Callable[[], HostCase] = request.cls.make_case
    return make()


@pytest_asyncio.fixture(loop_scope="function")
async def stage(case: HostCase, conformance_database: str) -> AsyncIterator[Stage]:
    """Run the add-on with the host on it."""
    async with Stage(case, conformance_database) as running:
        yield running


__all__ = [
    "STRANGER",
    "Administering",
    "Binding",
    "Binds",
    "CallConformance",
    "Conformance",
    "Enrolling",
    "Enrols",
    "Granting",
    "Grants",
    "Guest",
    "Hear",
    "HintedUninstalls",
    "HintsUninstalls",
    "HostCase",
    "Listens",
    "Pauses",
    "Pausing",
    "ProvenUninstalls",
    "ProvesUninstalls",
    "Replying",
    "Sent",
    "SignedLifecycle",
    "SignsLifecycle",
    "Stage",
    "TellsAdministrators",
]
