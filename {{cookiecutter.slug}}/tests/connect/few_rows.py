"""`-p tests.connect.few_rows --rows 3`: of each test that goes through a table of inputs, its first rows.

For runs that ask whether a library still does what it is used for: fifty rows of one table ask it the same.
"""

from collections import Counter

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rows", type=int, required=True, help="how many rows of each table of inputs run")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is beyond the first rows."""
    rows: int = config.getoption("--rows")
    seen = Counter[str]()
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        test = item.nodeid.partition("[")[0]
        seen[test] += 1
        (kept if seen[test] <= rows else left_out).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left_out)
