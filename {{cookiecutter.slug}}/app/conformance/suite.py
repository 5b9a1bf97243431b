"""`Conformance`: the classes for every host in one, and the check that the optional ones fit the case."""

from collections.abc import Callable
from typing import ClassVar

import pytest

from app.conformance.calling import Administering, Enrolling, Granting
from app.conformance.case import (
    Binds,
    Enrols,
    Grants,
    HintsUninstalls,
    HostCase,
    Listens,
    Pauses,
    ProvesUninstalls,
    SignsLifecycle,
    TellsAdministrators,
)
from app.conformance.delivering import Delivering, Framing, Replying
from app.conformance.describing import Describing
from app.conformance.installing import Installing, Pausing, Renewing
from app.conformance.leaving import HintedUninstalls, ProvenUninstalls
from app.conformance.proving import Binding, Paging, Proving, SignedLifecycle
from app.conformance.secrecy import Secrecy

OPTIONAL: dict[type, type] = {
    SignsLifecycle: SignedLifecycle,
    Listens: Replying,
    Pauses: Pausing,
    Binds: Binding,
    HintsUninstalls: HintedUninstalls,
    ProvesUninstalls: ProvenUninstalls,
    Enrols: Enrolling,
    Grants: Granting,
    TellsAdministrators: Administering,
}
"""What a case can do, and the class that looks at it."""


@pytest.mark.asyncio
class CallConformance(Describing, Proving, Installing, Delivering, Secrecy):
    """What every host must hold to, pages or not; by itself for one whose frontends only call."""

    make_case: ClassVar[Callable[[], HostCase]]
    """The class of your case."""

    async def test_takes_the_classes_that_fit_the_case(self, case: HostCase) -> None:
        able = {suite.__name__ for ability, suite in OPTIONAL.items() if isinstance(case, ability)}
        taken = {suite.__name__ for suite in OPTIONAL.values() if isinstance(self, suite)}
        assert taken == able, "derive your test class from what your case can do, and from nothing else"

    async def test_installations_can_end(self, case: HostCase) -> None:
        assert isinstance(case, HintsUninstalls | ProvesUninstalls)


@pytest.mark.asyncio
class Conformance(CallConformance, Paging, Renewing, Framing):
    """What every host must hold to that shows pages of ours, and installs anew by the same name."""
