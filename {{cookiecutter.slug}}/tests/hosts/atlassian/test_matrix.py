"""Every row of the matrix and of the table of attacks names tests that are there and run for both products."""

import importlib
import inspect
from typing import Any

import pytest

from tests.hosts.atlassian.attack_rows import ATTACKED
from tests.hosts.atlassian.attacks import ATTACKS
from tests.hosts.atlassian.matrix import HERE, MATRIX, SUITE, Row

ROWS = [*MATRIX, *ATTACKED]
EACH = pytest.mark.parametrize("row", ROWS, ids=[one.number.replace(" ", "-") for one in ROWS])


def found(proof: str) -> tuple[Any, Any]:
    """Return the class and the test that a proof names; `AttributeError` or `ImportError` where there is none."""
    place, _, name = proof.partition(":")
    module = importlib.import_module(place if "." in place else f"{HERE}.{place}")
    owner, _, test = name.partition(".")
    return getattr(module, owner), vars(getattr(module, owner))[test]


def test_matrix_has_every_row_of_the_reference() -> None:
    assert [one.number for one in MATRIX] == [str(number) for number in range(1, 17)]


@EACH
def test_row_is_proven(row: Row) -> None:
    assert row.proofs
    for proof in row.proofs:
        owner, test = found(proof)
        assert test.__name__.startswith("test_")
        assert inspect.isfunction(test)
        assert not {"skip", "skipif", "xfail"} & {one.name for one in getattr(test, "pytestmark", ())}
        if owner.__module__.startswith(SUITE):
            suite = importlib.import_module("tests.hosts.atlassian.test_conformance_of_sites")
            for product in (suite.TestJira, suite.TestConfluence):
                assert issubclass(product, owner), f"{product.__name__} does not run {proof}"


@EACH
def test_row_names_attacks_of_the_table(row: Row) -> None:
    assert [one for one in row.attacks if one not in ATTACKS] == []


def test_every_attack_of_the_table_is_in_a_row() -> None:
    """What is beyond the rows is about sites and keys that are wrong in yet another way."""
    named = {one for row in ROWS for one in row.attacks}
    beyond = {one for one in ATTACKS if one.startswith(("site", "audience", "for ever", "another algorithm"))}
    assert ATTACKS.keys() - named <= beyond


def test_modules_named_in_rows_are_collected() -> None:
    """A module is one that pytest finds, or a part of the suite."""
    places = {proof.partition(":")[0] for row in ROWS for proof in row.proofs}
    assert all(place.startswith((f"{SUITE}.", "test_")) for place in places)
