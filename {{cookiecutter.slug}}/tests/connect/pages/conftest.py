"""The tests of pages: which databases they run on."""

import pytest

from tests.support.databases import on_one_database


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Pages write no SQL."""
    on_one_database(metafunc)
