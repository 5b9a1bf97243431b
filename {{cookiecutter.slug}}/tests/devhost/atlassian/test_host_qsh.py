"""The hash with which the sites sign and check: the vectors of others hold it, as they hold the add-on's own."""

import json
from typing import Any

import pytest

from app.connect.application import ROOT
from devhost.dialects.atlassian.qsh import qsh

VECTORS: list[dict[str, Any]] = [
    one
    for one in json.loads((ROOT / "tests/hosts/atlassian/qsh-vectors.json").read_text(encoding="utf-8"))["vectors"]
    if "form_body" not in one
]


class TestVectors:
    def test_are_there(self) -> None:
        assert len(VECTORS) > 50

    @pytest.mark.parametrize("vector", VECTORS, ids=[one["id"] for one in VECTORS])
    def test_hash_as_they_say(self, vector: dict[str, Any]) -> None:
        assert qsh(vector["method"], vector["url"], base_url=vector["base_url"]) == vector["sha256"]
