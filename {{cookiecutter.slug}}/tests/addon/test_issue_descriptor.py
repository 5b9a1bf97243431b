"""The descriptor for Jira as it was last reviewed: a scope or module that changes shows up in the diff of its JSON.

Every scope that is added must be approved by every tenant, so it should not happen by the way.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from app.connect.cli import main
from tests.support.running import KEY

SNAPSHOT = Path(__file__).with_name("issue_descriptor.json")
RENEW = "addon descriptor --host jira > tests/addon/issue_descriptor.json"


def comparable(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out what may differ without a review: the names of the add-on and the address it runs at."""
    names = ("key", "name", "description", "vendor", "baseUrl", "links")
    return {name: value for name, value in document.items() if name not in names}


class TestDescriptor:
    def test_is_the_one_that_was_reviewed(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("SECRET_KEYS", KEY)
        assert main(["descriptor", "--host", "jira"]) == 0
        now = comparable(json.loads(capsys.readouterr().out))
        reviewed = comparable(json.loads(SNAPSHOT.read_text(encoding="utf-8")))
        assert now == reviewed, f"The descriptor changed. If that is meant, run: {RENEW}"
