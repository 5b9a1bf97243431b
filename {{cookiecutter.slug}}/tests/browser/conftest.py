"""The options of the browser tests, which are left out unless they are asked for.

`pytest tests/browser --browser` runs them. `--screenshots DIR` keeps a picture of every step.
"""

import importlib
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--browser", action="store_true", help="run the tests that drive a real browser")
    parser.addoption("--screenshots", metavar="DIR", help="keep a picture of every step in this folder")


def pytest_configure(config: pytest.Config) -> None:
    """Bring the fixtures in; they import the browser's driver, which nobody else should wait for."""
    config.addinivalue_line("markers", "browser: drives a real browser; run with pytest tests/browser --browser")
    if config.getoption("--browser", default=False):
        config.pluginmanager.register(importlib.import_module("tests.browser.browsing"))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave these tests out unless they are asked for."""
    return None if config.getoption("--browser", default=False) else True
