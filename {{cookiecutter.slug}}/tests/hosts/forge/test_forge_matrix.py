"""Every row of the matrix and of the table of attacks names tests that are there and run."""

import importlib
import inspect

import pytest

from tests.hosts.forge.matrix import ATTACKED, HERE, MATRIX, Row

ROWS = [*MATRIX, *ATTACKED]


def test_matrix_has_every_row_of_the_reference() -> None:
    assert [one.number for one in MATRIX] == [str(number) for number in range(1, 16)]


@pytest.mark.parametrize("row", ROWS, ids=[one.number.replace(" ", "-") for one in ROWS])
def test_row_is_proven(row: Row) -> None:
    assert row.proofs
    for proof in row.proofs:
        place, _, name = proof.partition(":")
        module = importlib.import_module(place if "." in place else f"{HERE}.{place}")
        owner, _, test = name.partition(".")
        found = vars(getattr(module, owner))[test]
        assert test.startswith("test_")
        assert inspect.isfunction(found)
        marks = [*getattr(found, "pytestmark", ()), *getattr(getattr(module, owner), "pytestmark", ())]
        assert not {"skip", "skipif", "xfail"} & {one.name for one in marks}
