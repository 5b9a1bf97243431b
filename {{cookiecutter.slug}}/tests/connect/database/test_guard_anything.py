"""Statements that nobody thought of: each is refused, or the other tenant might as well not exist."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Executable

from app.connect.database.engine import Database
from tests.connect.database.grammar import statements
from tests.connect.database.worlds import outcome, rows

EXAMPLES = 300


@pytest.mark.filterwarnings("ignore")
async def test_any_statement_is_narrowed_or_refused(library: Database, alone: Database) -> None:
    _, before = await rows(library)
    drawn: list[Executable] = []

    # hypothesis calls plain functions: it draws here, and the statements run below, in the loop of their databases.
    @settings(max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(statements())
    def draw(statement: Executable) -> None:
        drawn.append(statement)

    draw()
    answered = 0
    for statement in drawn:
        found = await outcome(library, statement)
        if found is not None:
            answered += 1
            assert found == await outcome(alone, statement, theirs=before), str(statement)
    assert answered > EXAMPLES / 10
