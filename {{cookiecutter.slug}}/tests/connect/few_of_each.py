"""`-p tests.connect.few_of_each --of-each 2`: of each class its first tests, of each of these one row of its inputs.

For runs that ask whether a library still does what it is used for: what is tested beside it, and fifty rows of one
table, ask it the same.
"""

from collections import Counter

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--of-each", type=int, required=True, help="how many tests of each class run")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is beyond the first tests and rows."""
    most: int = config.getoption("--of-each")
    seen = set[str]()
    count = Counter[str]()
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        test = item.nodeid.partition("[")[0]
        of = test.rpartition("::")[0]
        goes_on = test not in seen and count[of] < most
        if goes_on:
            seen.add(test)
            count[of] += 1
        (kept if goes_on else left_out).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left_out)
