"""A refusal costs the same work whether there is such a tenant or not: HMACs, statements, calls of functions."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import event

from app.connect.keys.jwt import DUMMY_KEY
from devhost.world.installations import Installation
from tests.connect.asking import header, signed
from tests.connect.probe import ProbedAddon

pytestmark = pytest.mark.both_databases

HMAC = type(DUMMY_KEY).verify.__code__
WRONG = "a-secret-that-nobody-has-0123456789"
ROUNDS = 20
LIKE = 0.02
"""What the calls of both may differ by, as a share."""


@dataclass
class Work:
    """What one request made the process do."""

    calls: int = 0
    hmacs: int = 0
    statements: list[str] = field(default_factory=list)

    @property
    def kinds(self) -> tuple[int, tuple[str, ...]]:
        """What must be the same to the last piece."""
        return self.hmacs, tuple(self.statements)


@contextmanager
def watched(addon: ProbedAddon) -> Iterator[Work]:
    """Count inside the block."""
    work = Work()

    def note(frame: FrameType, what: str, _: Any) -> None:
        if what == "call":
            work.calls += 1
            work.hmacs += frame.f_code is HMAC

    def hear(*given: Any) -> None:
        work.statements.append(given[2])

    engine = addon.parts.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", hear)
    sys.setprofile(note)
    try:
        yield work
    finally:
        sys.setprofile(None)
        event.remove(engine, "before_cursor_execute", hear)


async def refuse(addon: ProbedAddon, installation: Installation, issuer: str, number: int = 0) -> Work:
    """Send a token that nobody has sent before, with a wrong signature."""
    headers = header(signed(installation, iss=issuer, secret=WRONG, jti=f"{number:04}"))
    with watched(addon) as work:
        answer = await addon.http.post("/probe/signed", headers=headers)
    assert answer.status_code == 401
    return work


def least(works: list[list[Work]]) -> tuple[Work, Work]:
    """Return the least that each of two cost: now and then one asks what others changed, whoever it is."""
    known, unknown = (min(both, key=lambda work: work.calls) for both in zip(*works, strict=True))
    return known, unknown


class TestRefusal:
    async def test_of_a_name_that_is_not_in_memory_costs_one_look_either_way(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        works = []
        for number in range(5):
            probed.parts.forget(await probed.tenant(installation))
            issuers = (installation.client_id, str(number) * len(installation.client_id))
            works.append([await refuse(probed, installation, one, number) for one in issuers])
        known, unknown = least(works)
        assert known.kinds == unknown.kinds
        assert (known.hmacs, len(known.statements)) == (2, 1)

    async def test_of_a_name_that_was_asked_for_costs_no_look_and_as_many_calls(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        issuers = (installation.client_id, "0" * len(installation.client_id))
        works = [[await refuse(probed, installation, one, number) for one in issuers] for number in range(ROUNDS)]
        known, unknown = least(works)
        assert known.kinds == unknown.kinds == (2, ())
        assert abs(known.calls - unknown.calls) <= LIKE * known.calls
